"""Look after what got stuck, expired, or waits to be removed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.logging import get_logger
from pichaven_gallery.photos.deadlines import Patience, due_at, is_forgettable, swept
from pichaven_gallery.photos.lifecycle import Change, purged
from pichaven_gallery.photos.listing import Decide, Photos, Timeline, TrashMarks
from pichaven_gallery.photos.photo import Photo, Shelf

_log = get_logger(__name__)
_AT_ONCE: Final = 200
_OWNERS: Final = 20


@dataclass(frozen=True, slots=True)
class Swept:
    """What one pass found to do; `full` says that there is more."""

    looked_at: int
    full: bool


class SweepPhotos:
    """One pass over what is due. Any number of replicas may sweep: every change is decided on
    the photo as it then is, so what one has done the others find done."""

    def __init__(self, photos: Photos, clock: Clock, patience: Patience) -> None:
        self._photos = photos
        self._clock = clock
        self._patience = patience

    async def __call__(self) -> Swept:
        now = self._clock()
        due = await self._photos.due(now, limit=_AT_ONCE)
        for photo in due:
            if not self._is_due(photo, now):
                await self._photos.reschedule(photo)
            elif is_forgettable(photo):
                if photo.shelf is Shelf.PENDING:
                    _log.warning("pending_photo_forgotten", photo_id=photo.photo_id)
                await self._photos.delete_stub(photo)
            else:
                await self._photos.change(photo.photo_id, self._decide)
                _log.info("photo_swept", photo_id=photo.photo_id, status=photo.status.value)
        return Swept(len(due), full=len(due) == _AT_ONCE)

    def _is_due(self, photo: Photo, now: datetime) -> bool:
        due = due_at(photo, self._patience)
        return due is not None and due <= now

    def _decide(self, known: Photo | None) -> Change | None:
        return swept(known, self._clock(), self._patience) if known else None


class PurgeEmptied:
    """One bounded batch of the photos that were in a trash when it was emptied."""

    def __init__(self, photos: Photos, marks: TrashMarks, clock: Clock) -> None:
        self._photos = photos
        self._marks = marks
        self._clock = clock

    async def __call__(self) -> Swept:
        looked_at = 0
        full = False
        for owner_id, at in await self._marks.unfinished(limit=_OWNERS):
            found = await self._photos.in_trash_until(owner_id, at, limit=_AT_ONCE)
            await self._photos.change_many(dict.fromkeys(found, self._decide(at)))
            looked_at += len(found)
            if not found:
                await self._marks.finish(owner_id, at)
            full = full or bool(found)
        return Swept(looked_at, full)

    def _decide(self, at: datetime) -> Decide:
        def decide(known: Photo | None) -> Change | None:
            if known is None or known.trashed_at is None or known.trashed_at > at:
                return None
            return purged(known, self._clock())

        return decide


class SettleTimelines:
    """Count what changed; whoever reads a timeline counts its own changes anyway."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    async def __call__(self) -> Swept:
        owners = await self._timeline.owners_due(limit=_OWNERS)
        settled = [await self._timeline.settle(owner, most=2_000) for owner in owners]
        return Swept(len(owners), full=not all(settled))
