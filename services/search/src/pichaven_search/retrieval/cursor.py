"""Where a page of results ended."""

from dataclasses import dataclass, replace
from typing import Final

NOTHING: Final = 2.0
"""A line above every cosine: no photo counts as seen."""

SortKey = tuple[float, int, int]


def sort_key_of(score: float, taken_ms: int, photo_id: str) -> SortKey:
    return (-score, -taken_ms, -int(photo_id.replace("-", ""), 16))


@dataclass(frozen=True, slots=True)
class Place:
    """A point in the order of a result list: results after it come on the next page."""

    score: float
    taken_ms: int
    photo_id: str

    @property
    def sort_key(self) -> SortKey:
        return sort_key_of(self.score, self.taken_ms, self.photo_id)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where a page ended, in both lists that pages are merged from.

    `named` has the score as the engine gave it. `line` is the cosine of the first page's
    relevance line, so that later pages are cut by the same; None where it has to be drawn anew.
    Snapshot and line belong to one `index` and its model; `places` are the names that the first
    page took for places. Without a question there is one list alone, `named`.
    """

    seen: Place | None = None
    named: Place | None = None
    line: float | None = NOTHING
    snapshot: str | None = None
    index: str | None = None
    places: tuple[str, ...] = ()

    @property
    def by_sight(self) -> bool:
        """Whether the pages before it were also of photos that are seen."""
        return self.line is None or self.line < NOTHING

    def within(self, index: str) -> "Bookmark":
        """The same point in another index: cosines of two models say nothing of each other."""
        if self.index in {None, index}:
            return self
        return replace(self, line=None, snapshot=None, index=index)
