"""The relevance cutoff: the cosine below which a photo is no result, computed for each query.

A cosine alone says little: the best hit of one query may score what noise scores for another.
Three measured terms place the cutoff, none a constant of one model:

- The *threshold of the model* (`Calibration`, from ml): below it nothing is relevant.
- The *range of the query*: from its cosines on unrelated pictures (a low quantile of a sample of
  the library, at most what the model calls noise) to its best hits. The cutoff is at two thirds
  of the range, so it follows a query whose whole range is higher or lower than another's.
- *Chance*: the best of N noise scores grows with the logarithm of N. In a large library the best
  hit has to be above that, else the subject is taken to be absent, and there are no vector hits; in
  a small one the threshold of the model is lower.

ADRs 0019 and 0042 have the precision and recall by which the numbers were chosen.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pichaven_search.ml_client.model import Calibration
from pichaven_search.retrieval.cursor import NO_HITS_CUTOFF

Sample = NDArray[np.float32]
"""Vectors of a random sample of a user's photos, a row each."""

RANGE_FRACTION: Final = 2 / 3
"""The position of the cutoff between the low end and the best hits of the query."""
BEST: Final = 10
"""The best hits are represented by the mean of this many, so that one outlier moves the cutoff
little. With fewer hits the threshold of the model is enough."""
LOW_QUANTILE: Final = 0.1
"""The quantile of the sample: a query that fits nine photos of ten still has all of them."""
NOISE_PROBABILITY: Final = 0.05
"""The probability, by the calibration of the model, up to which a score is noise."""
CHANCE_LOGITS: Final = 0.5
"""Logits by which the best of N noise scores grows for each factor of e in N."""
USUAL_LIBRARY: Final = 130
"""Photos for which the threshold of the model is right as it is."""
_SMALLEST_LIBRARY: Final = 30
"""Fewer photos lower the threshold no further."""
_MIN_SAMPLE: Final = 30


def relevance_cutoff(
    calibration: Calibration, best: Sequence[float], background: Sequence[float], photos: int
) -> float:
    """Return the least cosine of a result; `NO_HITS_CUTOFF` where the subject is absent.

    `best` are the highest cosines of the query, highest first, `background` its cosines on a
    sample of the library, `photos` the number of photos in the library.
    """
    floor = least_cosine(calibration, photos)
    if not best or best[0] < presence_cutoff(calibration, photos):
        return NO_HITS_CUTOFF
    if len(best) < BEST:
        return floor
    top = math.fsum(best[:BEST]) / BEST
    low = calibration.cosine_at(NOISE_PROBABILITY)
    if len(background) >= _MIN_SAMPLE:
        low = min(low, float(np.quantile(np.asarray(background), LOW_QUANTILE)))
    return max(floor, low + RANGE_FRACTION * (top - low))


def least_cosine(calibration: Calibration, photos: int) -> float:
    """Return the least cosine that any result has."""
    return _threshold(calibration, min(0, _chance(photos)))


def presence_cutoff(calibration: Calibration, photos: int) -> float:
    """Return the least cosine of the best hit that is not explained by chance."""
    return _threshold(calibration, _chance(photos))


def _threshold(calibration: Calibration, logits: float) -> float:
    """Return the threshold of the model, moved by some logits."""
    return calibration.cosine_of_logit(calibration.logit(calibration.floor) + logits)


def _chance(photos: int) -> float:
    """Return by how many logits the best noise scores of a library are above the usual ones."""
    return CHANCE_LOGITS * math.log(max(photos, _SMALLEST_LIBRARY) / USUAL_LIBRARY)


def cosines(vector: Sequence[float], sample: Sample) -> list[float]:
    """Return the cosines of a unit vector with those of a sample."""
    if not len(sample):
        return []
    products: list[float] = (sample @ np.asarray(vector, np.float32)).tolist()
    return products
