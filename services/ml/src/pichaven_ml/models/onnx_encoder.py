"""An exported model in ONNX Runtime, without torch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from pichaven_ml.models import onnx_files
from pichaven_ml.models.bpe_tokenizer import BpeTokenizer, trim_padding
from pichaven_ml.models.card import ModelCard, Pixels, ShippedCalibration, Vector, Vectors
from pichaven_ml.models.onnx_files import Manifest
from pichaven_ml.models.onnx_session import open_session

_TEXTS_PER_RUN: Final = 16
"""Bounds memory: the process would keep what a longer run takes."""


class OnnxEncoder:
    def __init__(
        self, folder: Path, threads: int, shipped: ShippedCalibration | None = None
    ) -> None:
        self._manifest = Manifest.read(folder)
        self._card = replace(self._manifest.card, shipped=shipped)
        self._tokenize = BpeTokenizer(
            folder / onnx_files.MERGES, context_length=self._manifest.context_length
        )
        self._images = open_session(folder / onnx_files.IMAGE_TOWER, threads)
        self._texts = open_session(folder / onnx_files.TEXT_TOWER, threads)

    @property
    def card(self) -> ModelCard:
        return self._card

    def encode_images(self, pictures: Sequence[Pixels]) -> Vectors:
        return _run(self._images, np.stack(pictures))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        parts: list[Vectors] = []
        for start in range(0, len(texts), _TEXTS_PER_RUN):
            rows = self._tokenize(texts[start : start + _TEXTS_PER_RUN])
            parts.append(_run(self._texts, trim_padding(rows) if self._manifest.trims else rows))
        return np.concatenate(parts)

    def calibrate(self, _text: Vector, /) -> None:
        return None


def _run(session: Any, inputs: Any) -> Vectors:
    vectors: Vectors = session.run([onnx_files.OUTPUT], {onnx_files.INPUT: inputs})[0]
    return vectors
