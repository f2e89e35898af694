"""Telling which photos there are, and repeating what an index lacks of them."""

from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.events import EventPublisher
from pichaven_contracts.inventory import AFTER_ALL_IDS, LibraryInventoried
from pichaven_contracts.photo import PhotoEvent, PhotoReanalyzeRequested
from pichaven_gallery.inventory.repository import InventoryRepository
from pichaven_gallery.photos.lifecycle import Change, to_changed_event
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.sweeps import Sweep

_MAX_PHOTOS: Final = 1_000
"""Of one page, which is then an event of 150 KB."""
_LEASE: Final = timedelta(seconds=60)


class InventoryLibrary:
    """Publish the next page of all photos, if one is due. Any number of replicas may do so.

    A page that was cut off comes again.
    """

    def __init__(
        self,
        inventory: InventoryRepository,
        publisher: EventPublisher,
        clock: Clock,
        *,
        interval: timedelta,
        settle: timedelta,
    ) -> None:
        self._inventory = inventory
        self._publisher = publisher
        self._clock = clock
        self._interval = interval
        self._settle = settle

    async def __call__(self) -> Sweep:
        now = self._clock()
        claimed = await self._inventory.claim(now, interval=self._interval, lease=_LEASE)
        if claimed is None:
            return Sweep(0, has_more=False)
        photos = await self._inventory.list_photos(
            claimed.after, limit=_MAX_PHOTOS, settled_before=now - self._settle
        )
        is_last = len(photos) < _MAX_PHOTOS
        until = AFTER_ALL_IDS if is_last else photos[-1].photo_id
        await self._publisher.publish(
            LibraryInventoried(
                occurred_at=now, after=claimed.after, until=until, photos=tuple(photos)
            )
        )
        await self._inventory.go_on(claimed, None if is_last else until)
        # The next page waits for the next sweep, so that a large library is no load.
        return Sweep(len(photos), has_more=False)


class RepeatChanges:
    """Publish the present state of photos again, in the same version, and have those analysed
    again whose analyses are named. Photos that are gone are left out. May be repeated."""

    def __init__(self, photos: PhotoRepository) -> None:
        self._photos = photos

    async def __call__(self, changes: Collection[str], analyses: Collection[str]) -> None:
        needed = {photo_id: photo_id in analyses for photo_id in (*changes, *analyses)}
        await self._photos.change_many(
            {
                photo_id: partial(_repeat, changed=photo_id in changes, analyse=analyse)
                for photo_id, analyse in needed.items()
            }
        )


def _repeat(photo: Photo | None, *, changed: bool, analyse: bool) -> Change | None:
    if photo is None or not photo.visible:
        return None
    events: list[PhotoEvent] = [to_changed_event(photo)] if changed else []
    if analyse and photo.processed is not None:
        events.append(
            PhotoReanalyzeRequested(
                photo_id=photo.photo_id,
                owner_id=photo.owner_id,
                processed=photo.processed,
                reason="lost from the index",
            )
        )
    return Change(photo, tuple(events))
