"""Snapshots for the pages that may follow a first one."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from cachetools import LRUCache

from pichaven_search.index.model import Index
from pichaven_search.retrieval.repository import ElasticRanking

_OFTEN: Final = 20
_WITHIN_S: Final = 10.0
"""Nobody turns to a new search more often than this; a program may."""
_SHARED_S: Final = 1.0
_MOST_OWNERS: Final = 1_000


class KeepSnapshots:
    """A new one each time, as of this moment, for as long as a person asks.

    An engine holds each for minutes, with the files it needs. So who has asked for more than that
    shares the latest for a second: pages may then miss or repeat what changed within it.
    """

    def __init__(
        self, ranking: ElasticRanking, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._ranking = ranking
        self._now = now
        self._opened: LRUCache[tuple[str, str], deque[tuple[float, str]]] = LRUCache(_MOST_OWNERS)

    async def __call__(self, index: Index, owner_id: str) -> str:
        now = self._now()
        opened = self._opened.setdefault((index.name, owner_id), deque(maxlen=_OFTEN))
        often = len(opened) == _OFTEN and now - opened[0][0] < _WITHIN_S
        if often and now - opened[-1][0] < _SHARED_S:
            return opened[-1][1]
        snapshot = await self._ranking.snapshot(index, owner_id)
        opened.append((now, snapshot))
        return snapshot
