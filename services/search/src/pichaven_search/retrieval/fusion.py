"""One score from the lexical and the vector side (ADR 0012).

Each side estimates how likely a photo is relevant, between 0 and 1:

- The lexical score: for every word of the query the best text field that it occurs in counts
  with the weight of that field (`FIELD_WEIGHTS`), less for a stem (`STEM_FACTOR`) and less for a
  fuzzy match (`FUZZY_WEIGHT`); the score is the mean over the words, all of which must occur. It
  depends on the photo alone, not on term frequencies, so it is stable while photos are added.
- The visual similarity: `sigmoid(scale · cosine + bias)` with the calibration of the model, 0
  below the relevance cutoff (`relevance.py`).

    score = 1 - (1 - lexical) · (1 - VISUAL_CAP · visual)

which is the probability that at least one of two independent estimates is right (noisy or):
between 0 and 1, monotonic in both, and comparable across queries. Results are ordered by score,
then the newest first, then by id: a total order, so a page can start after any sort key.
"""

import heapq
import itertools
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from pichaven_search.retrieval.cursor import Ordering, SortKey, ordering

FIELD_WEIGHTS: Final = {
    "caption": 0.95,
    "tags": 0.95,
    "tags_ai": 0.8,
    "place": 0.9,
    "camera": 0.85,
    "ocr": 0.75,
    "filename": 0.7,
}
STEM_FACTOR: Final = 0.97
FUZZY_WEIGHT: Final = 0.5
VISUAL_CAP: Final = 0.98
_DIGITS: Final = 6


class Candidate(NamedTuple):
    """A photo of the first stage. A search creates hundreds of them."""

    photo_id: str
    taken_ms: int
    lexical_score: float
    visual_similarity: float | None
    """A calibrated probability; None for a hit of the lexical side alone."""

    @property
    def ordering(self) -> Ordering:
        return ordering(
            fuse(self.lexical_score, self.visual_similarity), self.taken_ms, self.photo_id
        )

    @property
    def sort_key(self) -> SortKey:
        return SortKey(
            fuse(self.lexical_score, self.visual_similarity), self.taken_ms, self.photo_id
        )

    @property
    def lexical_sort_key(self) -> SortKey:
        """The sort key in the engine's list of lexical hits, with the score before fusion."""
        return SortKey(self.lexical_score, self.taken_ms, self.photo_id)


def fuse(lexical_score: float, visual_similarity: float | None) -> float:
    """Return the score of a photo, rounded so that it does not depend on how it was computed."""
    not_visual = 1 - VISUAL_CAP * (visual_similarity or 0.0)
    return round(1 - (1 - min(lexical_score, 1.0)) * not_visual, _DIGITS)


def merge_page(
    vector: Iterable[Candidate], lexical: Sequence[Candidate], *, limit: int
) -> tuple[list[Candidate], bool]:
    """Return the best `limit` of two disjoint lists, in order, and whether any is left.

    `vector` may be in any order; `lexical` is sorted.
    """
    merged = heapq.merge(
        sorted(vector, key=lambda each: each.ordering), lexical, key=lambda each: each.ordering
    )
    best = list(itertools.islice(merged, limit + 1))
    return best[:limit], len(best) > limit
