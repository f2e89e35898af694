"""Measure the calibration of a model that ships none.

Cosines differ between models: 0.25 is a match in one and noise in another. The model's noise is
measured on neutral pictures, which show nothing of the vocabulary (`neutral_pictures`), by their
cosines to every concept:

* `offsets`: how much nearer to any picture a concept is than the median concept;
* `centre` and `spread`: median and robust deviation (1.4826 x the median absolute deviation)
  of the remaining cosines per picture, then the median over pictures;
* the decision boundary is `tail` spreads above the centre, where of N absent concepts half a one
  is expected to pass by chance: the normal quantile of 1 - 0.5 / N;
* around the boundary, probability rises with the model's own trained temperature.

No number here is a cosine of a particular model. For tags, centre and spread are computed from
each photo's own cosines, which is more precise; for queries, which compare one text with many
photos, the boundary above is the published calibration.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pichaven_ml.models.card import Calibration, Vector, Vectors

_EXPECTED_BY_CHANCE: Final = 0.5
_NORMAL: Final = 1.4826
"""From the median absolute deviation to the standard deviation of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Background:
    """A model's cosines of a vocabulary to pictures that show none of it."""

    offsets: tuple[float, ...]
    centre: float
    spread: float
    tail: float
    temperature: float

    @property
    def calibration(self) -> Calibration:
        boundary = self.centre + self.tail * self.spread
        bias = -self.temperature * boundary
        return Calibration(scale=self.temperature, bias=bias, threshold=0.5)


def measure_background(neutral: Vectors, concepts: Vectors, temperature: float) -> Background:
    """Measure unit vectors of neutral pictures (one per row) against concepts (one per row)."""
    cosines = neutral @ concepts.T
    offsets = np.median(cosines, axis=0)
    offsets = offsets - np.median(offsets)
    centres, spreads = robust_statistics(cosines - offsets)
    return Background(
        offsets=tuple(float(offset) for offset in offsets),
        centre=float(np.median(centres)),
        spread=float(np.median(spreads)),
        tail=NormalDist().inv_cdf(1 - _EXPECTED_BY_CHANCE / max(2, len(concepts))),
        temperature=temperature,
    )


def robust_statistics(cosines: NDArray[np.floating]) -> tuple[Vector, Vector]:
    """Return median and robust deviation along the last axis."""
    centre = np.median(cosines, axis=-1)
    deviation = np.median(np.abs(cosines - centre[..., None]), axis=-1)
    return np.asarray(centre, np.float32), np.asarray(_NORMAL * deviation, np.float32)


def neutral_pictures(count: int, edge: int, seed: int = 11) -> list[NDArray[np.uint8]]:
    """Return RGB pictures (height, width, 3) of soft noise in many grains and colours."""
    random = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(edge)[:, None], np.fft.rfftfreq(edge)[None, :])
    frequency[0, 0] = 1 / edge
    pictures: list[NDArray[np.uint8]] = []
    for _ in range(count):
        shape = (3, *frequency.shape)
        noise = random.standard_normal(shape) + 1j * random.standard_normal(shape)
        planes = np.fft.irfft2(noise / frequency ** random.uniform(0.3, 2.2), s=(edge, edge))
        planes /= planes.std() + 1e-9
        colour = random.uniform(30, 225, (3, 1, 1))
        picture = colour + planes * random.uniform(2, 50)
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8).transpose(1, 2, 0))
    return pictures
