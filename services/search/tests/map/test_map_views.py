"""How finely a map is divided."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_search.map.model import FINEST, MOST_CELLS, MapView, cells
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
def test_the_whole_world_has_no_more_cells_at_any_zoom(zoom: int, precision: int) -> None:
    assert MapView(WORLD, zoom).precision == precision


def test_a_point_can_be_looked_at_as_closely_as_there_is() -> None:
    assert MapView(Box(16.37, 48.2, 16.3701, 48.2001), 22).precision == FINEST


def test_cells_are_counted_on_both_sides_of_the_antimeridian() -> None:
    assert cells(Box(179, -1, -179, 1), 4) == 2 * 2
    assert cells(Box(1, -1, -1, 1), 4) == 16 * 2
    assert cells(WORLD, 4) == 16 * 16


@given(
    st.floats(-180, 180),
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.floats(-90, 90),
    st.integers(0, 22),
)
def test_no_view_has_more_than_so_many_cells(
    west: float, east: float, one: float, other: float, zoom: int
) -> None:
    box = Box(west, min(one, other), east, max(one, other))
    precision = MapView(box, zoom).precision
    assert 2 <= precision <= zoom + 2
    assert 1 <= cells(box, precision) <= MOST_CELLS
    assert precision == zoom + 2 or cells(box, precision + 1) > MOST_CELLS
