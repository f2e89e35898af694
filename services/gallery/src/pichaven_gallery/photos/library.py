"""Lists of photos: by keyset, through windows on the sort key."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo import ASCENDING, DESCENDING

from pichaven_chassis.mongo import Document
from pichaven_chassis.outbox import PUBLIC
from pichaven_gallery.photos.documents import from_document
from pichaven_gallery.photos.listing import Filters, Order, Position
from pichaven_gallery.photos.photo import EARLIEST, LATEST, Photo, Shelf, Status, whole_ms
from pichaven_gallery.photos.repository import MongoPhotos
from pichaven_gallery.timeline.counts import Counts, Windows, crowds_by_day, crowds_by_month

_TICK: Final = timedelta(milliseconds=1)
_SELECTIVE: Final = 8
"""How much wider to look where a filter passes only some of the photos."""


class MongoLibrary(MongoPhotos):
    """Implements the `Photos` port."""

    async def page(
        self,
        owner_id: str,
        filters: Filters,
        order: Order,
        *,
        limit: int,
        after: Position | None,
        counts: Counts,
    ) -> Sequence[Photo]:
        selected = _selected(owner_id, filters, order)
        way = DESCENDING if order.descending else ASCENDING
        sort = [(order.by, way), ("_id", way)]
        found: list[Photo] = []
        low, high = EARLIEST, LATEST
        if order.by == "taken_at":
            low = whole_ms(filters.taken_from or low)
            high = whole_ms(filters.taken_until or high)
        if after is not None:
            # Those of the very moment first; then times alone are enough to go on.
            side = "$lt" if order.descending else "$gt"
            ties = selected | {order.by: after.at, "_id": {side: after.photo_id}}
            found += await self._some(ties, sort, limit)
            if order.descending:
                high = min(high, after.at - _TICK)
            else:
                low = max(low, after.at + _TICK)
        crowds = crowds_by_month(counts) if order.by == "taken_at" else crowds_by_day(counts)
        windows = Windows(crowds, low, high, descending=order.descending)
        wider = _SELECTIVE if filters.selective else 1
        while len(found) < limit:
            window = windows.next(wider * limit)
            if window is None:
                break
            bounds = {order.by: between(*window)}
            found += await self._some(selected | bounds, sort, limit - len(found))
        return found

    async def trash(
        self, owner_id: str, *, since: datetime, limit: int, after: Position | None
    ) -> Sequence[Photo]:
        selected: Document = {"owner_id": owner_id, "shelf": Shelf.TRASH.value}
        sort = [("trashed_at", DESCENDING), ("_id", DESCENDING)]
        found: list[Photo] = []
        high = LATEST
        if after is not None and after.at > since:
            ties = selected | {"trashed_at": after.at, "_id": {"$lt": after.photo_id}}
            found += await self._some(ties, sort, limit)
            high = after.at - _TICK
        if len(found) < limit:
            bounds = {"trashed_at": between(since + _TICK, high)}
            found += await self._some(selected | bounds, sort, limit - len(found))
        return found

    async def in_trash_until(self, owner_id: str, until: datetime, *, limit: int) -> Sequence[str]:
        found = self.collection.find(
            {
                "owner_id": owner_id,
                "shelf": Shelf.TRASH.value,
                "trashed_at": between(EARLIEST, until),
            },
            {"_id": 1},
        ).limit(limit)
        return [document["_id"] async for document in found]

    async def changed_since(
        self, owner_id: str, since: datetime, *, most: int
    ) -> AsyncIterator[Photo]:
        found = (
            self.collection.find({"owner_id": owner_id, "changed_at": {"$gte": since}}, PUBLIC)
            .sort([("changed_at", ASCENDING), ("_id", ASCENDING)])
            .limit(most)
        )
        async for document in found:
            yield from_document(document)

    async def under_way(self, owner_id: str, *, limit: int) -> Sequence[Photo]:
        selected: Document = {
            "owner_id": owner_id,
            "shelf": Shelf.LIBRARY.value,
            "status": Status.PROCESSING.value,
            "created_at": {"$gte": EARLIEST},
        }
        return await self._some(selected, [("created_at", DESCENDING)], limit)

    async def _some(
        self, selected: Document, sort: list[tuple[str, int]], limit: int
    ) -> list[Photo]:
        found = self.collection.find(selected, PUBLIC).sort(sort).limit(limit)
        return [from_document(document) async for document in found]


def between(low: datetime, high: datetime) -> Document:
    """Both ends inside. Times are whole milliseconds, so the upper end may be written open: the
    local stand-in of MongoDB forgets it under a compound index when it is written closed."""
    return {"$gte": low, "$lt": whole_ms(high) + _TICK}


def _selected(owner_id: str, filters: Filters, order: Order) -> Document:
    selected: Document = {"owner_id": owner_id, "shelf": Shelf.LIBRARY.value}
    if filters.status is not None:
        selected["status"] = filters.status.value
    if filters.favorite is not None:
        selected["favorite"] = filters.favorite
    if filters.tag is not None:
        selected["tag_keys"] = filters.tag
    if order.by != "taken_at" and (filters.taken_from or filters.taken_until):
        selected["taken_at"] = between(
            filters.taken_from or EARLIEST, filters.taken_until or LATEST
        )
    return selected
