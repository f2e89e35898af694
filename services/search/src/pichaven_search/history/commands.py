"""Record searches behind the response; list, delete and switch off the history."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from cachetools import LRUCache

from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.logging import get_logger
from pichaven_chassis.pagination import TimeCursor
from pichaven_chassis.problems import NotFound
from pichaven_search.history.model import (
    PastSearch,
    SearchRecord,
    normalise_search,
    past_search_id,
)
from pichaven_search.history.repository import HistoryRepository
from pichaven_search.query_language.words import words

_MAX_PENDING: Final = 1_024
_MAX_OWNERS: Final = 5_000
_BATCH_S: Final = 1.0
_BUSY_FACTOR: Final = 5
"""How many times as long a batch waits when another was written within that time before."""
_TYPING_S: Final = 20.0
_CLOSE_TIMEOUT_S: Final = 2.0

_log = get_logger(__name__)


class RecordSearch:
    """Add a search to the history, unless its text has no words; return at once.

    A background task writes the records of a second in one batch, and of five seconds while
    searches keep coming. Records beyond `_MAX_PENDING` are dropped.

    A client that searches while a person types sends "s", "su", "sun": each search replaces the
    one that it continues, if that was made within `_TYPING_S` seconds before.
    """

    def __init__(
        self,
        history: HistoryRepository,
        *,
        clock: Clock = utc_now,
        now: Callable[[], float] = time.monotonic,
        batch_s: float = _BATCH_S,
    ) -> None:
        self._history = history
        self._clock = clock
        self._now = now
        self._batch_s = batch_s
        self._pending: dict[str, SearchRecord] = {}
        self._latest: LRUCache[str, tuple[str, float]] = LRUCache(_MAX_OWNERS)
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._written_at = float("-inf")

    def __call__(self, owner_id: str, text: str) -> None:
        if not words(text):
            return
        prefix_id = self._continued_search_id(owner_id, text)
        record = SearchRecord(owner_id, text, self._clock())
        search_id = record.search_id
        if len(self._pending) >= _MAX_PENDING and search_id not in self._pending:
            return
        replaces: tuple[str, ...] = ()
        if prefix_id is not None:
            prefix = self._pending.get(prefix_id)
            if prefix is None:
                replaces = (prefix_id,)
            elif prefix.times == 1:
                replaces = prefix.replaces
                del self._pending[prefix_id]
        earlier = self._pending.pop(search_id, None)
        self._pending[search_id] = replace(record, replaces=replaces).merge(earlier)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_batches(), name="record_search")

    def discard(self, owner_id: str, search_id: str | None = None) -> None:
        """Drop the pending records of an owner, or only those of one search."""
        for pending_id, record in list(self._pending.items()):
            if record.owner_id == owner_id and search_id in {None, pending_id}:
                del self._pending[pending_id]

    async def close(self) -> None:
        """Write the pending records, within `_CLOSE_TIMEOUT_S` seconds."""
        self._closing.set()
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=_CLOSE_TIMEOUT_S)
            self._task.cancel()

    def _continued_search_id(self, owner_id: str, text: str) -> str | None:
        """Return the id of the owner's latest search if this text continues it."""
        text, now = normalise_search(text), self._now()
        latest, at = self._latest.get(owner_id, ("", float("-inf")))
        self._latest[owner_id] = (text, now)
        if latest and latest != text and text.startswith(latest) and now - at < _TYPING_S:
            return past_search_id(owner_id, latest)
        return None

    async def _write_batches(self) -> None:
        while self._pending:
            busy_s = _BUSY_FACTOR * self._batch_s
            pause_s = busy_s if self._now() - self._written_at < busy_s else self._batch_s
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), pause_s)
            batch, self._pending = list(self._pending.values()), {}
            try:
                await self._history.record(batch)
            except Exception as error:
                # A lost record must fail no search.
                _log.info("record_searches_failed", searches=len(batch), error=repr(error)[:200])
            self._written_at = self._now()


class SearchHistory:
    """An owner's past searches and whether they are recorded."""

    def __init__(self, history: HistoryRepository, record_search: RecordSearch) -> None:
        self._history = history
        self._record_search = record_search

    async def list(
        self, owner_id: str, *, after: TimeCursor | None, limit: int
    ) -> tuple[Sequence[PastSearch], TimeCursor | None]:
        """Return a page, the newest first, and the cursor of the next one."""
        searches = await self._history.newest(owner_id, after=after, limit=limit + 1)
        page = searches[:limit]
        has_more = len(searches) > limit
        return page, TimeCursor.at(page[-1].last_at, page[-1].id) if has_more else None

    async def delete(self, owner_id: str, search_id: str) -> None:
        """Delete a past search. Raises `NotFound` unless it is the owner's."""
        self._record_search.discard(owner_id, search_id)
        if not await self._history.delete(owner_id, search_id):
            raise NotFound("There is no such search in your history.")

    async def clear(self, owner_id: str) -> None:
        """Delete every past search of the owner."""
        self._record_search.discard(owner_id)
        await self._history.clear(owner_id)

    async def is_enabled(self, owner_id: str) -> bool:
        return await self._history.is_enabled(owner_id)

    async def set_enabled(self, owner_id: str, *, enabled: bool) -> None:
        await self._history.set_enabled(owner_id, enabled=enabled)
