"""The space of pichaven-photo: vectors of pictures and texts from two towers that never met.

A picture is what a classifier of ImageNet sees in it, a text what a sentence encoder makes of it.
They meet in two ways (dimensions in brackets):

* *Meaning* (512). A picture's vector is the mean of the text vectors of the classes, weighted by
  their probabilities: ConSE (Norouzi et al., 2013, arXiv:1312.5650).
* *Evidence* (255). For each of some thousand words the logarithm of how much the classes say for
  it, in the 255 principal directions over invented pictures; a text is the mix of the words that
  are near to it.

A text is moved to the English word or noun next to it, where one is near: what a word is in another
language lies a little beside that, and scores less with the same pictures.

The rest of a picture's vector is its *look* (255): the pooled features of the network in the
principal directions of its classifier. Texts have zeros there, so it moves no search by words, and
tells near duplicates from other pictures of the same thing.

A cosine of one text says little about that of another. So each text has a calibration of its own,
from its scores with invented pictures: what noise has, and what the best have.
"""

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from pichaven_ml.models.card import Calibration, Vector, Vectors, unit

MEANING: Final = 512
EVIDENCE: Final = 255
LOOK: Final = 255
DIMENSIONS: Final = MEANING + EVIDENCE + LOOK

_TEMPERATURE: Final = 1.2
"""Of the classifier's probabilities."""
_CLASSES: Final = 60
"""The classes that count, the most probable ones."""
_NEGLIGIBLE: Final = 1e-3
"""The probability from which evidence grows; its logarithm is scaled to 0 … 1."""
_MEANING_SCALE: Final = 3.0
"""By which the meaning of a picture is stretched and that of a text shrunk: their product stays,
and quantisation to bytes loses less of it."""
_SQUARED_LENGTH: Final = 45.0
"""Of a picture before it is scaled to one; its look fills what meaning and evidence leave."""
_LEAST_LOOK: Final = 1.0
_SHARPNESS: Final = 0.08
"""Of the mix of words that stand for a text."""
_NEAR: Final = (0.6, 0.8)
"""The cosines from which a text begins to move to the word or noun next to it, and is there."""
_EVIDENCE_WEIGHT: Final = 0.7
_BEST: Final = 0.002
"""The share of the invented pictures that have most of a text's scores."""
_OWN_SHARE: Final = 0.5
"""How far a text's calibration is its own; the rest is that of the average word."""
_UNSURE: Final = 0.5
"""What a text loses that only words mean which classes hint at."""

_SCALE: Final = 5.0
_BIAS: Final = -4.5
"""Probability = sigmoid(_SCALE * score + _BIAS), where noise scores 0 and the best score 1."""
_THRESHOLD: Final = 0.5

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PhotoParameters:
    """What the build computes; `services/ml/photo_model` has the formulas."""

    class_vectors: Floats
    """Text vectors of the classes: classes x 512."""
    word_vectors: Floats
    """Words x 512."""
    word_certainty: Floats
    """The greatest weight of a class for each word."""
    evidence_starts: NDArray[np.int32]
    """Of each word in the two below."""
    evidence_classes: NDArray[np.int32]
    evidence_weights: Floats
    basis: Floats
    """Words x 255."""
    look: Floats
    """Pooled features x 255."""
    invented: Floats
    """Meaning and evidence of invented pictures: pictures x 767."""
    average: Floats
    """The median and the best score of the average word with the invented pictures, and the length
    of its vector before it is scaled to one."""

    @classmethod
    def load(cls, file: Path) -> Self:
        arrays: dict[str, Any] = load_file(file)
        return cls(
            **{
                name: array if array.dtype == np.int32 else array.astype(np.float32)
                for name, array in arrays.items()
            }
        )

    def save(self, file: Path) -> None:
        """Write floats in half precision."""
        save_file(
            {
                field.name: np.ascontiguousarray(
                    array if array.dtype == np.int32 else array.astype(np.float16)
                )
                for field in fields(self)
                for array in (getattr(self, field.name),)
            },
            file,
        )


def load_nouns(file: Path) -> Floats:
    """Return sentence vectors of names of things that are none of the words: nouns x 512."""
    return np.asarray(load_file(file)["nouns"], dtype=np.float32)


def save_nouns(vectors: Floats, file: Path) -> None:
    save_file({"nouns": vectors.astype(np.float16)}, file)


class PhotoSpace:
    """`nouns` are sentence vectors; they change texts alone, so no picture has to be embedded again
    for others."""

    def __init__(self, parameters: PhotoParameters, nouns: Floats) -> None:
        self._parameters = parameters
        self._nouns = nouns

    def pictures(self, logits: Floats, features: Floats) -> Vectors:
        """Return unit vectors of pictures (one per row) by the network's two outputs."""
        p = self._parameters
        meaning, evidence = see(p, logits)
        centred = features - features.mean(axis=1, keepdims=True)
        look = unit(centred @ p.look)
        left = _SQUARED_LENGTH - _MEANING_SCALE**2 - (evidence**2).sum(axis=1, keepdims=True)
        return unit(
            np.concatenate(
                [
                    _MEANING_SCALE * meaning,
                    evidence,
                    np.sqrt(np.maximum(left, _LEAST_LOOK)) * look,
                ],
                axis=1,
            )
        )

    def texts(self, vectors: Floats) -> Vectors:
        """Return unit vectors of texts by their sentence vectors (one per row)."""
        vectors = self._near_names(vectors)
        evidence = _text_evidence(self._parameters, vectors)
        look = np.zeros((len(vectors), LOOK), dtype=np.float32)
        return unit(np.concatenate([vectors / _MEANING_SCALE, evidence, look], axis=1))

    def _near_names(self, texts: Floats) -> Floats:
        """Return sentence vectors moved to the word or noun next to each."""
        nearest = np.zeros_like(texts)
        best = np.full(len(texts), -1, dtype=np.float32)
        for names in (self._parameters.word_vectors, self._nouns):
            cosines = texts @ names.T
            highest = cosines.max(axis=1)
            is_nearer = highest > best
            nearest[is_nearer] = names[cosines.argmax(axis=1)[is_nearer]]
            best = np.maximum(best, highest)
        begin, end = _NEAR
        share = np.clip((best - begin) / (end - begin), 0, 1)[:, None]
        return unit((1 - share) * texts + share * nearest)

    def calibrate(self, text: Vector) -> Calibration:
        """Return the calibration of a text by its vector."""
        p = self._parameters
        stretched = text[:MEANING] * _MEANING_SCALE
        scaled_by = float(np.linalg.norm(stretched))
        vector = stretched / scaled_by
        parts = np.concatenate([vector, text[MEANING : MEANING + EVIDENCE] / scaled_by])
        own, average = np.asarray(_extremes(p.invented @ parts)), p.average[:2]
        noise, best = map(float, _OWN_SHARE * own + (1 - _OWN_SHARE) * average)
        certainty = float(_mix_words(p, vector[None])[0] @ p.word_certainty)
        return _calibration(noise, best, 1 / scaled_by, certainty)

    @property
    def average(self) -> Calibration:
        """Return the calibration of the average word."""
        noise, best, length = map(float, self._parameters.average)
        return _calibration(noise, best, length, 1)


def see(p: PhotoParameters, logits: Floats) -> tuple[Floats, Floats]:
    """Return the meaning and the evidence of pictures by the classifier's logits."""
    probabilities = _softmax(logits, _TEMPERATURE)
    least = np.partition(probabilities, -_CLASSES, axis=1)[:, -_CLASSES, None]
    probabilities = probabilities * (probabilities >= least)
    return unit(probabilities @ p.class_vectors), word_evidence(p, probabilities) @ p.basis


def word_evidence(p: PhotoParameters, probabilities: Floats) -> Floats:
    """Return the evidence for each word, 0 … 1, by the probabilities of the classes."""
    shares = probabilities[:, p.evidence_classes] * p.evidence_weights
    presence = np.minimum(np.add.reduceat(shares, p.evidence_starts, axis=1), 1)
    return np.asarray(
        np.log1p(presence / _NEGLIGIBLE) / np.log1p(1 / _NEGLIGIBLE), dtype=np.float32
    )


def average_word(p: PhotoParameters) -> Floats:
    """Return `PhotoParameters.average`."""
    evidence = _text_evidence(p, p.word_vectors)
    extremes = [
        _extremes(p.invented @ parts)
        for parts in np.concatenate([p.word_vectors, evidence], axis=1)
    ]
    lengths = np.sqrt(1 / _MEANING_SCALE**2 + (evidence**2).sum(axis=1))
    return np.asarray([*np.mean(extremes, axis=0), lengths.mean()], dtype=np.float32)


def _mix_words(p: PhotoParameters, texts: Floats) -> Floats:
    """Return the shares of the words that stand for texts, by their sentence vectors."""
    return _softmax(texts @ p.word_vectors.T, _SHARPNESS)


def _text_evidence(p: PhotoParameters, texts: Floats) -> Floats:
    return np.asarray(_EVIDENCE_WEIGHT * (_mix_words(p, texts) @ p.basis), dtype=np.float32)


def _extremes(scores: Floats) -> tuple[float, float]:
    """Return the median and the mean of the best scores."""
    best = max(1, round(_BEST * len(scores)))
    return float(np.median(scores)), float(np.partition(scores, -best)[-best:].mean())


def _calibration(noise: float, best: float, length: float, certainty: float) -> Calibration:
    """Return the calibration of cosines; `noise` and `best` are dot products.

    `length` is that of the text before it was scaled to one.
    """
    span = best - noise
    return Calibration(
        scale=_SCALE * length * math.sqrt(_SQUARED_LENGTH) / span,
        bias=_BIAS - _SCALE * (noise / span + _UNSURE * (1 - certainty)),
        threshold=_THRESHOLD,
    )


def _softmax(values: Floats, temperature: float) -> Floats:
    scaled = (values - values.max(axis=1, keepdims=True)) / temperature
    raised = np.exp(scaled)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)
