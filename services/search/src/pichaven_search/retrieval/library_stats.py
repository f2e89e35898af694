"""What is known of an owner's library: how large it is, and a sample of its vectors."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from cachetools import LRUCache

from pichaven_chassis.logging import get_logger
from pichaven_search.index.model import Index
from pichaven_search.retrieval.model import Library
from pichaven_search.retrieval.repository import ElasticRanking

_FRESH_S: Final = 600.0
"""For a large library; a small one soon is another."""
_SHORTEST_S: Final = 2.0
_MOST_OWNERS: Final = 200
"""A sample of 200 vectors of 512 dimensions at two bytes is 200 KiB."""

_log = get_logger(__name__)


class KnowLibrary:
    """Remembers libraries. One that is getting old is used once more while it is looked at anew."""

    def __init__(
        self, ranking: ElasticRanking, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ranking = ranking
        self._clock = clock
        self._known: LRUCache[tuple[str, str], tuple[float, Library]] = LRUCache(_MOST_OWNERS)
        self._looking: dict[tuple[str, str], asyncio.Task[Library]] = {}

    async def __call__(self, index: Index, owner_id: str) -> Library:
        key = (index.name, owner_id)
        known = self._known.get(key)
        if known is None:
            return await asyncio.shield(self._look(index, owner_id))
        learnt_at, library = known
        fresh_s = min(_FRESH_S, _SHORTEST_S + library.photos / 10)
        age_s = self._clock() - learnt_at
        if age_s > 2 * fresh_s:
            return await asyncio.shield(self._look(index, owner_id))
        if age_s > fresh_s:
            self._look(index, owner_id)
        return library

    def _look(self, index: Index, owner_id: str) -> "asyncio.Task[Library]":
        key = (index.name, owner_id)
        task = self._looking.get(key)
        if task is None:
            task = asyncio.create_task(self._ranking.library(index, owner_id))
            self._looking[key] = task
            task.add_done_callback(lambda done: self._learn(key, done))
        return task

    def _learn(self, key: tuple[str, str], done: "asyncio.Task[Library]") -> None:
        del self._looking[key]
        if done.cancelled():
            return
        error = done.exception()
        if error is not None:
            _log.warning("library_not_sampled", error=repr(error)[:200])
            return
        self._known[key] = (self._clock(), done.result())
