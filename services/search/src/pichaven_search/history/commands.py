"""Keep what was searched for, behind the answer and never in its way."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Final

from cachetools import LRUCache

from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import NotFound
from pichaven_search.history.model import (
    PastSearch,
    PointInHistory,
    Searched,
    folded_search,
    past_search_id,
)
from pichaven_search.history.repository import ElasticHistory
from pichaven_search.query_language.words import words

_MOST_WAITING: Final = 256
_MOST_OWNERS: Final = 5_000
_GATHER_S: Final = 1.0
_SAME_TYPING_S: Final = 20.0
_CLOSING_S: Final = 2.0

_log = get_logger(__name__)


class RecordSearch:
    """Returns at once. A text without words is not kept.

    What is searched for is gathered for a moment and written together; what does not fit in is
    lost.

    A client that searches while a person types sends "s", "su", "sun": within some seconds each
    takes the place of the one that it goes on from.
    """

    def __init__(
        self,
        past: ElasticHistory,
        *,
        clock: Clock = utc_now,
        now: Callable[[], float] = time.monotonic,
        gather_s: float = _GATHER_S,
    ) -> None:
        self._past = past
        self._clock = clock
        self._now = now
        self._gather_s = gather_s
        self._waiting: dict[str, Searched] = {}
        self._last: LRUCache[str, tuple[str, float]] = LRUCache(_MOST_OWNERS)
        self._writing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def __call__(self, owner_id: str, text: str) -> None:
        if not words(text):
            return
        instead_of = self._begun(owner_id, text)
        search_id = past_search_id(owner_id, text)
        if len(self._waiting) >= _MOST_WAITING and search_id not in self._waiting:
            return
        beginnings: tuple[str, ...] = ()
        if instead_of is not None:
            before = self._waiting.get(instead_of)
            if before is None:
                beginnings = (instead_of,)
            elif before.times == 1:
                beginnings = before.instead_of
                del self._waiting[instead_of]
        same = self._waiting.pop(search_id, None)
        searched = Searched(owner_id, text, self._clock(), instead_of=beginnings)
        self._waiting[search_id] = searched.after(same)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="record_search")

    def forget(self, owner_id: str, search_id: str | None = None) -> None:
        """Do not write what waits of an owner, or only this search."""
        for waiting_id, one in list(self._waiting.items()):
            if one.owner_id == owner_id and search_id in {None, waiting_id}:
                del self._waiting[waiting_id]

    async def close(self) -> None:
        """What waits is still written, if it takes no time."""
        self._closing.set()
        if self._writing is not None and not self._writing.done():
            await asyncio.wait({self._writing}, timeout=_CLOSING_S)
            self._writing.cancel()

    def _begun(self, owner_id: str, text: str) -> str | None:
        """The id of the search that this one goes on from."""
        folded, now = folded_search(text), self._now()
        before, at = self._last.get(owner_id, ("", float("-inf")))
        self._last[owner_id] = (folded, now)
        goes_on = before and before != folded and folded.startswith(before)
        return past_search_id(owner_id, before) if goes_on and now - at < _SAME_TYPING_S else None

    async def _write(self) -> None:
        while self._waiting:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._gather_s)
            gathered, self._waiting = list(self._waiting.values()), {}
            try:
                await self._past.record(gathered)
            except Exception as error:
                # A search that is not remembered is no reason to fail anything.
                _log.info("searches_not_recorded", searches=len(gathered), error=repr(error)[:200])


class KeepHistory:
    """What an owner sees of the past searches and does to them."""

    def __init__(self, past: ElasticHistory, waiting: RecordSearch) -> None:
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
