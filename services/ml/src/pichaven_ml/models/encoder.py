"""A loaded model, whatever runtime it has."""

from collections.abc import Sequence
from typing import Protocol

from pichaven_ml.models.card import Calibration, ModelCard, Pixels, Vector, Vectors


class ImageTextEncoder(Protocol):
    """Encode pictures and texts into one space.

    The methods block, and may be called from two threads at once.
    """

    @property
    def card(self) -> ModelCard: ...

    def encode_images(self, pictures: Sequence[Pixels]) -> Vectors: ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors: ...

    def calibrate(self, text: Vector, /) -> Calibration | None:
        """Return the calibration of this text alone; None where the model's holds for all."""
        ...


class ModelLoader(Protocol):
    """Load the configured model; its first use may download and export it."""

    async def __call__(self) -> ImageTextEncoder:
        """Raises `ModelUnusable`."""
        ...


class CachingLoader(ModelLoader, Protocol):
    async def prepare(self) -> None:
        """Put into the cache what loading reads from there. May be repeated."""
        ...
