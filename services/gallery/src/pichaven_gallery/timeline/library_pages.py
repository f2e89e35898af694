"""Pages of the library by keyset, read with the help of the timeline's counts."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from pymongo import ASCENDING, DESCENDING

from pichaven_chassis.mongo import Document
from pichaven_chassis.pagination import TimeCursor
from pichaven_gallery.photos.capture_time import EARLIEST, LATEST, whole_ms
from pichaven_gallery.photos.listing import Filters, Order
from pichaven_gallery.photos.photo import LibraryState, Photo
from pichaven_gallery.photos.repository import TICK, PhotoRepository, between
from pichaven_gallery.photos.tile import PhotoTile
from pichaven_gallery.timeline.counts import Counts
from pichaven_gallery.timeline.migrate_times import MAX_OFFSET, MigrateWindow
from pichaven_gallery.timeline.windows import Bin, Windows, bins_by_day, bins_by_month

_SELECTIVE_FACTOR: Final = 8
"""How much wider windows are where a filter drops photos."""
_BY_WALL_TIME: Final = Order("taken_at_local")

T = TypeVar("T")
Find = Callable[[Document, list[tuple[str, int]], int], Awaitable[list[T]]]
"""From a query, a sort and a limit to what it finds."""


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

        async def migrate(low: datetime, high: datetime) -> None:
            if migrates:
                await self._migrate(owner_id, order, low, high)

        return await _Range(
            query,
            order,
            _bounds(filters, order),
            bins_by_day(counts) if order.by == "created_at" else bins_by_month(counts),
            _SELECTIVE_FACTOR if filters.selective else 1,
        ).read(self._photos.find, limit=limit, after=after, before_window=migrate)

    async def tiles(
        self,
        owner_id: str,
        start: datetime,
        end: datetime,
        *,
        limit: int,
        after: TimeCursor | None,
        counts: Counts,
    ) -> Sequence[PhotoTile]:
        """Return tiles of the library from `start` until before `end`, the latest first.

        Photos whose documents have no wall time yet are left out; `migrate` brings it to them.
        """
        query: Document = {"owner_id": owner_id, "shelf": LibraryState.LIBRARY.value}
        bounds = start, end - TICK
        return await _Range(query, _BY_WALL_TIME, bounds, bins_by_month(counts)).read(
            self._photos.find_tiles, limit=limit, after=after
        )

    async def tiles_of(self, owner_id: str, photo_ids: Collection[str]) -> Sequence[PhotoTile]:
        """Return the tiles of those photos that are in the library, in no order."""
        return await self._photos.list_tiles(owner_id, photo_ids)

    async def migrate(self, owner_id: str, start: datetime, end: datetime) -> bool:
        """Bring wall times to photos of that time; return whether there may have been any."""
        if not await self._migrate.is_needed(owner_id):
            return False
        await self._migrate(owner_id, _BY_WALL_TIME, whole_ms(start), whole_ms(end - TICK))
        return True


@dataclass(frozen=True, slots=True)
class _Range:
    """A query within bounds of the sort key, both inclusive, read through windows."""

    query: Document
    order: Order
    bounds: tuple[datetime, datetime]
    bins: Sequence[Bin]
    factor: int = 1
    """How much wider windows are than an unfiltered page needs."""

    async def read(
        self,
        find: Find[T],
        *,
        limit: int,
        after: TimeCursor | None,
        before_window: Callable[[datetime, datetime], Awaitable[None]] | None = None,
    ) -> list[T]:
        descending, by = self.order.descending, self.order.by
        direction = DESCENDING if descending else ASCENDING
        sort = [(by, direction), ("_id", direction)]
        rows: list[T] = []
        low, high = self.bounds
        if after is not None:
            # Photos of the same moment come first; then times alone continue the list.
            side = "$lt" if descending else "$gt"
            ties = self.query | {by: after.moment, "_id": {side: after.id}}
            rows += await find(ties, sort, limit)
            if descending:
                high = min(high, after.moment - TICK)
            else:
                low = max(low, after.moment + TICK)
        windows = Windows(self.bins, low, high, descending=descending)
        while len(rows) < limit:
            window = windows.next(self.factor * limit)
            if window is None:
                break
            if before_window is not None:
                await before_window(*window)
            rows += await find(self.query | {by: between(*window)}, sort, limit - len(rows))
        return rows


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
