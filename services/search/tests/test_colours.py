"""Colours compare as the eye does, and cells say the same as real distances."""

import random
from itertools import product

import pytest
from services.search.tests.fakes import distance

from pichaven_contracts.photo import Colour
from pichaven_search.colours import (
    CELL_SIZE,
    COLOUR_NAMES,
    MAX_DISTANCE,
    cell,
    colour_fields,
    name_of,
    near_cells,
    oklab,
    parse_colour,
)
from pichaven_search.query_language.errors import InvalidFilter
from pichaven_search.query_language.filters import read_colours


def _random_colours(count: int, seed: int) -> list[str]:
    chosen = random.Random(seed)
    return [f"#{chosen.randrange(1 << 24):06x}" for _ in range(count)]


@pytest.mark.parametrize(
    ("colour", "lab"),
    [
        ("#ffffff", (1, 0, 0)),
        ("#000000", (0, 0, 0)),
        ("#ff0000", (0.62796, 0.22486, 0.12585)),
        ("#0000ff", (0.45201, -0.03246, -0.31153)),
    ],
)
def test_oklab_is_as_published(colour: str, lab: tuple[float, float, float]) -> None:
    assert oklab(colour) == pytest.approx(lab, abs=1e-4)


def test_cells_find_what_is_near_but_for_a_thin_rim() -> None:
    rim = CELL_SIZE * 3**0.5 / 2
    matched = near = both = 0
    colours = _random_colours(4000, 1)
    for query in _random_colours(60, 2):
        cells = set(near_cells(query))
        for colour in colours:
            away, is_match = distance(query, colour), cell(colour) in cells
            if away <= MAX_DISTANCE - rim:
                assert is_match
            if away > MAX_DISTANCE + rim:
                assert not is_match
            matched += is_match
            near += away <= MAX_DISTANCE
            both += is_match and away <= MAX_DISTANCE
    assert both / matched > 0.92
    assert both / near > 0.92


def test_a_colour_finds_itself_and_what_cannot_be_told_apart_from_it() -> None:
    for colour in _random_colours(200, 3):
        assert cell(colour) in near_cells(colour)
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        near = f"#{min(255, red + 3):02x}{max(0, green - 2):02x}{min(255, blue + 2):02x}"
        if distance(colour, near) <= MAX_DISTANCE - CELL_SIZE:
            assert cell(near) in near_cells(colour)


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("#d40000", "red"),
        ("#ff7700", "orange"),
        ("#ffe135", "yellow"),
        ("#228b22", "green"),
        ("#4682b4", "blue"),
        ("#00a3a3", "teal"),
        ("#663399", "purple"),
        ("#ffb6c1", "pink"),
        ("#654321", "brown"),
        ("#0a0a0a", "black"),
        ("#909090", "gray"),
        ("#fafafa", "white"),
    ],
)
def test_everyday_names_fit(colour: str, name: str) -> None:
    assert name_of(colour) == name


def test_every_colour_has_a_name() -> None:
    steps = range(0, 256, 51)
    names = {name_of(f"#{r:02x}{g:02x}{b:02x}") for r, g, b in product(steps, steps, steps)}
    assert names == set(COLOUR_NAMES)


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#FF8800", "#ff8800"),
        ("ff8800", "#ff8800"),
        ("#f80", "#ff8800"),
        ("Grey", "gray"),
        ("gray", "gray"),
        (" Turquoise ", "teal"),
        ("#12345", None),
        ("#gggggg", None),
        ("plaid", None),
        ("", None),
        ("#ff8800; drop", None),
        ("#٣٣٣", None),
    ],
)
def test_colours_are_read_as_people_write_them(text: str, colour: str | None) -> None:
    assert parse_colour(text) == colour


def test_what_is_no_colour_is_refused() -> None:
    assert read_colours(["grey", "gray", "#123456"]) == ("gray", "#123456")
    for refused in (["plaid"], ["#1"], ["x" * 5000], ["red", "blue", "teal", "pink", "white"]):
        with pytest.raises(InvalidFilter):
            read_colours(refused)


def test_what_covers_little_of_a_picture_is_not_its_colour() -> None:
    palette = (
        Colour(hex="#4682b4", share=0.9),
        Colour(hex="#3a76a8", share=0.07),
        Colour(hex="#ff0000", share=0.03),
    )
    fields = colour_fields(palette)
    assert fields["colors"] == ["blue"]
    assert cell("#4682b4") in fields["color_cells"]
    assert cell("#ff0000") not in fields["color_cells"]
