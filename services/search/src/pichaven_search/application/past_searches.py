"""The port to where past searches are kept, and what is done with them on request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pichaven_chassis.problems import NotFound
from pichaven_search.domain.history import PastSearch


@dataclass(frozen=True, slots=True)
class PointInHistory:
    """Searches older than this come on the next page."""

    last_ms: int
    id: str


class PastSearches(Protocol):
    """Each owner's own; no call sees or touches another's."""

    async def prepare(self) -> None:
        """Make the place; may be repeated."""
        ...

    async def record(
        self, owner_id: str, text: str, at: datetime, *, instead_of: str | None = None
    ) -> None:
        """Count one more; nothing where the owner switched it off.

        `instead_of` is the id of a search that was only the beginning of this one: it goes if it
        was asked once. The oldest beyond `MOST_KEPT` go too.
        """
        ...

    async def newest(
        self, owner_id: str, *, after: PointInHistory | None, limit: int
    ) -> Sequence[PastSearch]:
        """About a second old."""
        ...

    async def remove(self, owner_id: str, search_id: str) -> bool:
        """Whether there was such a one; it is gone for every later call."""
        ...

    async def clear(self, owner_id: str) -> None:
        """All of the owner's are gone for every later call."""
        ...

    async def enabled(self, owner_id: str) -> bool:
        """Whether searches are recorded; true unless switched off."""
        ...

    async def enable(self, owner_id: str, *, enabled: bool) -> None: ...


class KeepHistory:
    """What an owner sees of the past searches and does to them."""

    def __init__(self, past: PastSearches) -> None:
        self._past = past

    async def page(
        self, owner_id: str, *, after: PointInHistory | None, limit: int
    ) -> tuple[Sequence[PastSearch], PointInHistory | None]:
        """Newest first, and where the next page starts if there is one."""
        found = await self._past.newest(owner_id, after=after, limit=limit + 1)
        page = found[:limit]
        more = len(found) > limit
        return page, PointInHistory(page[-1].last_ms, page[-1].id) if more else None

    async def remove(self, owner_id: str, search_id: str) -> None:
        """Raises `NotFound` for one that is not the owner's."""
        if not await self._past.remove(owner_id, search_id):
            raise NotFound("There is no such search in your history.")

    async def clear(self, owner_id: str) -> None:
        await self._past.clear(owner_id)

    async def enabled(self, owner_id: str) -> bool:
        return await self._past.enabled(owner_id)

    async def enable(self, owner_id: str, *, enabled: bool) -> None:
        await self._past.enable(owner_id, enabled=enabled)
