"""Text and picture encoders, and the embedding model that they run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic calibration of a model's cosines: probability = sigmoid(scale * cosine + bias)."""

    scale: float
    bias: float
    threshold: float
    """The least probability of a match."""

    def probability(self, cosine: float) -> float:
        exponent = self.scale * cosine + self.bias
        if exponent < 0:
            raised = math.exp(max(exponent, -700.0))
            return raised / (1 + raised)
        return 1 / (1 + math.exp(-min(exponent, 700.0)))

    def logit(self, cosine: float) -> float:
        return self.scale * cosine + self.bias

    def cosine_of_logit(self, logit: float) -> float:
        """Return the inverse of `logit`, clipped to -1 … 1."""
        if self.scale <= 0:
            return 1.0
        return max(-1.0, min(1.0, (logit - self.bias) / self.scale))

    def cosine_at(self, probability: float) -> float:
        """Return the cosine of a probability, clipped to -1 … 1."""
        if probability <= 0:
            return -1.0
        if probability >= 1:
            return 1.0
        return self.cosine_of_logit(math.log(probability / (1 - probability)))

    @property
    def floor(self) -> float:
        """Return the cosine at the threshold."""
        return self.cosine_at(self.threshold)


@dataclass(frozen=True, slots=True)
class Model:
    """An embedding model that an ml runs."""

    name: str
    dimensions: int
    calibration: Calibration | None
    """Of the average text; None where it could not be measured: then there is no cutoff between
    matches and noise."""


class TextEmbedding(NamedTuple):
    """The vector of a text, and the model that made it."""

    model: str
    vector: Sequence[float]
    calibration: Calibration | None
    """Of this text's cosines; None where the model has none."""


class TextEncoder(Protocol):
    """Encodes texts with one of the models that run; every call ends within a fixed time.

    Several ml may run different models. Without a model's name the first ml's model is used.
    """

    async def model(self, name: str | None = None) -> Model:
        """Return the model. Raises `EncoderUnavailable` when no ml runs it or none responds."""
        ...

    async def models(self) -> tuple[Model, ...]:
        """Request the models that run now; empty while no ml responds."""
        ...

    async def models_by_url(self) -> Mapping[str, Model | None]:
        """Request the model of each ml; None for one that does not respond."""
        ...

    async def encode(self, text: str, model: str | None = None) -> TextEmbedding:
        """Return the embedding of the text, of the named model alone.

        Raises `EncoderUnavailable` and `TextRejected`.
        """
        ...


class EncoderUnavailable(Exception):
    """Raised when ml does not respond in time; search falls back to lexical results."""


class TextRejected(Exception):
    """Raised when the model cannot embed a text: it holds nothing to look for."""


class PictureEncoder(Protocol):
    """Encodes pictures; every call ends within a fixed time."""

    async def embed(
        self, data: bytes, media_type: str, model: str, *, owner_id: str | None
    ) -> Sequence[float]:
        """Return the embedding by that model.

        The picture takes its turn among those of other owners; None stands for no person.

        Raises `EncoderUnavailable`, and the problems of `pictures` for a picture that the model
        cannot read.
        """
        ...
