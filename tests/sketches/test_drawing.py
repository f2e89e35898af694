"""Pictures are decided by their seed alone, at every size."""

from typing import cast

import numpy as np
import pytest

from testing.sketches import Wish, draw
from testing.sketches.objects.catalogue import THINGS
from testing.sketches.scenes import SETTINGS, Extra, Setting


def test_the_same_seed_draws_the_same_picture():
    first, second = draw(17, height=96), draw(17, height=96)

    assert first.image.tobytes() == second.image.tobytes()
    assert first.tags == second.tags


def test_different_seeds_draw_different_pictures():
    assert len({draw(seed, height=48).image.tobytes() for seed in range(50)}) == 50


@pytest.mark.parametrize("seed", range(12))
def test_a_larger_picture_shows_the_same_motif(seed: int):
    small, large = draw(seed, height=96), draw(seed, height=384)

    assert small.tags == large.tags
    shrunk = np.asarray(large.image.resize((96, 96)), np.float32)
    difference = np.abs(shrunk - np.asarray(small.image, np.float32)).mean()
    assert difference < 12


def test_size_and_aspect_are_kept():
    assert draw(3, height=120, aspect=4 / 3).image.size == (160, 120)
    assert draw(3, height=160, aspect=3 / 4).image.size == (120, 160)


@pytest.mark.parametrize("name", THINGS)
def test_a_wished_thing_is_in_the_picture_with_its_colour_and_number(name: str):
    colour = THINGS[name].colours[0] if THINGS[name].colours else None
    count = 2 if THINGS[name].repeats else 1
    sketch = draw(5, height=64, wish=Wish(thing=name, colour=colour, count=count, alone=True))

    assert name in sketch.tags
    assert colour is None or f"{name}:{colour}" in sketch.tags


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_wished_setting_is_drawn(setting: Setting):
    tags = draw(8, height=64, wish=Wish(setting=setting)).tags

    if setting == "studio":
        assert any(tag.startswith("background:") for tag in tags) or "black and white" in tags
    else:
        assert ("grass" if setting == "field" else setting) in tags


@pytest.mark.parametrize(
    "extra", ["moon", "fireworks", "rainbow", "rain", "snowfall", "fog", "sepia"]
)
def test_a_wished_extra_is_drawn(extra: Extra):
    assert extra in draw(9, height=64, wish=Wish(extra=extra)).tags


def test_black_and_white_pictures_have_no_colour_and_no_colour_tags():
    for seed in range(20):
        sketch = draw(seed, height=48, wish=Wish(extra="black and white"))
        pixels = np.asarray(sketch.image, np.int16)
        assert np.abs(pixels - pixels.mean(2, keepdims=True)).max() < 2
        assert not [tag for tag in sketch.tags if ":" in tag or tag == "sunset"]


def test_the_hour_is_drawn_as_wished():
    night = np.asarray(draw(4, height=64, wish=Wish(setting="field", hour="night")).image)
    day = np.asarray(draw(4, height=64, wish=Wish(setting="field", hour="day")).image)

    assert night.mean() < day.mean() / 1.5


@pytest.mark.parametrize(
    "wish",
    [
        Wish(thing="unicorn"),
        Wish(thing="car", colour="beige"),
        Wish(setting=cast("Setting", "mars")),
    ],
)
def test_unknown_names_are_refused(wish: Wish):
    with pytest.raises(ValueError, match="no such"):
        draw(1, height=32, wish=wish)
