"""What the use cases need from outside."""

from collections.abc import Sequence
from typing import Protocol

from pichaven_contracts.photo import PhotoProgressed
from pichaven_ml.models.card import ModelCard, Pixels, Preprocessing, Vectors
from pichaven_ml.text_reading.reading import Line


class ImageTextEncoder(Protocol):
    """A loaded model. Both methods block, and may be called from two threads at once."""

    @property
    def card(self) -> ModelCard: ...

    def encode_images(self, pictures: Sequence[Pixels]) -> Vectors: ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors: ...


class ModelLoader(Protocol):
    """Brings the configured model into memory, making what it needs at its first start."""

    async def __call__(self) -> ImageTextEncoder:
        """Raises `ModelUnusable`."""
        ...


class Pictures(Protocol):
    """Encoded pictures to model input."""

    async def read(self, data: bytes, preprocessing: Preprocessing) -> Pixels:
        """Raises `UnreadablePicture`, `TooManyPixels`."""
        ...


class TextUnreadable(Exception):
    """The text of this picture cannot be had; the message says why."""


class TextReader(Protocol):
    """Encoded pictures to the lines that are written in them."""

    async def __call__(self, picture: bytes) -> Sequence[Line]:
        """From top to bottom. Raises `TextUnreadable`, after a bounded time at the latest."""
        ...


class ProgressSender(Protocol):
    """Tells of progress; never raises."""

    async def __call__(self, event: PhotoProgressed) -> None: ...
