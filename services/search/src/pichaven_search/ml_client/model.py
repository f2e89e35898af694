"""What search needs of ml: text and picture encoders, and the model that they run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


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
class Model:
    """The embedding model that ml runs now."""

    name: str
    dimensions: int
    calibration: Calibration | None
    """None where it could not be measured: then no likeness can be told from noise."""


class TextEncoder(Protocol):
    """ml, as far as search needs it. Every call ends within a short, fixed time.

    Several ml may run, of different models; where no model is named, the first's is meant.
    """

    async def model(self, name: str | None = None) -> Model:
        """Raises `EncoderAway` when none runs it, or none answers."""
        ...

    async def models(self) -> tuple[Model, ...]:
        """Those that run now, asked anew; none while every ml is away."""
        ...

    async def encode(self, text: str, model: str | None = None) -> tuple[str, Sequence[float]]:
        """The model's name and the text's vector. Raises `EncoderAway` and `TextRefused`.

        With a model named, a vector of that model or none.
        """
        ...


class EncoderAway(Exception):
    """ml does not answer, or not in time: search goes on with words alone."""


class TextRefused(Exception):
    """The model finds nothing in the text that it could look for."""


class PictureEncoder(Protocol):
    """ml, as far as pictures go. Every call ends within a fixed time."""

    async def embed(self, data: bytes, media_type: str, model: str) -> Sequence[float]:
        """The vector of that model. Raises `EncoderAway`, and the problems of pictures.py
        for a picture that the model cannot read."""
        ...
