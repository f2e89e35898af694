"""One score from words and sight. The choice and its reasons: docs/adr/0012-search-fusion.md.

Each side says how likely it is that a photo is meant, between 0 and 1:

- `text`: for every word of the question the best place it stands in counts with that place's
  weight (`PLACES`), less for a stem (`STEM`) and less for a near spelling (`NEAR`); `text` is
  the mean over the words, all of which must stand somewhere. It depends on the photo alone, not
  on how rare a word is in the library, so it does not move while photos are added.
- `visual`: `sigmoid(scale · cosine + bias)` with the model's own calibration, 0 below the
  query's line (`domain/relevance.py`).

    score = 1 - (1 - text) · (1 - CAP · visual)

that is, the chance that at least one of two independent witnesses is right: between 0 and 1,
never lowered by a second reason, and comparable across queries. Order is by score, then newer
first, then by id, so it is total and a page can start after any point of it.
"""

import heapq
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

PLACES: Final = {
    "caption": 0.95,
    "tags": 0.95,
    "tags_ai": 0.8,
    "place": 0.9,
    "camera": 0.85,
    "ocr": 0.75,
    "filename": 0.7,
}
STEM: Final = 0.97
NEAR: Final = 0.5
CAP: Final = 0.98
NOTHING: Final = 2.0
"""A line above every cosine: no photo counts as seen."""
_DIGITS: Final = 6

SortKey = tuple[float, int, int]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a model's cosine becomes a probability, and from where on it counts."""

    scale: float
    bias: float
    threshold: float
    """A probability."""

    def probability(self, cosine: float) -> float:
        exponent = self.scale * cosine + self.bias
        if exponent < 0:
            raised = math.exp(max(exponent, -700.0))
            return raised / (1 + raised)
        return 1 / (1 + math.exp(-min(exponent, 700.0)))

    def logit(self, cosine: float) -> float:
        return self.scale * cosine + self.bias

    def cosine_of_logit(self, logit: float) -> float:
        """Within the range a cosine can have."""
        if self.scale <= 0:
            return 1.0
        return max(-1.0, min(1.0, (logit - self.bias) / self.scale))

    def cosine_at(self, probability: float) -> float:
        """Where the probability is reached, within the range a cosine can have."""
        if probability <= 0:
            return -1.0
        if probability >= 1:
            return 1.0
        return self.cosine_of_logit(math.log(probability / (1 - probability)))

    @property
    def floor(self) -> float:
        """The cosine at the threshold."""
        return self.cosine_at(self.threshold)


@dataclass(frozen=True, slots=True)
class Place:
    """A point in the order of a result list: results after it come on the next page."""

    score: float
    taken_ms: int
    photo_id: str

    @property
    def sort_key(self) -> SortKey:
        return _sort_key(self.score, self.taken_ms, self.photo_id)


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


class Candidate(NamedTuple):
    """A photo that words, sight or both propose. A search makes hundreds of them."""

    photo_id: str
    taken_ms: int
    text: float
    visual: float | None
    """The calibrated probability; None when the picture itself does not answer the query."""

    @property
    def sort_key(self) -> SortKey:
        return _sort_key(fused(self.text, self.visual), self.taken_ms, self.photo_id)

    @property
    def place(self) -> Place:
        return Place(fused(self.text, self.visual), self.taken_ms, self.photo_id)

    @property
    def raw_place(self) -> Place:
        """With the words' score as it is, by which the engine orders those found by words."""
        return Place(self.text, self.taken_ms, self.photo_id)


def fused(text: float, visual: float | None) -> float:
    """The score of a photo; rounded, so that it is the same however it was computed."""
    return round(1 - (1 - min(text, 1.0)) * (1 - CAP * (visual or 0.0)), _DIGITS)


def page_of(
    seen: Iterable[Candidate], named: Sequence[Candidate], *, limit: int
) -> tuple[list[Candidate], bool]:
    """The best `limit` of both, in order, and whether any is left.

    `seen` are candidates by sight, with whatever their words add; `named` those by words alone,
    in order. They have no photo in common.
    """
    merged = heapq.merge(
        sorted(seen, key=lambda each: each.sort_key),
        named,
        key=lambda each: each.sort_key,
    )
    best = list(itertools.islice(merged, limit + 1))
    return best[:limit], len(best) > limit


def _sort_key(score: float, taken_ms: int, photo_id: str) -> SortKey:
    return (-score, -taken_ms, -int(photo_id.replace("-", ""), 16))
