"""Applying events to stored photos."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.photo import PhotoProcessed, PhotoProgressed
from pichaven_gallery.ingest.metrics import OUTCOME_SECONDS
from pichaven_gallery.ingest.projection import SourceEvent, apply, apply_progress, with_outcome
from pichaven_gallery.photos.home_zones import HomeZoneRepository
from pichaven_gallery.photos.lifecycle import Change, Decide, purge
from pichaven_gallery.photos.photo import LibraryState, Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.photos.steps import ML

_THUMBNAILS: Final = frozenset({"150", "400"})


class ThumbnailMissing(Exception):
    """Raised when a photo is announced as processed and storage has no thumbnail of it."""


class ApplyEvent:
    """Apply an event to its photo. A photo gets ready only when its thumbnails are stored.

    May be repeated. Raises `OwnerMismatch`, and `ThumbnailMissing` to be retried.
    """

    def __init__(
        self, photos: PhotoRepository, store: ObjectStore, zones: HomeZoneRepository, clock: Clock
    ) -> None:
        self._photos = photos
        self._store = store
        self._zones = zones
        self._clock = clock

    async def __call__(self, event: SourceEvent) -> None:
        if isinstance(event, PhotoProcessed) and await self._is_newer(event):
            await self._check_thumbnails(event)
        home_zone = await self._zones.get(event.owner_id)
        since: datetime | None = None

        def decide(photo: Photo | None) -> Change:
            nonlocal since
            since = photo.processing_since if photo else None
            return apply(photo, event, self._clock(), home_zone=home_zone)

        after = await self._photos.change(event.photo_id, decide)
        if since and after and after.visible and after.processing_since is None:
            seconds = (self._clock() - since).total_seconds()
            OUTCOME_SECONDS.labels(after.status.value).observe(seconds)

    async def _is_newer(self, event: PhotoProcessed) -> bool:
        """Files of photos that were purged or replaced since may be gone from storage."""
        photo = await self._photos.get(event.photo_id)
        if photo is None:
            return True
        purged = photo.library_state is LibraryState.PURGED
        return not purged and with_outcome(photo, event) is not photo

    async def _check_thumbnails(self, event: PhotoProcessed) -> None:
        smallest = min(event.variants, key=lambda it: it.bytes, default=None)
        thumbnails = [it.key for it in event.variants if it.name in _THUMBNAILS]
        keys = thumbnails or ([smallest.key] if smallest else [])
        objects = await asyncio.gather(*(self._store.head(key) for key in keys))
        missing = [key for key, info in zip(keys, objects, strict=True) if info is None]
        if missing or not keys:
            raise ThumbnailMissing(f"{event.photo_id}: {missing}")


class ApplyProgress:
    """Apply progress events to their photos, with one write per photo. May be repeated, late."""

    def __init__(self, photos: PhotoRepository, clock: Clock) -> None:
        self._photos = photos
        self._clock = clock

    async def __call__(self, progress: Sequence[tuple[PhotoProgressed, str]]) -> None:
        """Take each event with the name of the service that sent it."""
        by_photo: dict[str, list[tuple[PhotoProgressed, str]]] = defaultdict(list)
        for event, service in progress:
            by_photo[event.photo_id].append((event, service))
        await self._photos.change_many(
            {photo_id: self._decision(events) for photo_id, events in by_photo.items()}
        )

    def _decision(self, progress: Sequence[tuple[PhotoProgressed, str]]) -> Decide:
        def decide(photo: Photo | None) -> Change | None:
            return apply_progress(photo, progress, self._clock())

        return decide


class ForgetText:
    """Drop the text of a photo that is purged, where an event before the purge left it with a
    photo that this service did not know or no longer knows. May be repeated."""

    def __init__(self, photos: PhotoRepository) -> None:
        self._photos = photos

    async def __call__(self, photo_id: str) -> None:
        await self._photos.change(photo_id, self._decide)

    def _decide(self, photo: Photo | None) -> Change | None:
        if photo is None or photo.recognised_text is None:
            return None
        return Change(replace(photo, recognised_text=None))


class RepeatPurges:
    """Publish the purge again of those photos that are purged: data was written after it.

    An embedding changes nothing else in the gallery. May be repeated.
    """

    def __init__(self, photos: PhotoRepository, clock: Clock) -> None:
        self._photos = photos
        self._clock = clock

    async def __call__(self, photo_ids: Collection[str]) -> None:
        purged_ids = await self._photos.filter_purged(photo_ids)
        await self._photos.change_many(dict.fromkeys(purged_ids, self._decide))

    def _decide(self, photo: Photo | None) -> Change | None:
        if photo is None or photo.library_state is not LibraryState.PURGED:
            return None
        return purge(photo, self._clock(), ML)
