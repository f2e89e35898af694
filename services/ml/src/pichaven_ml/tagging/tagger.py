"""Zero-shot tags: which concepts of a vocabulary a picture's vector agrees with."""

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
        self, vocabulary: Vocabulary, concepts: Vectors, judge: Calibration | Background
    ) -> None:
        """`concepts` holds the unit vector of each concept of the vocabulary, in its order."""
        self._vocabulary = vocabulary
        self._concepts = concepts
        self._judge = judge

    @property
    def vocabulary(self) -> str:
        """The version that every answer belongs to."""
        return self._vocabulary.version

    @property
    def calibration(self) -> Calibration:
        judge = self._judge
        return judge.calibration if isinstance(judge, Background) else judge

    def __call__(self, picture: Vector) -> tuple[Tag, ...]:
        """At most ten tags, the most certain first; none if nothing is certain enough."""
        probabilities = self._probabilities(self._concepts @ picture)
        found = np.flatnonzero(probabilities >= self.calibration.threshold)
        best = found[np.argsort(-probabilities[found], kind="stable")][:MOST_TAGS]
        return tuple(
            Tag(
                name=self._vocabulary.concepts[place].tag,
                source="ai",
                confidence=round(float(probabilities[place]), 3),
            )
            for place in best
        )

    def _probabilities(self, cosines: Vector) -> Vector:
        judge = self._judge
        if isinstance(judge, Calibration):
            return judge.probability(cosines)
        levelled = cosines - np.asarray(judge.offsets, dtype=np.float32)
        centre, spread = robust_statistics(levelled)
        # A photo of everything has a wide spread; one of nothing must not get a narrow line.
        line = centre + judge.tail * max(float(spread), judge.spread)
        return sigmoid(np.asarray(judge.temperature * (levelled - line), dtype=np.float32))
