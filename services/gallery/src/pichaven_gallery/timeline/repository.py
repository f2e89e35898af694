"""The timeline's counters, and pages of the library read with their help.

Counters are exact without transactions. A photo document whose cell has changed is marked.
Counting moves in three single-document writes: the counters apply the marked moves and list them
as `inflight`, guarded by `epoch`; the photos are updated to their new cells; the list is cleared.
A process that finds a list left behind completes it first. Every move has a number of its own, so
each photo is updated once, and a slow process that completes late changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, UpdateOne

from pichaven_chassis.mongo import (
    Document,
    MongoCollection,
    MongoDatabase,
    insert_unless_exists,
)
from pichaven_chassis.pagination import TimeCursor
from pichaven_gallery.photos.capture_time import EARLIEST, LATEST, whole_ms
from pichaven_gallery.photos.listing import Filters, Order
from pichaven_gallery.photos.photo import LibraryState, Photo
from pichaven_gallery.photos.repository import TICK, PhotoRepository, between
from pichaven_gallery.timeline.counts import Counts, Recount
from pichaven_gallery.timeline.migrate_times import MAX_OFFSET, MigrateWindow
from pichaven_gallery.timeline.windows import Windows, bins_by_day, bins_by_month

_BATCH: Final = 500
_SELECTIVE_FACTOR: Final = 8
"""How much wider windows are where a filter drops photos."""


class TimelineRepository:
    """The counters of each owner. Any number of processes may settle them at once."""

    def __init__(self, database: MongoDatabase, photos: MongoCollection) -> None:
        self._photos = photos
        self._counters = database["timelines"]

    async def get(self, owner_id: str) -> Counts:
        return _to_counts(await self._counters.find_one({"_id": owner_id}))

    async def owners_due(self, *, limit: int) -> Sequence[str]:
        """Return owners with changes to count."""
        marked = self._photos.find({"count_due": {"$exists": True}}, {"count_due": 1}).limit(
            limit * 50
        )
        owner_ids = {document["count_due"]: None async for document in marked}
        return list(owner_ids)[:limit]

    async def settle(self, owner_id: str, *, limit: int) -> bool:
        """Count up to about `limit` changes. Return whether none is left."""
        for _ in range(2 * (limit // _BATCH + 1)):
            counters = await self._counters.find_one({"_id": owner_id})
            if counters is not None and counters["inflight"]:
                await self._complete(owner_id, counters)
                continue
            recounts = await self._recounts(owner_id)
            if not recounts:
                return True
            await self._apply(owner_id, counters, recounts)
        return False

    async def _recounts(self, owner_id: str) -> list[Recount]:
        marked = self._photos.find(
            {"count_due": owner_id}, {"cell": 1, "counted": 1, "count_seq": 1}
        ).limit(_BATCH)
        return [
            Recount(
                photo["_id"], photo.get("count_seq", 0), photo.get("counted"), photo.get("cell")
            )
            async for photo in marked
        ]

    async def _apply(
        self, owner_id: str, counters: Document | None, recounts: list[Recount]
    ) -> None:
        """Apply the recounts, unless the counters have changed since they were read."""
        counts = _to_counts(counters).apply(recounts)
        state: Document = {
            "months": dict(counts.months),
            "days": dict(counts.days),
            "inflight": [
                {"photo": recount.photo_id, "nth": recount.nth, "target": recount.target}
                for recount in recounts
            ],
        }
        if counters is None:
            epoch = 0
            document = {"_id": owner_id, "epoch": 1, **state}
            if not await insert_unless_exists(self._counters, document):
                return
        else:
            epoch = counters["epoch"]
            result = await self._counters.update_one(
                {"_id": owner_id, "epoch": epoch}, {"$set": state, "$inc": {"epoch": 1}}
            )
            if not result.matched_count:
                return
        await self._complete(owner_id, {"epoch": epoch + 1, **state})

    async def _complete(self, owner_id: str, counters: Document) -> None:
        """Update the photos in flight and clear the list. May be repeated, and come late."""
        moves: list[dict[str, Any]] = counters["inflight"]
        await self._photos.bulk_write(
            [
                UpdateOne(
                    {"_id": move["photo"], "count_seq": move["nth"]},
                    {"$set": {"counted": move["target"]}, "$inc": {"count_seq": 1}},
                )
                for move in moves
            ],
            ordered=False,
        )
        await self._photos.bulk_write(
            [
                UpdateOne(
                    {"_id": move["photo"], "counted": move["target"], "cell": move["target"]},
                    {"$unset": {"count_due": ""}},
                )
                for move in moves
            ],
            ordered=False,
        )
        await self._counters.update_one(
            {"_id": owner_id, "epoch": counters["epoch"]},
            {"$set": {"inflight": []}, "$inc": {"epoch": 1}},
        )


class LibraryPages:
    """Pages of the library by keyset, through windows on the sort key.

    A page reads about as many documents as it returns.
    """

    def __init__(self, photos: PhotoRepository, migrate: MigrateWindow) -> None:
        self._photos = photos
        self._migrate = migrate

    async def page(
        self,
        owner_id: str,
        filters: Filters,
        order: Order,
        *,
        limit: int,
        after: TimeCursor | None,
        counts: Counts,
    ) -> Sequence[Photo]:
        """Return photos of the library, without the trash; `counts` size the windows."""
        query = _to_query(owner_id, filters, order)
        by_wall_time = order.by == "taken_at_local" or "taken_at_local" in query
        migrates = by_wall_time and await self._migrate.is_needed(owner_id)
        direction = DESCENDING if order.descending else ASCENDING
        sort = [(order.by, direction), ("_id", direction)]
        photos: list[Photo] = []
        low, high = _bounds(filters, order)
        if after is not None:
            # Photos of the same moment come first; then times alone continue the list.
            side = "$lt" if order.descending else "$gt"
            ties = query | {order.by: after.moment, "_id": {side: after.id}}
            photos += await self._photos.find(ties, sort, limit)
            if order.descending:
                high = min(high, after.moment - TICK)
            else:
                low = max(low, after.moment + TICK)
        bins = bins_by_day(counts) if order.by == "created_at" else bins_by_month(counts)
        windows = Windows(bins, low, high, descending=order.descending)
        factor = _SELECTIVE_FACTOR if filters.selective else 1
        while len(photos) < limit:
            window = windows.next(factor * limit)
            if window is None:
                break
            if migrates:
                await self._migrate(owner_id, order, *window)
            bounds = {order.by: between(*window)}
            photos += await self._photos.find(query | bounds, sort, limit - len(photos))
        return photos


def _bounds(filters: Filters, order: Order) -> tuple[datetime, datetime]:
    """Return the bounds of the sort key that the filters leave."""
    instants = (filters.taken_from or EARLIEST, filters.taken_until or LATEST)
    wall_times = (filters.local_from or EARLIEST, filters.local_until or LATEST)
    match order.by:
        case "created_at":
            return EARLIEST, LATEST
        case "taken_at":
            bounds, others = instants, wall_times
        case "taken_at_local":
            bounds, others = wall_times, instants
    low, high = map(whole_ms, others)
    widened = (
        low - MAX_OFFSET if low > EARLIEST else low,
        high + MAX_OFFSET if high < LATEST else high,
    )
    return whole_ms(max(bounds[0], widened[0])), whole_ms(min(bounds[1], widened[1]))


def _to_query(owner_id: str, filters: Filters, order: Order) -> Document:
    query: Document = {"owner_id": owner_id, "shelf": LibraryState.LIBRARY.value}
    if filters.status is not None:
        query["status"] = filters.status.value
    if filters.favorite is not None:
        query["favorite"] = filters.favorite
    if filters.tag is not None:
        query["tag_keys"] = filters.tag
    bounds = {
        "taken_at": (filters.taken_from, filters.taken_until),
        "taken_at_local": (filters.local_from, filters.local_until),
    }
    for name, (low, high) in bounds.items():
        if name != order.by and (low or high):
            query[name] = between(low or EARLIEST, high or LATEST)
    return query


def _to_counts(counters: Document | None) -> Counts:
    return Counts(counters["months"], counters["days"]) if counters else Counts({}, {})
