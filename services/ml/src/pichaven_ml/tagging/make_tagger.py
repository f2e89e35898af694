"""Make the tagger of a model: its vectors of the vocabulary, and its calibration."""

from typing import Final

import numpy as np
from PIL import Image

from pichaven_ml.models.card import Vectors, unit
from pichaven_ml.models.encoder import ImageTextEncoder
from pichaven_ml.models.preprocessing import prepare
from pichaven_ml.tagging.calibration import measure_background, neutral_pictures
from pichaven_ml.tagging.parameters_cache import TaggerParameters, TaggerParametersCache
from pichaven_ml.tagging.prompts import fill_templates
from pichaven_ml.tagging.tagger import Tagger
from pichaven_ml.tagging.vocabulary import Vocabulary

_NEUTRAL_PICTURES: Final = 48
_BATCH: Final = 4


class MakeTagger:
    """Blocks for as long as the vocabulary takes to encode."""

    def __init__(self, vocabulary: Vocabulary, cache: TaggerParametersCache) -> None:
        self._vocabulary = vocabulary
        self._cache = cache

    def __call__(self, encoder: ImageTextEncoder) -> Tagger:
        card = encoder.card
        vocabulary = self._vocabulary.select_drawn() if card.bundled else self._vocabulary
        if card.shipped is not None:
            tags = card.shipped.tags
            if tags is not None:
                vocabulary = vocabulary.replace_tags(tags.names)
            concepts = concept_vectors(encoder, vocabulary)
            own = [calibration for each in concepts if (calibration := encoder.calibrate(each))]
            threshold = None if tags is None else tags.threshold
            calibration = card.shipped.calibration
            return Tagger(vocabulary, concepts, calibration, own=own, threshold=threshold)
        parameters = self._cache.get(card.id, vocabulary.version)
        if parameters is None:
            concepts = concept_vectors(encoder, vocabulary)
            neutral = _neutral_vectors(encoder)
            background = measure_background(neutral, concepts, card.temperature)
            parameters = TaggerParameters(concepts, background)
            self._cache.put(card.id, vocabulary.version, parameters)
        return Tagger(vocabulary, parameters.concepts, parameters.background)


def _neutral_vectors(encoder: ImageTextEncoder) -> Vectors:
    target = encoder.card.preprocessing
    pictures = neutral_pictures(_NEUTRAL_PICTURES, max(target.width, target.height))
    pixels = [prepare(Image.fromarray(picture), target) for picture in pictures]
    batches = [pixels[start : start + _BATCH] for start in range(0, len(pixels), _BATCH)]
    return np.concatenate([encoder.encode_images(batch) for batch in batches])


def concept_vectors(encoder: ImageTextEncoder, vocabulary: Vocabulary) -> Vectors:
    """Return one unit vector per concept: the mean over its prompts in every template."""
    shipped = encoder.card.shipped
    templates = (shipped.query_templates if shipped else None) or vocabulary.templates
    texts: list[str] = []
    owners: list[int] = []
    for index, concept in enumerate(vocabulary.concepts):
        for prompt in concept.prompts:
            texts.extend(fill_templates(prompt, templates))
            owners.extend([index] * len(templates))
    vectors = encoder.encode_texts(texts)
    sums = np.zeros((len(vocabulary.concepts), vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, owners, vectors)
    return unit(sums)
