"""One score from words and sight. The choice and its reasons: docs/adr/0012-search-fusion.md.

Each side says how likely it is that a photo is meant, between 0 and 1:

- `text`: for every word of the question the best place it stands in counts with that place's
  weight (`PLACES`), less for a stem (`STEM`) and less for a near spelling (`NEAR`); `text` is
  the mean over the words, all of which must stand somewhere. It depends on the photo alone, not
  on how rare a word is in the library, so it does not move while photos are added.
- `visual`: `sigmoid(scale · cosine + bias)` with the model's own calibration, 0 below the
  model's threshold.

    score = 1 - (1 - text) · (1 - CAP · visual)

that is, the chance that at least one of two independent witnesses is right: between 0 and 1,
never lowered by a second reason, and comparable across queries. Order is by score, then newer
first, then by id, so it is total and a page can start after any point of it.
"""

import heapq
import math
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

PLACES: Final = {
    "caption": 0.95,
    "tags": 0.95,
    "tags_ai": 0.8,
    "place": 0.9,
    "camera": 0.85,
    "filename": 0.7,
}
STEM: Final = 0.97
NEAR: Final = 0.5
CAP: Final = 0.98
_DIGITS: Final = 6


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

    @property
    def floor(self) -> float:
        """The cosine at the threshold, within the range a cosine can have."""
        if self.threshold <= 0:
            return -1.0
        if self.threshold >= 1 or self.scale <= 0:
            return 1.0
        odds = math.log(self.threshold / (1 - self.threshold))
        return max(-1.0, min(1.0, (odds - self.bias) / self.scale))


@dataclass(frozen=True, slots=True)
class Place:
    """A point in the order of a result list: results after it come on the next page."""

    score: float
    taken_ms: int
    photo_id: str

    @property
    def sort_key(self) -> tuple[float, int, int]:
        return (-self.score, -self.taken_ms, -int(self.photo_id.replace("-", ""), 16))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo that words, sight or both propose."""

    photo_id: str
    taken_ms: int
    text: float
    visual: float | None
    """The calibrated probability; None when the picture itself does not answer the query."""

    @property
    def place(self) -> Place:
        return Place(fused(self.text, self.visual), self.taken_ms, self.photo_id)


def fused(text: float, visual: float | None) -> float:
    """The score of a photo; rounded, so that it is the same however it was computed."""
    return round(1 - (1 - min(text, 1.0)) * (1 - CAP * (visual or 0.0)), _DIGITS)


def page_of(
    candidates: list[Candidate], *, after: Place | None, limit: int
) -> tuple[list[Candidate], Place | None]:
    """The next `limit` candidates in order, and the place to go on from if more follow."""
    placed = [(place.sort_key, place, each) for each in candidates for place in (each.place,)]
    if after is not None:
        start = after.sort_key
        placed = [entry for entry in placed if entry[0] > start]
    # One more than the page, which tells whether anything follows it.
    best = heapq.nsmallest(limit + 1, placed, key=itemgetter(0))
    page = best[:limit]
    return [each for _, _, each in page], page[-1][1] if len(best) > limit else None
