"""Reading one photo, and who may."""

from datetime import datetime

from pichaven_gallery.access.grant import Action
from pichaven_gallery.access.policy import allows
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.photos.capture_time import EARLIEST
from pichaven_gallery.photos.errors import PhotoNotFound
from pichaven_gallery.photos.photo import LibraryState, Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.photos.trash_marks import TrashMarkRepository


def require(photo: Photo | None, viewer: Viewer, action: Action, emptied_at: datetime) -> Photo:
    """Return the photo if the viewer is allowed the action, else raise `PhotoNotFound`.

    Photos trashed up to `emptied_at` no longer exist for anyone.
    """
    if photo is None or not photo.visible or not allows(viewer, action, photo):
        raise PhotoNotFound
    if photo.trashed_at is not None and photo.trashed_at <= emptied_at:
        raise PhotoNotFound
    return photo


class GetPhoto:
    """Return one photo, in the library or in the trash. Raises `PhotoNotFound`."""

    def __init__(self, photos: PhotoRepository, marks: TrashMarkRepository) -> None:
        self._photos = photos
        self._marks = marks

    async def __call__(self, photo_id: str, viewer: Viewer, action: Action = Action.SEE) -> Photo:
        photo = await self._photos.get(photo_id)
        emptied_at = EARLIEST
        if photo is not None and photo.library_state is LibraryState.TRASH:
            emptied_at = await self._marks.emptied_at(photo.owner_id)
        return require(photo, viewer, action, emptied_at)
