import tracemalloc
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pichaven_ml.models.card import Preprocessing
from pichaven_ml.models.preprocessing import prepare

SIZES = [
    (800, 533),
    (533, 800),
    (64, 64),
    (65, 64),
    (30, 500),
    (500, 20),
    (1, 1),
    (801, 799),
    (40, 30),
]
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def picture(size: tuple[int, int]) -> Image.Image:
    random = np.random.default_rng(size[0])
    return Image.fromarray(random.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))


@pytest.mark.slow  # imports torch
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("target", "interpolation", "mode", "fill"),
    [
        ((64, 64), "bicubic", "shortest", 0),
        ((64, 64), "bilinear", "shortest", 0),
        ((64, 64), "bicubic", "squash", 0),
        ((48, 64), "bicubic", "squash", 0),
        ((64, 64), "bicubic", "longest", 127),
        ((48, 64), "bicubic", "shortest", 0),
    ],
)
def test_pixels_equal_those_of_open_clip_bit_for_bit(
    size: tuple[int, int], target: tuple[int, int], interpolation: Any, mode: Any, fill: int
) -> None:
    from open_clip import image_transform

    height, width = target
    theirs = image_transform(
        target if height != width else height,
        is_train=False,
        mean=MEAN,
        std=STD,
        interpolation=interpolation,
        resize_mode=mode,
        fill_color=fill,
    )
    ours = prepare(
        picture(size), Preprocessing(height, width, MEAN, STD, interpolation, mode, fill)
    )
    expected: Any = theirs(picture(size))
    assert ours.dtype == np.float32
    assert ours.shape == (3, height, width)
    assert np.array_equal(ours, expected.numpy())


@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("size", [(1, 40_000), (1_000_000, 2), (3, 500)])
def test_a_strip_costs_no_more_than_a_photo(size: tuple[int, int], mode: Any) -> None:
    tracemalloc.start()
    try:
        how = Preprocessing(224, 224, MEAN, STD, resize_mode=mode)
        assert prepare(Image.new("RGB", size), how).shape == (3, 224, 224)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_the_name_tells_preprocessings_apart() -> None:
    one = Preprocessing(64, 64, MEAN, STD)
    same = Preprocessing(64, 64, MEAN, STD)
    other = Preprocessing(64, 64, MEAN, STD, "bilinear")
    assert one.name == same.name != other.name
