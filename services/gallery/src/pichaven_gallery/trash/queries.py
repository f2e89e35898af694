"""The list of the trash."""

from collections.abc import Sequence

from pichaven_chassis.pagination import TimeCursor
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.photos.trash_marks import TrashMarkRepository


class ListTrash:
    """Return a page of the viewer's trash, the latest first, and where the next page starts."""

    def __init__(self, photos: PhotoRepository, marks: TrashMarkRepository) -> None:
        self._photos = photos
        self._marks = marks

    async def __call__(
        self, viewer: Viewer, *, limit: int, after: TimeCursor | None
    ) -> tuple[Sequence[Photo], TimeCursor | None]:
        owner_id = viewer.user_id
        since = await self._marks.emptied_at(owner_id)
        photos = await self._photos.trash_page(owner_id, since=since, limit=limit + 1, after=after)
        if len(photos) <= limit:
            return photos, None
        last = photos[limit - 1]
        assert last.trashed_at is not None
        return photos[:limit], TimeCursor.at(last.trashed_at, last.photo_id)
