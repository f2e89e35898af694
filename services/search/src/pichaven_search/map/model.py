"""A map's clusters, and how finely it is divided, so that any view has a bounded number of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pichaven_search.index.cover import Cover
from pichaven_search.query_language.filters import Box

MOST_CELLS: Final = 1024
"""Cells that a view may have: more than a screen of 2,560 by 1,440 pixels has."""
HIGHEST_ZOOM: Final = 22
FINEST: Final = HIGHEST_ZOOM + 2

_FINER: Final = 2
"""A cell is a quarter of a map tile wide and high: 64 pixels of 256."""
_EDGE_LAT: Final = 85.05112878
"""Where the square map of the world ends; what lies beyond counts to its first and last row."""


@dataclass(frozen=True, slots=True)
class MapView:
    """What a map shows: a part of the world at a zoom of 0 to 22, as web maps count."""

    box: Box
    zoom: int

    @property
    def precision(self) -> int:
        """The zoom whose tiles are the cells: finer than the view by two, but only as fine as
        leaves at most `MOST_CELLS` of them in the box.
        """
        precision = min(self.zoom, HIGHEST_ZOOM) + _FINER
        while cells(self.box, precision) > MOST_CELLS:
            precision -= 1
        return precision


def cells(box: Box, precision: int) -> int:
    """How many tiles of that zoom the box touches."""
    across = 1 << precision
    west, east = _column(box.west, across), _column(box.east, across)
    columns = min(across, east - west + 1 + (across if box.west > box.east else 0))
    rows = _row(box.south, across) - _row(box.north, across) + 1
    return columns * rows


def _column(lon: float, across: int) -> int:
    return min(across - 1, int((lon + 180) / 360 * across))


def _row(lat: float, across: int) -> int:
    sine = math.sin(math.radians(max(-_EDGE_LAT, min(_EDGE_LAT, lat))))
    down = 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    return max(0, min(across - 1, int(down * across)))


@dataclass(frozen=True, slots=True)
class Cluster:
    """Photos that were taken close to each other."""

    lat: float
    """Their centre; the very position where it is one photo."""
    lon: float
    count: int
    box: Box
    """The smallest that holds them all; never across the antimeridian."""
    cover: Cover | None
    """The newest of them; None where the index is of an older schema."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """`total` counts the photos in the view."""

    clusters: Sequence[Cluster]
    total: int


@dataclass(frozen=True, slots=True)
class ShownMap:
    clusters: Sequence[Cluster]
    total: int
    precision: int
    took_ms: int
