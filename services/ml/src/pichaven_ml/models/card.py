"""What describes a model, apart from its runtime: identity, preprocessing, calibration."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]
"""One embedding of unit length."""

Vectors: TypeAlias = NDArray[np.float32]
"""Embeddings of unit length, one per row."""

Pixels: TypeAlias = NDArray[np.float32]
"""A picture as model input: channels, height, width; normalised."""

Runtime = Literal["onnx", "torch"]


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a picture becomes model input; the fields and their meaning are open_clip's."""

    height: int
    width: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    resize_mode: Literal["shortest", "longest", "squash"] = "shortest"
    fill_color: int = 0

    @property
    def name(self) -> str:
        """A short digest, equal for equal preprocessing in any runtime."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return f"{self.width}-{hashlib.sha256(canonical.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Calibration:
    """`sigmoid(scale * cosine + bias)`: the probability that a text is true of a picture."""

    scale: float
    bias: float
    threshold: float
    """The least probability that counts as a match."""

    def probability(self, cosine: Vector) -> Vector:
        return sigmoid(self.scale * cosine + self.bias)


@dataclass(frozen=True, slots=True)
class ShippedTags:
    """The tags that a model gives, in place of the vocabulary of all models."""

    threshold: float
    """The least probability of a tag."""
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShippedCalibration:
    """Calibration and query templates that come with a model's weights."""

    calibration: Calibration
    query_templates: tuple[str, ...] | None = None
    """Templates that the model was trained on; None for the default ones."""
    tags: ShippedTags | None = None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A loaded model. Vectors of two models are comparable only if their cards' ids are equal."""

    id: str
    dimensions: int
    runtime: Runtime
    bundled: bool
    preprocessing: Preprocessing
    temperature: float
    """The factor that the model was trained to put on cosines (open_clip's `logit_scale`)."""
    shipped: ShippedCalibration | None = None
    """None when the calibration has to be measured."""


def sigmoid(values: Vector) -> Vector:
    clipped = np.clip(values, -60, 60)
    return np.asarray(1 / (1 + np.exp(-clipped)), dtype=np.float32)


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """Return the vectors scaled to length one along the last axis."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), dtype=np.float32)


def to_floats(vector: NDArray[np.floating]) -> list[float]:
    """Return the numbers of a vector as they are published, with seven decimals."""
    return [round(float(value), 7) for value in vector]
