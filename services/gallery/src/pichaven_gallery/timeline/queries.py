"""The library by time: pages of photos, counts of months."""

from collections.abc import Sequence
from datetime import datetime

from pichaven_chassis.pagination import TimeCursor
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.photos.listing import Filters, Order
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.photos.trash_marks import TrashMarkRepository
from pichaven_gallery.timeline.library_pages import LibraryPages
from pichaven_gallery.timeline.repository import TimelineRepository, TimelineState


class ListPhotos:
    """Return a page of the viewer's library and where the next page starts, if there is one."""

    def __init__(self, pages: LibraryPages, counts: TimelineRepository) -> None:
        self._pages = pages
        self._counts = counts

    async def __call__(
        self,
        viewer: Viewer,
        filters: Filters,
        order: Order,
        *,
        limit: int,
        after: TimeCursor | None = None,
    ) -> tuple[Sequence[Photo], TimeCursor | None]:
        photos = await self._pages.page(
            viewer.user_id,
            filters,
            order,
            limit=limit + 1,
            after=after,
            counts=await self._counts.get(viewer.user_id),
        )
        if len(photos) <= limit:
            return photos, None
        last = photos[limit - 1]
        return photos[:limit], TimeCursor.at(_sort_key(last, order), last.photo_id)


class CountPhotos:
    """Return how many photos a list of the viewer's has: of the library by filters, or all of the
    trash."""

    def __init__(
        self, pages: LibraryPages, photos: PhotoRepository, marks: TrashMarkRepository
    ) -> None:
        self._pages = pages
        self._photos = photos
        self._marks = marks

    async def __call__(self, viewer: Viewer, filters: Filters, *, trashed: bool) -> int:
        owner_id = viewer.user_id
        if not trashed:
            return await self._pages.count(owner_id, filters)
        since = await self._marks.emptied_at(owner_id)
        return await self._photos.count_trash(owner_id, since=since)


def _sort_key(photo: Photo, order: Order) -> datetime:
    match order.by:
        case "taken_at":
            return photo.taken_at
        case "taken_at_local":
            return photo.capture_time.local_key
        case "created_at":
            assert photo.created_at is not None
            return photo.created_at


class GetTimeline:
    """Return the months of the viewer's library; exact, a moment behind under heavy import."""

    def __init__(self, timeline: TimelineRepository) -> None:
        self._timeline = timeline

    async def __call__(self, viewer: Viewer) -> TimelineState:
        return await self._timeline.read(viewer.user_id)
