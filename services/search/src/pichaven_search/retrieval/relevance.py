"""Where a query's results end: a line of its own for each query, never one for all.

A cosine alone says little: the best hit of one query may score what noise scores for another.
Three things place the line, all of them measured and none a constant of one model:

- The *model's line* (`Calibration`, told by ml): below it nothing is an answer to anything.
- The *query's own range*: from what the query scores on pictures that have nothing to do with
  it (the low end of a sample of the library, no higher than what the model calls noise) to its
  best hits. A result has to reach two thirds of the way. This is what follows a query whose
  whole range lies higher or lower than another's.
- *Chance*: the best of N noise scores grows with the logarithm of N. Where not even the best hit
  stands above that, the thing is taken to be absent, and there is no result at all.

How the fractions were chosen, with precision and recall: docs/adr/0019-relevance-line.md.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pichaven_search.ml_client.model import Calibration
from pichaven_search.retrieval.cursor import NOTHING

Sample = NDArray[np.float16]
"""Vectors of some of an owner's photos, a row each, drawn at random."""

WAY: Final = 2 / 3
"""How far between the query's low end and its best hits the line lies."""
BEST: Final = 10
"""The mean of so many hits counts as the best, so one lucky hit moves the line little. Fewer
answers than that are no endless list, and the model's line is enough."""
LOW_END: Final = 0.1
"""The quantile of the sample. A query that fits nine photos of ten still finds them all."""
NOISE: Final = 0.05
"""What is no likelier than this is noise by the model's own account."""
CHANCE: Final = 0.7
"""Logits by which the best of N noise scores grows for each factor of e in N."""
SMALL_LIBRARY: Final = 300
"""Photos up to which the model's own line needs no correction for chance."""
_ENOUGH: Final = 30


def line(
    calibration: Calibration, best: Sequence[float], background: Sequence[float], photos: int
) -> float:
    """The cosine from which on a photo is a result; `NOTHING` when the thing is not there.

    `best` are the query's highest cosines, highest first; `background` its cosines on a sample
    of the library; `photos` is how many the library has.
    """
    floor = calibration.floor
    if not best or best[0] < present(calibration, photos):
        return NOTHING
    if len(best) < BEST:
        return floor
    top = math.fsum(best[:BEST]) / BEST
    low = calibration.cosine_at(NOISE)
    if len(background) >= _ENOUGH:
        low = min(low, float(np.quantile(np.asarray(background), LOW_END)))
    return max(floor, low + WAY * (top - low))


def present(calibration: Calibration, photos: int) -> float:
    """The cosine that the best hit must have, since chance alone reaches the one below it."""
    logit = calibration.logit(calibration.floor) + CHANCE * math.log1p(photos / SMALL_LIBRARY)
    return calibration.cosine_of_logit(logit)


def cosines(vector: Sequence[float], sample: Sample) -> list[float]:
    """Of a unit vector with each of the sample's."""
    if not len(sample):
        return []
    found: list[float] = (sample.astype(np.float32) @ np.asarray(vector, np.float32)).tolist()
    return found
