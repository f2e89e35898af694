"""Photos that were stored before photos had wall times get theirs."""

from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_gallery.photos.change_entry import RECONCILER, ChangeAction
from pichaven_gallery.photos.lifecycle import Change, next_version
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.sweeps import Sweep

_BATCH: Final = 500


class MigrateTimes:
    """Rewrite one batch of older documents; a pass ends with a batch that is not full.

    A photo whose wall time is not its instant in UTC gets a new version, so that search, which
    reads events alone, has it too. May be repeated, and run in several processes.
    """

    def __init__(self, photos: PhotoRepository, clock: Clock) -> None:
        self._photos = photos
        self._clock = clock
        self._after = ""

    async def __call__(self) -> Sweep:
        photos = await self._photos.list_without_wall_time(self._after, limit=_BATCH)
        await self._photos.rewrite([(photo, self._change(photo)) for photo in photos])
        has_more = len(photos) == _BATCH
        self._after = photos[-1].photo_id if has_more else ""
        return Sweep(len(photos), has_more=has_more)

    async def run_to_end(self) -> None:
        """Rewrite all. Whatever another process writes meanwhile is left to the next pass."""
        while (await self()).has_more:
            pass

    def _change(self, photo: Photo) -> Change:
        if photo.capture_time.offset is None:
            return Change(photo)
        return next_version(None, photo, self._clock(), ChangeAction.REDATED, RECONCILER)
