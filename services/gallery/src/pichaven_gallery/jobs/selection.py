"""The photos of a query, a chunk at a time."""

from pichaven_chassis.pagination import TimeCursor
from pichaven_gallery.jobs.model import PhotoQuery
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.photos.trash_marks import TrashMarkRepository
from pichaven_gallery.timeline.library_pages import LibraryPages
from pichaven_gallery.timeline.repository import TimelineRepository


class SelectPhotos:
    """Return ids of the next photos of a query and where the ones after them begin, None at the
    end. Each photo comes once; one that joins the list meanwhile may come."""

    def __init__(
        self,
        pages: LibraryPages,
        counts: TimelineRepository,
        photos: PhotoRepository,
        marks: TrashMarkRepository,
    ) -> None:
        self._pages = pages
        self._counts = counts
        self._photos = photos
        self._marks = marks

    async def __call__(
        self, owner_id: str, query: PhotoQuery, *, limit: int, after: TimeCursor | None
    ) -> tuple[tuple[str, ...], TimeCursor | None]:
        if query.trashed:
            keys = await self._trash_keys(owner_id, limit=limit + 1, after=after)
        else:
            keys = [
                TimeCursor.at(at, photo_id)
                for photo_id, at in await self._pages.keys(
                    owner_id,
                    query.filters,
                    limit=limit + 1,
                    after=after,
                    counts=await self._counts.get(owner_id),
                )
            ]
        photo_ids = tuple(key.id for key in keys[:limit] if key.id not in query.excluded)
        return photo_ids, keys[limit - 1] if len(keys) > limit else None

    async def _trash_keys(
        self, owner_id: str, *, limit: int, after: TimeCursor | None
    ) -> list[TimeCursor]:
        since = await self._marks.emptied_at(owner_id)
        photos = await self._photos.trash_page(owner_id, since=since, limit=limit, after=after)
        return [
            TimeCursor.at(photo.trashed_at, photo.photo_id)
            for photo in photos
            if photo.trashed_at is not None
        ]
