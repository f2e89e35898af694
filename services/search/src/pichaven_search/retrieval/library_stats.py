"""Statistics of libraries, cached."""

import time
from collections.abc import Callable
from typing import Final

from pichaven_chassis.refreshing_cache import Lifetime, RefreshingCache
from pichaven_search.audience import Audience
from pichaven_search.index.model import Index
from pichaven_search.retrieval.model import LibraryStats
from pichaven_search.retrieval.repository import CandidateRepository

_MAX_FRESH_S: Final = 600.0
_MIN_FRESH_S: Final = 2.0
_MAX_LIBRARIES: Final = 100
"""A sample of 200 vectors of 512 dimensions at four bytes is 400 KiB."""


class LibraryStatsCache(RefreshingCache[tuple[Index, Audience], LibraryStats]):
    """Statistics of the photos of audiences, by index and audience."""

    def __init__(
        self, candidates: CandidateRepository, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(
            lambda key: candidates.load_library_stats(*key),
            _lifetime,
            max_entries=_MAX_LIBRARIES,
            now=now,
        )


def _lifetime(stats: LibraryStats) -> Lifetime:
    """Keep the statistics of a large library longer: a small one changes sooner."""
    fresh_s = min(_MAX_FRESH_S, _MIN_FRESH_S + stats.photos / 10)
    return Lifetime(fresh_s, 2 * fresh_s)
