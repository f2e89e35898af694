from pathlib import Path

import numpy as np
import pytest

from pichaven_ml.models.card import Calibration, Vectors, unit
from pichaven_ml.tagging.calibration import Background, measure_background, neutral_pictures
from pichaven_ml.tagging.parameters_cache import TaggerParameters, TaggerParametersCache
from pichaven_ml.tagging.tagger import Tagger
from pichaven_ml.tagging.vocabulary import Concept, Vocabulary

CONCEPTS = 200
DIMENSIONS = 128


def vocabulary(count: int) -> Vocabulary:
    tags = [
        Concept(f"tag {index}", (f"tag {index}",), "all", drawn=False) for index in range(count)
    ]
    return Vocabulary("1", ("{}",), tuple(tags))


class World:
    """A made-up model: texts and pictures in their own cones, as CLIP's are.

    `narrow` scales every difference, as another model's cosines are closer together.
    """

    def __init__(self, seed: int, narrow: float) -> None:
        self.random = np.random.default_rng(seed)
        self.narrow = narrow
        self.text_cone = unit(self.random.standard_normal(DIMENSIONS))
        self.picture_cone = unit(self.text_cone + self._direction())
        self.meanings = unit(self.random.standard_normal((CONCEPTS, DIMENSIONS)))
        self.texts: Vectors = unit(self.text_cone + narrow * self.meanings)

    def _direction(self) -> Vectors:
        return unit(self.random.standard_normal(DIMENSIONS))

    def picture(self, *present: int) -> Vectors:
        content = sum((self.meanings[index] for index in present), 0.4 * self._direction())
        return unit(self.picture_cone + self.narrow * content)


@pytest.mark.parametrize("narrow", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_model_that_nobody_calibrated_tags_what_is_shown(seed: int, narrow: float) -> None:
    world = World(seed, narrow)
    neutral = np.stack([world.picture() for _ in range(48)])
    background = measure_background(neutral, world.texts, temperature=100)
    tagger = Tagger(vocabulary(CONCEPTS), world.texts, background)
    hits = missed = wrong = 0
    for index in range(60):
        present = {index, index + 70, index + 130}
        tags = {int(tag.name.split()[1]) for tag in tagger(world.picture(*present))}
        hits += len(tags & present)
        missed += len(present - tags)
        wrong += len(tags - present)
    assert hits / (hits + missed) > 0.9
    assert wrong / 60 < 1


@pytest.mark.parametrize("narrow", [1.0, 0.25])
def test_a_picture_of_nothing_gets_next_to_no_tags(narrow: float) -> None:
    world = World(3, narrow)
    neutral = np.stack([world.picture() for _ in range(48)])
    background = measure_background(neutral, world.texts, temperature=100)
    tagger = Tagger(vocabulary(CONCEPTS), world.texts, background)
    assert np.mean([len(tagger(world.picture())) for _ in range(100)]) < 1.2


def test_the_calibration_for_queries_separates_present_from_absent() -> None:
    world = World(4, 0.5)
    neutral = np.stack([world.picture() for _ in range(48)])
    calibration = measure_background(neutral, world.texts, temperature=100).calibration
    present = np.array([world.texts[index] @ world.picture(index) for index in range(100)])
    other = np.array([world.texts[index + 50] @ world.picture(index) for index in range(100)])
    assert np.mean(calibration.probability(present) >= calibration.threshold) > 0.95
    assert np.mean(calibration.probability(other) >= calibration.threshold) < 0.05


def test_at_most_ten_tags_the_most_certain_first() -> None:
    concepts = unit(np.eye(20, 32) + np.linspace(0, 0.3, 20)[:, None])
    tagger = Tagger(vocabulary(20), concepts, Calibration(scale=10, bias=0, threshold=0.5))
    tags = tagger(unit(np.ones(32)))
    assert len(tags) == 10
    assert [tag.confidence for tag in tags] == sorted(
        (tag.confidence for tag in tags), reverse=True
    )
    assert all(tag.source == "ai" for tag in tags)


def test_a_shipped_calibration_is_taken_as_it_is() -> None:
    tagger = Tagger(
        vocabulary(2),
        np.eye(2, 4, dtype=np.float32),
        Calibration(scale=20, bias=-10, threshold=0.4),
    )
    (tag,) = tagger(unit(np.array([0.8, 0.1, 0.6, 0])))
    assert tag.name == "tag 0"
    assert tag.confidence == pytest.approx(0.998, abs=0.003)


def test_neutral_pictures_are_the_same_at_every_start() -> None:
    one, again = neutral_pictures(3, 40), neutral_pictures(3, 40)
    assert [picture.tobytes() for picture in one] == [picture.tobytes() for picture in again]
    assert one[0].shape == (40, 40, 3)


def test_what_was_learnt_outlives_the_process(tmp_path: Path) -> None:
    parameters = TaggerParameters(
        np.eye(3, 8, dtype=np.float32), Background((0.1, -0.1, 0.0), 0.2, 0.03, 2.9, 100.0)
    )
    TaggerParametersCache(tmp_path).put("model/a", "1-abc", parameters)
    again = TaggerParametersCache(tmp_path).get("model/a", "1-abc")
    assert again is not None
    assert again.background == parameters.background
    assert np.array_equal(again.concepts, parameters.concepts)
    assert TaggerParametersCache(tmp_path).get("model/b", "1-abc") is None
    assert TaggerParametersCache(tmp_path).get("model/a", "2-abc") is None


def test_a_damaged_file_is_learnt_anew(tmp_path: Path) -> None:
    cache = TaggerParametersCache(tmp_path)
    cache.put(
        "m", "v", TaggerParameters(np.eye(2, dtype=np.float32), Background((0.0,), 0, 1, 2, 3))
    )
    (file,) = (tmp_path / "learnt").iterdir()
    file.write_bytes(b"half a file")
    assert cache.get("m", "v") is None
