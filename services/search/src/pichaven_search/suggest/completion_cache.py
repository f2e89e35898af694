"""Completion tables of the audiences that are typing now, kept in memory and up to date.

Counting the entries of a library takes an index tens of milliseconds to seconds, so a table answers
at once and is recounted behind the response when its photos have changed. Tags, places,
cameras, months and words are few and recounted soon; file names are as many as photos and
recounted rarely.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from pichaven_chassis.logging import get_logger
from pichaven_search.audience import Audience
from pichaven_search.index.model import Index
from pichaven_search.suggest.completion_table import CompletionTable
from pichaven_search.suggest.model import CompletionField

FRESH_S: Final = 2.0
"""Tables that were checked within that time answer without a request to the index."""
STALE_S: Final = 60.0
"""Tables that were not checked for that time are checked before they answer, within `_WAIT_S`."""
_WAIT_S: Final = 0.5
_MAX_CONCURRENT: Final = 2
_MAX_LOAD: Final = 20
"""A table that took t seconds to count is recounted after that many t at the earliest."""
_FILES_FRESH_S: Final = 60.0
_MAX_ENTRIES: Final = {CompletionField.FEW: 100_000, CompletionField.FILES: 400_000}
_PAGE: Final = 5_000

_log = get_logger(__name__)


class CompletionSource(Protocol):
    """Counts the completion entries of an audience's searchable photos."""

    async def state(self, index: Index, audience: Audience) -> tuple[int, int]:
        """Return a value that changes with any photo of the audience. Raises `IndexGone`."""
        ...

    async def count_entries(
        self,
        index: Index,
        audience: Audience,
        field: CompletionField,
        *,
        after: str | None,
        limit: int,
    ) -> Sequence[tuple[str, int]]:
        """Return entries in order with their numbers of photos. Raises `IndexGone`."""
        ...


@dataclass(frozen=True, slots=True)
class _TableEntry:
    table: CompletionTable
    state: tuple[int, int] | None
    at: float
    took_s: float


_EMPTY: Final = _TableEntry(CompletionTable(), None, float("-inf"), 0.0)


@dataclass(frozen=True, slots=True)
class _Entry:
    index: str
    checked_at: float
    few: _TableEntry
    files: _TableEntry

    @property
    def size(self) -> int:
        return self.few.table.size + self.files.table.size


class CompletionCache:
    """Tables by audience. The least recently used beyond `max_bytes` are dropped."""

    # Not a RefreshingCache: this one is bounded by bytes, counts its two tables at different
    # rates and publishes the first before the second, and bounds the time that callers wait.

    def __init__(
        self,
        source: CompletionSource,
        *,
        max_bytes: int = 128 << 20,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._max_bytes = max_bytes
        self._now = now
        self._entries: OrderedDict[Audience, _Entry] = OrderedDict()
        self._refreshes: dict[Audience, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT)

    async def get(
        self, index: Index, audience: Audience
    ) -> tuple[CompletionTable, CompletionTable]:
        """Return the few and the file names; empty while they are counted for the first time."""
        entry = self._entry(index, audience)
        age_s = float("inf") if entry is None else self._now() - entry.checked_at
        if age_s > FRESH_S:
            refresh = self._start_refresh(index, audience)
            if age_s > STALE_S:
                await asyncio.wait({refresh}, timeout=_WAIT_S)
                entry = self._entry(index, audience)
                if entry is None and refresh.done():
                    refresh.result()
        if entry is None:
            return _EMPTY.table, _EMPTY.table
        self._entries.move_to_end(audience)
        return entry.few.table, entry.files.table

    async def close(self) -> None:
        """Cancel the refreshes under way."""
        refreshes = list(self._refreshes.values())
        for refresh in refreshes:
            refresh.cancel()
        await asyncio.gather(*refreshes, return_exceptions=True)

    def _entry(self, index: Index, audience: Audience) -> _Entry | None:
        entry = self._entries.get(audience)
        return entry if entry is not None and entry.index == index.name else None

    def _start_refresh(self, index: Index, audience: Audience) -> asyncio.Task[None]:
        refresh = self._refreshes.get(audience)
        if refresh is None:
            refresh = asyncio.create_task(
                self._refresh(index, audience), name="refresh_completions"
            )
            self._refreshes[audience] = refresh
            refresh.add_done_callback(lambda task: self._finish_refresh(audience, task))
        return refresh

    def _finish_refresh(self, audience: Audience, task: asyncio.Task[None]) -> None:
        self._refreshes.pop(audience, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.info("completion_refresh_failed", error=repr(error)[:200])

    async def _refresh(self, index: Index, audience: Audience) -> None:
        async with self._slots:
            state = await self._source.state(index, audience)
            entry = self._entry(index, audience) or _Entry(index.name, 0.0, _EMPTY, _EMPTY)
            entry = replace(entry, checked_at=self._now())
            if self._is_due(entry.few, state, FRESH_S):
                few = await self._count(index, audience, CompletionField.FEW, state)
                entry = replace(entry, few=few)
            self._store(audience, entry)
            if self._is_due(entry.files, state, _FILES_FRESH_S):
                files = await self._count(index, audience, CompletionField.FILES, state)
                self._store(audience, replace(entry, files=files))

    def _is_due(self, entry: _TableEntry, state: tuple[int, int], fresh_s: float) -> bool:
        pause_s = max(fresh_s, _MAX_LOAD * entry.took_s)
        return entry.state != state and self._now() - entry.at >= pause_s

    async def _count(
        self, index: Index, audience: Audience, field: CompletionField, state: tuple[int, int]
    ) -> _TableEntry:
        started_at = self._now()
        entries: list[tuple[str, int]] = []
        after: str | None = None
        while len(entries) < _MAX_ENTRIES[field]:
            page = await self._source.count_entries(
                index, audience, field, after=after, limit=_PAGE
            )
            entries += page
            if len(page) < _PAGE:
                break
            after = page[-1][0]
        else:
            _log.info("completions_truncated", field=field.value, entries=len(entries))
        table = await asyncio.to_thread(CompletionTable, entries)
        return _TableEntry(table, state, self._now(), self._now() - started_at)

    def _store(self, audience: Audience, entry: _Entry) -> None:
        self._entries[audience] = entry
        self._entries.move_to_end(audience)
        room = self._max_bytes - sum(each.size for each in self._entries.values())
        while room < 0 and len(self._entries) > 1:
            room += self._entries.popitem(last=False)[1].size
