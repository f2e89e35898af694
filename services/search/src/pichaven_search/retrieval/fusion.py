"""One score from words and sight. The choice and its reasons: docs/adr/0012-search-fusion.md.

Each side says how likely it is that a photo is meant, between 0 and 1:

- `text`: for every word of the question the best place it stands in counts with that place's
  weight (`PLACES`), less for a stem (`STEM`) and less for a near spelling (`NEAR`); `text` is
  the mean over the words, all of which must stand somewhere. It depends on the photo alone, not
  on how rare a word is in the library, so it does not move while photos are added.
- `visual`: `sigmoid(scale · cosine + bias)` with the model's own calibration, 0 below the
  query's line (`relevance.py`).

    score = 1 - (1 - text) · (1 - CAP · visual)

that is, the chance that at least one of two independent witnesses is right: between 0 and 1,
never lowered by a second reason, and comparable across queries. Order is by score, then newer
first, then by id, so it is total and a page can start after any point of it.
"""

import heapq
import itertools
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from pichaven_search.retrieval.cursor import Place, SortKey, sort_key_of

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
_DIGITS: Final = 6


class Candidate(NamedTuple):
    """A photo that words, sight or both propose. A search makes hundreds of them."""

    photo_id: str
    taken_ms: int
    text: float
    visual: float | None
    """The calibrated probability; None when the picture itself does not answer the query."""

    @property
    def sort_key(self) -> SortKey:
        return sort_key_of(fused(self.text, self.visual), self.taken_ms, self.photo_id)

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
