"""Zero-shot tags: the concepts of a vocabulary that match a picture's vector."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from pichaven_contracts.photo import Tag
from pichaven_ml.models.card import Calibration, Vector, Vectors, sigmoid
from pichaven_ml.tagging.calibration import Background, robust_statistics
from pichaven_ml.tagging.vocabulary import Vocabulary

MOST_TAGS: Final = 10


class Tagger:
    """Pure and quick: one product of a vector with a few hundred others."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        concepts: Vectors,
        scorer: Calibration | Background,
        *,
        own: Sequence[Calibration] = (),
        threshold: float | None = None,
    ) -> None:
        """`concepts` has a unit vector for each concept of the vocabulary, in its order.

        `own` has the calibration of each concept, where the model calibrates each text by itself.
        `threshold` is the least probability of a tag, if that of a match is not it.
        """
        self._vocabulary = vocabulary
        self._concepts = concepts
        self._scorer = scorer
        self._scales = np.asarray([each.scale for each in own], dtype=np.float32)
        self._biases = np.asarray([each.bias for each in own], dtype=np.float32)
        self._threshold = self.calibration.threshold if threshold is None else threshold

    @property
    def vocabulary(self) -> str:
        """The vocabulary's version."""
        return self._vocabulary.version

    @property
    def calibration(self) -> Calibration:
        scorer = self._scorer
        return scorer.calibration if isinstance(scorer, Background) else scorer

    def __call__(self, picture: Vector) -> tuple[Tag, ...]:
        """Return at most ten tags above the threshold, the most certain first."""
        probabilities = self._probabilities(self._concepts @ picture)
        matches = np.flatnonzero(probabilities >= self._threshold)
        best = matches[np.argsort(-probabilities[matches], kind="stable")][:MOST_TAGS]
        return tuple(
            Tag(
                name=self._vocabulary.concepts[index].tag,
                source="ai",
                confidence=round(float(probabilities[index]), 3),
            )
            for index in best
        )

    def _probabilities(self, cosines: Vector) -> Vector:
        scorer = self._scorer
        if len(self._scales):
            return sigmoid(self._scales * cosines + self._biases)
        if isinstance(scorer, Calibration):
            return scorer.probability(cosines)
        centred = cosines - np.asarray(scorer.offsets, dtype=np.float32)
        centre, spread = robust_statistics(centred)
        # The lower bound of the spread keeps a picture of nothing from getting tags.
        boundary = centre + scorer.tail * max(float(spread), scorer.spread)
        return sigmoid(np.asarray(scorer.temperature * (centred - boundary), dtype=np.float32))
