"""Telling which photos there are, and repeating what an index lacks of them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.events import EventPublisher
from pichaven_chassis.ids import id_at, milliseconds_of
from pichaven_contracts.inventory import AFTER_ALL_IDS, LibraryInventoried
from pichaven_contracts.photo import PhotoEvent, PhotoReanalyzeRequested
from pichaven_gallery.inventory.model import Round
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
        until = _reach(claimed, now)
        photos = await self._inventory.list_photos(
            claimed.after, until, limit=_MAX_PHOTOS, settled_before=now - self._settle
        )
        span_ms = claimed.span_ms
        if len(photos) == _MAX_PHOTOS:
            until = photos[-1].photo_id
            span_ms = max(1, milliseconds_of(until) - milliseconds_of(photos[0].photo_id))
        elif span_ms is not None and len(photos) < _MAX_PHOTOS // 2:
            span_ms *= 2
        await self._publisher.publish(
            LibraryInventoried(
                occurred_at=now, after=claimed.after, until=until, photos=tuple(photos)
            )
        )
        await self._inventory.go_on(claimed, None if until == AFTER_ALL_IDS else until, span_ms)
        # The next page waits for the next sweep, so that a large library is no load.
        return Sweep(len(photos), has_more=False)


def _reach(claimed: Round, now: datetime) -> str:
    """Return the last id of a page, unless it has too many photos."""
    if claimed.span_ms is None:
        return AFTER_ALL_IDS
    end_ms = milliseconds_of(claimed.after) + claimed.span_ms
    return AFTER_ALL_IDS if end_ms > now.timestamp() * 1000 else id_at(end_ms)


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
