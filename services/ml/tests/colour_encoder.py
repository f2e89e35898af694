"""A stand-in for a model, for tests of what is built on one."""

from collections.abc import Callable, Sequence

import numpy as np

from pichaven_ml.models.card import (
    Calibration,
    ModelCard,
    Pixels,
    Preprocessing,
    ShippedCalibration,
    Vector,
    Vectors,
    unit,
)

_COLOURS = ("red", "green", "blue")


class ColourEncoder:
    """Knows three words: a picture's vector is its mean colour, a text's the colours it names.

    `before_images` and `before_texts` are called with each batch and may raise; `calibration` is
    every text's own.
    """

    def __init__(self, *, shipped: bool = True) -> None:
        self.before_images: Callable[[int], None] = lambda _count: None
        self.before_texts: Callable[[Sequence[str]], None] = lambda _texts: None
        self.image_batches: list[int] = []
        self.calibration: Calibration | None = None
        self.card = ModelCard(
            id="colours/1/16",
            dimensions=4,
            runtime="onnx",
            bundled=False,
            preprocessing=Preprocessing(16, 16, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
            temperature=20.0,
            shipped=ShippedCalibration(Calibration(20, -16, threshold=0.5)) if shipped else None,
        )

    async def __call__(self) -> "ColourEncoder":
        """The encoder is its own loader."""
        return self

    def encode_images(self, pictures: Sequence[Pixels]) -> Vectors:
        self.before_images(len(pictures))
        self.image_batches.append(len(pictures))
        means = np.stack([picture.mean(axis=(1, 2)) for picture in pictures])
        return unit(np.concatenate([means, np.full((len(pictures), 1), 0.05)], axis=1))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        self.before_texts(texts)
        rows = [[*(float(colour in text.split()) for colour in _COLOURS), 0.05] for text in texts]
        return unit(np.asarray(rows, dtype=np.float32))

    def calibrate(self, _text: Vector, /) -> Calibration | None:
        return self.calibration
