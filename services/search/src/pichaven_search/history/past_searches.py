"""The port to where past searches are kept, and what is done with them on request."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from pichaven_chassis.problems import NotFound
from pichaven_search.history.model import PastSearch


@dataclass(frozen=True, slots=True)
class PointInHistory:
    """Searches older than this come on the next page."""

    last_ms: int
    id: str


@dataclass(frozen=True, slots=True)
class Searched:
    """That an owner searched for something, once or several times."""

    owner_id: str
    text: str
    at: datetime
    times: int = 1
    instead_of: tuple[str, ...] = ()
    """Ids of searches that were only the beginning of this one."""

    def after(self, earlier: "Searched | None") -> "Searched":
        """Both as one, where the same owner asked the same before."""
        if earlier is None:
            return self
        return replace(
            self,
            times=self.times + earlier.times,
            instead_of=earlier.instead_of + self.instead_of,
        )


class PastSearches(Protocol):
    """Each owner's own; no call sees or touches another's."""

    async def prepare(self) -> None:
        """Make the place; may be repeated."""
        ...

    async def record(self, searches: Sequence[Searched]) -> None:
        """Count these, of any owners; nothing where an owner switched it off.

        What a search stands instead of goes if it was asked once. The oldest of an owner beyond
        `MOST_KEPT` go too.
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


class WaitingSearches(Protocol):
    """Those that are not written yet."""

    def forget(self, owner_id: str, search_id: str | None = None) -> None:
        """Do not write what waits of an owner, or only this search."""
        ...


class KeepHistory:
    """What an owner sees of the past searches and does to them."""

    def __init__(self, past: PastSearches, waiting: WaitingSearches) -> None:
        self._past = past
        self._waiting = waiting

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
        self._waiting.forget(owner_id, search_id)
        if not await self._past.remove(owner_id, search_id):
            raise NotFound("There is no such search in your history.")

    async def clear(self, owner_id: str) -> None:
        self._waiting.forget(owner_id)
        await self._past.clear(owner_id)

    async def enabled(self, owner_id: str) -> bool:
        return await self._past.enabled(owner_id)

    async def enable(self, owner_id: str, *, enabled: bool) -> None:
        await self._past.enable(owner_id, enabled=enabled)
