"""Make the tagger of a model: its vectors of the vocabulary, and what counts as certain."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from pichaven_ml.models.card import Pixels, Preprocessing, Vectors, unit
from pichaven_ml.models.encoder import ImageTextEncoder
from pichaven_ml.tagging.calibration import Background, measure_background, neutral_pictures
from pichaven_ml.tagging.prompts import wordings
from pichaven_ml.tagging.tagger import Tagger
from pichaven_ml.tagging.vocabulary import Vocabulary

_NEUTRAL_PICTURES: Final = 48
_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model's vectors of a vocabulary, and its noise."""

    concepts: Vectors
    background: Background


class Memory(Protocol):
    """Keeps what was learnt by model and vocabulary; losing it costs learning it again."""

    def find(self, model: str, vocabulary: str) -> Learnt | None: ...

    def keep(self, model: str, vocabulary: str, learnt: Learnt) -> None: ...


Prepare = Callable[[NDArray[np.uint8], Preprocessing], Pixels]


class MakeTagger:
    """Blocks for as long as the vocabulary takes to encode."""

    def __init__(self, vocabulary: Vocabulary, memory: Memory, prepare: Prepare) -> None:
        self._vocabulary = vocabulary
        self._memory = memory
        self._prepare = prepare

    def __call__(self, encoder: ImageTextEncoder) -> Tagger:
        card = encoder.card
        vocabulary = self._vocabulary.drawn_only() if card.bundled else self._vocabulary
        if card.shipped is not None:
            concepts = concept_vectors(encoder, vocabulary)
            return Tagger(vocabulary, concepts, card.shipped.calibration)
        learnt = self._memory.find(card.id, vocabulary.version)
        if learnt is None:
            concepts = concept_vectors(encoder, vocabulary)
            background = measure_background(self._neutral(encoder), concepts, card.temperature)
            learnt = Learnt(concepts, background)
            self._memory.keep(card.id, vocabulary.version, learnt)
        return Tagger(vocabulary, learnt.concepts, learnt.background)

    def _neutral(self, encoder: ImageTextEncoder) -> Vectors:
        how = encoder.card.preprocessing
        pixels = [
            self._prepare(picture, how)
            for picture in neutral_pictures(_NEUTRAL_PICTURES, max(how.width, how.height))
        ]
        return np.concatenate(
            [
                encoder.encode_images(pixels[start : start + _AT_ONCE])
                for start in range(0, len(pixels), _AT_ONCE)
            ]
        )


def concept_vectors(encoder: ImageTextEncoder, vocabulary: Vocabulary) -> Vectors:
    """One unit vector a concept: the mean over its prompts in every template."""
    shipped = encoder.card.shipped
    templates = (shipped.query_templates if shipped else None) or vocabulary.templates
    texts: list[str] = []
    owners: list[int] = []
    for place, concept in enumerate(vocabulary.concepts):
        for prompt in concept.prompts:
            said = wordings(prompt, templates)
            texts.extend(said)
            owners.extend([place] * len(said))
    vectors = encoder.encode_texts(texts)
    sums = np.zeros((len(vocabulary.concepts), vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, owners, vectors)
    return unit(sums)
