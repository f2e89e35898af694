"""What is known about a model, apart from how it runs."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]
"""One embedding of unit length."""

Vectors: TypeAlias = NDArray[np.float32]
"""Embeddings of unit length, one a row."""

Pixels: TypeAlias = NDArray[np.float32]
"""A picture as the model wants it: channels, height, width; normalised."""

Runtime = Literal["onnx", "torch"]


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a picture becomes a model's input; the fields and their meaning are open_clip's."""

    height: int
    width: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    resize_mode: Literal["shortest", "longest", "squash"] = "shortest"
    fill_color: int = 0

    @property
    def name(self) -> str:
        """Short and the same for the same preprocessing, whatever runs it."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return f"{self.width}-{hashlib.sha256(canonical.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Calibration:
    """From cosine to the probability that a text is true of a picture."""

    scale: float
    bias: float
    threshold: float
    """The least probability that counts as a match."""

    def probability(self, cosine: Vector) -> Vector:
        return sigmoid(self.scale * cosine + self.bias)


@dataclass(frozen=True, slots=True)
class Shipped:
    """What its makers measured of a model and put beside its weights."""

    calibration: Calibration
    query_templates: tuple[str, ...] | None = None
    """Wordings that the model was trained on; None for the usual ones."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A loaded model. Vectors may be compared only if their cards have the same id."""

    id: str
    dimensions: int
    runtime: Runtime
    bundled: bool
    preprocessing: Preprocessing
    temperature: float
    """The factor that the model was trained to put on cosines (open_clip's `logit_scale`)."""
    shipped: Shipped | None = None
    """None when calibration has to be measured here."""


def sigmoid(values: Vector) -> Vector:
    clipped = np.clip(values, -60, 60)
    return np.asarray(1 / (1 + np.exp(-clipped)), dtype=np.float32)


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """The vectors scaled to length one along the last axis."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), dtype=np.float32)
