"""Points in time for the pages after a first one."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from cachetools import LRUCache

from pichaven_search.audience import Audience
from pichaven_search.index.model import Index
from pichaven_search.retrieval.repository import CandidateRepository

_MAX_OPENED: Final = 20
_WINDOW_S: Final = 10.0
"""A person opens fewer searches within that window; a program may open more."""
_SHARED_S: Final = 1.0
_MAX_AUDIENCES: Final = 1_000


class PointInTimePool:
    """Points in time by audience: a new one for each search, up to a rate.

    Elasticsearch keeps each for minutes, with the files that it needs. Above the rate an audience
    shares its latest for a second: pages may then miss or repeat what changed within it.
    """

    def __init__(
        self, candidates: CandidateRepository, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._candidates = candidates
        self._now = now
        self._opened: LRUCache[tuple[str, Audience], deque[tuple[float, str]]] = LRUCache(
            _MAX_AUDIENCES
        )

    async def acquire(self, index: Index, audience: Audience) -> str:
        """Return the id of a point in time that is at most a second old."""
        now = self._now()
        opened = self._opened.setdefault((index.name, audience), deque(maxlen=_MAX_OPENED))
        is_frequent = len(opened) == _MAX_OPENED and now - opened[0][0] < _WINDOW_S
        if is_frequent and now - opened[-1][0] < _SHARED_S:
            return opened[-1][1]
        pit_id = await self._candidates.open_point_in_time(index, audience)
        opened.append((now, pit_id))
        return pit_id
