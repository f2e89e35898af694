"""A loaded model, whatever runtime it has."""

from collections.abc import Sequence
from typing import Protocol

from pichaven_ml.models.card import ModelCard, Pixels, Vectors


class ImageTextEncoder(Protocol):
    """Encode pictures and texts into one space.

    Both methods block, and may be called from two threads at once.
    """

    @property
    def card(self) -> ModelCard: ...

    def encode_images(self, pictures: Sequence[Pixels]) -> Vectors: ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors: ...


class ModelLoader(Protocol):
    """Load the configured model; its first use may download and export it."""

    async def __call__(self) -> ImageTextEncoder:
        """Raises `ModelUnusable`."""
        ...
