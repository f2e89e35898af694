"""Keep the completions of those who are typing now in memory, and keep them up to date.

Counting an owner's completions takes an index tens of milliseconds to seconds. So nobody waits
for it twice: a table answers, and is made anew behind the answer when the owner's photos have
changed. Tags, places, cameras, months and words are few and made anew soon; file names are as
many as photos and made anew seldom.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from pichaven_chassis.logging import get_logger
from pichaven_search.index.model import Index
from pichaven_search.suggest.completion_table import CompletionTable
from pichaven_search.suggest.model import Shelf

FRESH_S: Final = 2.0
"""A table looked at that short ago answers without any question to the index."""
STALE_S: Final = 60.0
"""One not looked at for so long is looked at before it answers, if that does not take long."""
_WAITING_S: Final = 0.5
_AT_ONCE: Final = 2
_SHARE: Final = 20
"""A table that took t to make is not made anew within so many t."""
_FILES_EVERY_S: Final = 60.0
_MOST_ENTRIES: Final = {Shelf.FEW: 100_000, Shelf.FILES: 400_000}
_PAGE: Final = 5_000

_log = get_logger(__name__)


class CompletionSource(Protocol):
    """The completions of an owner's photos that can be found, counted. Never another owner's."""

    async def state(self, index: Index, owner_id: str) -> tuple[int, int]:
        """Equal as long as no photo of the owner changed. Raises `IndexGone`."""
        ...

    async def counted(
        self, index: Index, owner_id: str, shelf: Shelf, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, int]]:
        """Entries with the number of photos that have them, in order. Raises `IndexGone`."""
        ...


@dataclass(frozen=True, slots=True)
class _Made:
    table: CompletionTable
    state: tuple[int, int] | None
    at: float
    took_s: float


_NOTHING: Final = _Made(CompletionTable(), None, float("-inf"), 0.0)


@dataclass(frozen=True, slots=True)
class _Held:
    index: str
    looked_at: float
    few: _Made
    files: _Made

    @property
    def size(self) -> int:
        return self.few.table.size + self.files.table.size


class KnowCompletions:
    """Bounded: beyond `room` bytes the tables of those who typed longest ago are dropped."""

    def __init__(
        self,
        source: CompletionSource,
        *,
        room: int = 128 << 20,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._room = room
        self._now = now
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._looking: dict[str, asyncio.Task[None]] = {}
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def __call__(
        self, index: Index, owner_id: str
    ) -> tuple[CompletionTable, CompletionTable]:
        """The few, and the files; empty while they are still being counted for the first time."""
        held = self._known(index, owner_id)
        age = float("inf") if held is None else self._now() - held.looked_at
        if age > FRESH_S:
            task = self._look(index, owner_id)
            if age > STALE_S:
                await asyncio.wait({task}, timeout=_WAITING_S)
                held = self._known(index, owner_id)
                if held is None and task.done():
                    task.result()
        if held is None:
            return _NOTHING.table, _NOTHING.table
        self._held.move_to_end(owner_id)
        return held.few.table, held.files.table

    async def close(self) -> None:
        tasks = list(self._looking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _known(self, index: Index, owner_id: str) -> _Held | None:
        held = self._held.get(owner_id)
        return held if held is not None and held.index == index.name else None

    def _look(self, index: Index, owner_id: str) -> asyncio.Task[None]:
        task = self._looking.get(owner_id)
        if task is None:
            task = asyncio.create_task(self._renew(index, owner_id), name="know_completions")
            self._looking[owner_id] = task
            task.add_done_callback(lambda done: self._looked(owner_id, done))
        return task

    def _looked(self, owner_id: str, task: asyncio.Task[None]) -> None:
        self._looking.pop(owner_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.info("completions_not_renewed", error=repr(error)[:200])

    async def _renew(self, index: Index, owner_id: str) -> None:
        async with self._at_once:
            state = await self._source.state(index, owner_id)
            held = self._known(index, owner_id) or _Held(index.name, 0.0, _NOTHING, _NOTHING)
            held = replace(held, looked_at=self._now())
            if self._is_due(held.few, state, FRESH_S):
                few = await self._make(index, owner_id, Shelf.FEW, state)
                held = replace(held, few=few)
            self._keep(owner_id, held)
            if self._is_due(held.files, state, _FILES_EVERY_S):
                files = await self._make(index, owner_id, Shelf.FILES, state)
                self._keep(owner_id, replace(held, files=files))

    def _is_due(self, made: _Made, state: tuple[int, int], every_s: float) -> bool:
        rest = max(every_s, _SHARE * made.took_s)
        return made.state != state and self._now() - made.at >= rest

    async def _make(
        self, index: Index, owner_id: str, shelf: Shelf, state: tuple[int, int]
    ) -> _Made:
        began = self._now()
        counted: list[tuple[str, int]] = []
        after: str | None = None
        while len(counted) < _MOST_ENTRIES[shelf]:
            page = await self._source.counted(index, owner_id, shelf, after=after, limit=_PAGE)
            counted += page
            if len(page) < _PAGE:
                break
            after = page[-1][0]
        else:
            _log.info("completions_cut", shelf=shelf.value, entries=len(counted))
        table = await asyncio.to_thread(CompletionTable, counted)
        return _Made(table, state, self._now(), self._now() - began)

    def _keep(self, owner_id: str, held: _Held) -> None:
        self._held[owner_id] = held
        self._held.move_to_end(owner_id)
        room = self._room - sum(each.size for each in self._held.values())
        while room < 0 and len(self._held) > 1:
            room += self._held.popitem(last=False)[1].size
