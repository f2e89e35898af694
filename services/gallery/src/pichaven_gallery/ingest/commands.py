"""Fold what the other services say into the photos."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.photo import (
    PhotoAnalyzed,
    PhotoEvent,
    PhotoProcessed,
    PhotoProgressed,
    PhotoUploaded,
)
from pichaven_gallery.photos import lifecycle as fold
from pichaven_gallery.photos.errors import ThumbnailMissing
from pichaven_gallery.photos.lifecycle import Change
from pichaven_gallery.photos.listing import Decide, Photos
from pichaven_gallery.photos.photo import Outcome, Photo, Shelf
from pichaven_gallery.photos.steps import Step, step_of

_THUMBNAILS: Final = frozenset({"150", "400"})


class FoldUpload:
    """May be repeated. Raises `AnotherOwner`."""

    def __init__(self, photos: Photos, clock: Clock) -> None:
        self._photos = photos
        self._clock = clock

    async def __call__(self, event: PhotoUploaded) -> None:
        await _fold(self._photos, self._clock, event, lambda it: fold.with_original(it, event))


class FoldOutcome:
    """A photo is ready only when its thumbnails answer. May be repeated.

    Raises `ThumbnailMissing` to be called again, `AnotherOwner`.
    """

    def __init__(self, photos: Photos, store: ObjectStore, clock: Clock) -> None:
        self._photos = photos
        self._store = store
        self._clock = clock

    async def __call__(self, event: Outcome) -> None:
        if isinstance(event, PhotoProcessed) and await self._is_news(event):
            await self._check_thumbnails(event)
        await _fold(self._photos, self._clock, event, lambda it: fold.with_outcome(it, event))

    async def _is_news(self, event: PhotoProcessed) -> bool:
        """What is purged or replaced since may well be gone from storage."""
        known = await self._photos.get(event.photo_id)
        if known is None:
            return True
        return known.shelf is not Shelf.PURGED and fold.with_outcome(known, event) is not known

    async def _check_thumbnails(self, event: PhotoProcessed) -> None:
        smallest = min(event.variants, key=lambda it: it.bytes, default=None)
        wanted = [it.key for it in event.variants if it.name in _THUMBNAILS]
        keys = wanted or ([smallest.key] if smallest else [])
        found = await asyncio.gather(*(self._store.head(key) for key in keys))
        missing = [key for key, info in zip(keys, found, strict=True) if info is None]
        if missing or not keys:
            raise ThumbnailMissing(f"{event.photo_id}: {missing}")


class FoldAnalysis:
    """May be repeated. Raises `AnotherOwner`."""

    def __init__(self, photos: Photos, clock: Clock) -> None:
        self._photos = photos
        self._clock = clock

    async def __call__(self, event: PhotoAnalyzed) -> None:
        await _fold(self._photos, self._clock, event, lambda it: fold.with_analysis(it, event))


class FoldProgress:
    """One write a photo, however many steps were told. May be repeated and come late.

    Progress is no change of the photo: it gives no new version. What is told of a purged photo,
    of a stranger's or of an earlier original is dropped.
    """

    def __init__(self, photos: Photos, clock: Clock) -> None:
        self._photos = photos
        self._clock = clock

    async def __call__(self, told: Sequence[tuple[PhotoProgressed, str]]) -> None:
        """Each event with the name of the service that sent it."""
        by_photo: dict[str, list[tuple[PhotoProgressed, str]]] = defaultdict(list)
        for event, service in told:
            by_photo[event.photo_id].append((event, service))
        await self._photos.change_many(
            {photo_id: self._decide(events) for photo_id, events in by_photo.items()}
        )

    def _decide(self, told: Sequence[tuple[PhotoProgressed, str]]) -> Decide:
        def decide(known: Photo | None) -> Change | None:
            photo = known or fold.met(None, told[0][0], self._clock())
            if photo.shelf is Shelf.PURGED:
                return None
            steps: list[Step] = [
                step_of(event, service)
                for event, service in told
                if event.owner_id == photo.owner_id and event.revision >= photo.revision
            ]
            return Change(fold.with_progress(photo, steps))

        return decide


async def _fold(
    photos: Photos, clock: Clock, event: PhotoEvent, step: Callable[[Photo], Photo]
) -> None:
    def decide(known: Photo | None) -> Change | None:
        now = clock()
        before = fold.met(known, event, now)
        if before.shelf is Shelf.PURGED:
            # Somebody wrote for it after the order to remove it: order it again.
            return fold.purged(before, now)
        return fold.announced(known, step(before), now)

    await photos.change(event.photo_id, decide)
