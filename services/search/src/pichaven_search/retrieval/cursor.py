"""Sort keys of hits, and the cursor of a result list."""

from dataclasses import dataclass, replace
from typing import Final

NO_HITS_CUTOFF: Final = 2.0
"""A relevance cutoff above every cosine: the vector side has no hits."""

Ordering = tuple[float, int, int]
"""Sorts as results do, the best first, then the newest, then by id."""


def ordering(score: float, taken_ms: int, photo_id: str) -> Ordering:
    """Return what a hit sorts by."""
    return (-score, -taken_ms, -int(photo_id.replace("-", ""), 16))


@dataclass(frozen=True, slots=True)
class SortKey:
    """The position of a hit in a result list."""

    score: float
    taken_ms: int
    photo_id: str

    @property
    def ordering(self) -> Ordering:
        return ordering(self.score, self.taken_ms, self.photo_id)


@dataclass(frozen=True, slots=True)
class SearchCursor:
    """The end of a page in the two lists that pages are merged from.

    `lexical` has the score of the engine. `cutoff` is the relevance cutoff of the first page, by
    which later pages are cut too; None where it must be computed again. Point in time and cutoff
    belong to one `index` and its model; `geo_names` are the geo places of the first page. Without
    a text query `lexical` is the only list.
    """

    vector: SortKey | None = None
    lexical: SortKey | None = None
    cutoff: float | None = NO_HITS_CUTOFF
    pit_id: str | None = None
    index: str | None = None
    geo_names: tuple[str, ...] = ()

    @property
    def is_hybrid(self) -> bool:
        """Whether the pages before could have vector hits."""
        return self.cutoff is None or self.cutoff < NO_HITS_CUTOFF

    def for_index(self, index: str) -> "SearchCursor":
        """Return the cursor for another index: cosines of two models are not comparable."""
        if self.index in {None, index}:
            return self
        return replace(self, cutoff=None, pit_id=None, index=index)
