"""Purging photos of the trash."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.etags import ExpectedTags
from pichaven_gallery.access.grant import Action
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.photos.commands import ChangePhotos
from pichaven_gallery.photos.errors import PhotoNotFound
from pichaven_gallery.photos.lifecycle import Change, Decide, purge
from pichaven_gallery.photos.photo import LibraryState, Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.photos.trash_marks import TrashMarkRepository
from pichaven_gallery.sweeps import Sweep

_MAX_PHOTOS: Final = 200
_MAX_OWNERS: Final = 20


class PurgePhoto:
    """Purge one photo in the trash.

    Raises `PhotoNotFound`, also for one in the library, and `PreconditionFailed`.
    """

    def __init__(self, change: ChangePhotos) -> None:
        self._change = change

    async def __call__(self, photo_id: str, viewer: Viewer, *, expected: ExpectedTags) -> None:
        await self._change.one(photo_id, viewer, Action.DELETE, _purge_trashed, expected=expected)


def _purge_trashed(photo: Photo, now: datetime, actor: str) -> Change:
    if photo.library_state is not LibraryState.TRASH:
        raise PhotoNotFound
    return purge(photo, now, actor)


class EmptyTrash:
    """Hide all of the viewer's trash at once; `PurgeEmptiedTrash` purges in the background."""

    def __init__(
        self, marks: TrashMarkRepository, clock: Clock, wake_purge: Callable[[], None]
    ) -> None:
        self._marks = marks
        self._clock = clock
        self._wake_purge = wake_purge

    async def __call__(self, viewer: Viewer) -> None:
        # A photo trashed within this very millisecond may have been trashed after the request.
        await self._marks.empty(viewer.user_id, self._clock() - timedelta(milliseconds=1))
        self._wake_purge()


class PurgeEmptiedTrash:
    """Purge one batch of the photos behind trash marks."""

    def __init__(self, photos: PhotoRepository, marks: TrashMarkRepository, clock: Clock) -> None:
        self._photos = photos
        self._marks = marks
        self._clock = clock

    async def __call__(self) -> Sweep:
        count = 0
        for owner_id, emptied_at in await self._marks.list_unfinished(limit=_MAX_OWNERS):
            photo_ids = await self._photos.list_in_trash_until(
                owner_id, emptied_at, limit=_MAX_PHOTOS
            )
            await self._photos.change_many(dict.fromkeys(photo_ids, self._decision(emptied_at)))
            count += len(photo_ids)
            if not photo_ids:
                await self._marks.finish(owner_id, emptied_at)
        return Sweep(count, has_more=count > 0)

    def _decision(self, emptied_at: datetime) -> Decide:
        def decide(photo: Photo | None) -> Change | None:
            if photo is None or photo.trashed_at is None or photo.trashed_at > emptied_at:
                return None
            return purge(photo, self._clock(), photo.owner_id)

        return decide
