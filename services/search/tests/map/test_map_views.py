"""The precision of a map view."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_search.map.model import MAX_CELLS, MAX_PRECISION, MapView, count_cells
from pichaven_search.query_language.filters import Box

WORLD = Box(-180, -90, 180, 90)


def test_cells_are_a_quarter_of_a_tile_while_a_screen_shows_the_box() -> None:
    """A screen of 2,560 by 1,440 pixels over Vienna, at every zoom that has such a piece."""
    for zoom in range(6, 23):
        degrees = 360 / (256 * 2**zoom)
        wide, high = 2560 * degrees / 2, 1440 * degrees / 2 * math.cos(math.radians(48))
        box = Box(16 - wide, 48 - high, 16 + wide, 48 + high)
        assert MapView(box, zoom).precision == zoom + 2


@pytest.mark.parametrize(("zoom", "precision"), [(0, 2), (1, 3), (3, 5), (4, 5), (22, 5)])
def test_the_precision_of_the_whole_world_is_bounded(zoom: int, precision: int) -> None:
    assert MapView(WORLD, zoom).precision == precision


def test_a_small_box_has_the_highest_precision() -> None:
    assert MapView(Box(16.37, 48.2, 16.3701, 48.2001), 22).precision == MAX_PRECISION


def test_cells_are_counted_on_both_sides_of_the_antimeridian() -> None:
    assert count_cells(Box(179, -1, -179, 1), 4) == 2 * 2
    assert count_cells(Box(1, -1, -1, 1), 4) == 16 * 2
    assert count_cells(WORLD, 4) == 16 * 16


@given(
    st.floats(-180, 180),
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.floats(-90, 90),
    st.integers(0, 22),
)
def test_no_view_has_more_than_max_cells(
    west: float, east: float, one: float, other: float, zoom: int
) -> None:
    box = Box(west, min(one, other), east, max(one, other))
    precision = MapView(box, zoom).precision
    assert 2 <= precision <= zoom + 2
    assert 1 <= count_cells(box, precision) <= MAX_CELLS
    assert precision == zoom + 2 or count_cells(box, precision + 1) > MAX_CELLS
