"""Look into the library."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pichaven_gallery.photos.errors import PhotoNotFound
from pichaven_gallery.photos.listing import (
    Filters,
    Order,
    Photos,
    Position,
    Timeline,
    TrashMarks,
)
from pichaven_gallery.photos.photo import Photo, Shelf
from pichaven_gallery.timeline.counts import Counts, month_bounds

_INLINE: int = 1_000
"""Changes that a reader of the timeline counts by itself, so that it sees its own."""


def seen_by(photo: Photo | None, owner_id: str, emptied_at: datetime) -> Photo:
    """The photo if its owner may still see it; raises `PhotoNotFound`."""
    if photo is None or photo.owner_id != owner_id or not photo.visible:
        raise PhotoNotFound
    if photo.trashed_at is not None and photo.trashed_at <= emptied_at:
        raise PhotoNotFound
    return photo


class ShowPhoto:
    """One photo of the owner, in the library or in the trash. Raises `PhotoNotFound`."""

    def __init__(self, photos: Photos, marks: TrashMarks) -> None:
        self._photos = photos
        self._marks = marks

    async def __call__(self, photo_id: str, owner_id: str) -> Photo:
        photo = await self._photos.get(photo_id)
        if photo is None or photo.owner_id != owner_id:
            raise PhotoNotFound
        if photo.shelf is Shelf.TRASH:
            return seen_by(photo, owner_id, await self._marks.emptied_at(owner_id))
        if not photo.visible:
            raise PhotoNotFound
        return photo


class ListPhotos:
    """A page of the library, without the trash."""

    def __init__(self, photos: Photos, timeline: Timeline) -> None:
        self._photos = photos
        self._timeline = timeline

    async def __call__(
        self,
        owner_id: str,
        filters: Filters,
        order: Order,
        *,
        limit: int,
        after: Position | None = None,
    ) -> tuple[Sequence[Photo], Position | None]:
        """The photos and, unless they are the last, where the next page starts."""
        found = await self._photos.page(
            owner_id,
            filters,
            order,
            limit=limit + 1,
            after=after,
            counts=await self._timeline.counts(owner_id),
        )
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        at = last.taken_at if order.by == "taken_at" else last.created_at
        assert at is not None
        return found[:limit], Position(at, last.photo_id)


class ListTrash:
    """A page of the trash, the latest first."""

    def __init__(self, photos: Photos, marks: TrashMarks) -> None:
        self._photos = photos
        self._marks = marks

    async def __call__(
        self, owner_id: str, *, limit: int, after: Position | None
    ) -> tuple[Sequence[Photo], Position | None]:
        since = await self._marks.emptied_at(owner_id)
        found = await self._photos.trash(owner_id, since=since, limit=limit + 1, after=after)
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        assert last.trashed_at is not None
        return found[:limit], Position(last.trashed_at, last.photo_id)


class ShowTimeline:
    """How many photos each month has; exact, a moment behind under heavy import."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    async def __call__(self, owner_id: str) -> Counts:
        await self._timeline.settle(owner_id, most=_INLINE)
        return await self._timeline.counts(owner_id)


class ShowMonth:
    """A page of a month's photos, the latest first. Raises `InvalidMonth`."""

    def __init__(self, list_photos: ListPhotos) -> None:
        self._list = list_photos

    async def __call__(
        self, owner_id: str, month: str, *, limit: int, after: Position | None
    ) -> tuple[Sequence[Photo], Position | None]:
        start, end = month_bounds(month)
        within = Filters(taken_from=start, taken_until=end - timedelta(milliseconds=1))
        return await self._list(owner_id, within, Order(), limit=limit, after=after)
