"""Photos that were stored before photos had wall times get theirs."""

import time
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_gallery.photos.change_entry import RECONCILER, ChangeAction
from pichaven_gallery.photos.lifecycle import Change, next_version
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.sweeps import Sweep

_BATCH: Final = 200
_LAST_ID: Final = "g"
"""Greater than every id."""


class MigrateTimes:
    """Rewrite one batch of older documents, the newest photos first.

    A pass ends with a batch that is not full; the next begins anew.

    A photo whose wall time is not its instant in UTC gets a new version, so that search, which
    reads events alone, has it too. May be repeated, and run in several processes.
    """

    def __init__(self, photos: PhotoRepository, clock: Clock) -> None:
        self._photos = photos
        self._clock = clock
        self._before = _LAST_ID

    async def __call__(self) -> Sweep:
        photos = await self._photos.list_without_wall_time(self._before, limit=_BATCH)
        await self._photos.rewrite(
            [(photo, self._change(photo), document) for photo, document in photos]
        )
        has_more = len(photos) == _BATCH
        self._before = photos[-1][0].photo_id if has_more else _LAST_ID
        return Sweep(len(photos), has_more=has_more)

    async def run_for(self, seconds: float) -> None:
        """Rewrite until the pass ends or the time is over."""
        deadline = time.monotonic() + seconds
        while (await self()).has_more and time.monotonic() < deadline:
            pass

    def _change(self, photo: Photo) -> Change:
        if photo.capture_time.offset is None:
            return Change(photo)
        return next_version(None, photo, self._clock(), ChangeAction.REDATED, RECONCILER)
