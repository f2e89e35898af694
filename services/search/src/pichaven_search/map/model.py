"""Clusters of a map, and the precision that bounds their number in any view."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pichaven_search.index.cover import Cover
from pichaven_search.query_language.filters import Box

MAX_CELLS: Final = 1024
"""Cells in a view: more than a screen of 2,560 by 1,440 pixels has."""
MAX_ZOOM: Final = 22
_CELL_LEVELS: Final = 2
"""A cell has a quarter of a map tile's side: 64 pixels of 256."""
MAX_PRECISION: Final = MAX_ZOOM + _CELL_LEVELS

_MAX_LAT: Final = 85.05112878
"""Limit of the Web Mercator square; what lies beyond counts to its first and last row."""


@dataclass(frozen=True, slots=True)
class MapView:
    """A box at a zoom of 0 to 22, as web maps count."""

    box: Box
    zoom: int

    @property
    def precision(self) -> int:
        """The zoom whose tiles are the cells: the view's and two, coarser where the box would
        have more than `MAX_CELLS` of them."""
        precision = min(self.zoom, MAX_ZOOM) + _CELL_LEVELS
        while count_cells(self.box, precision) > MAX_CELLS:
            precision -= 1
        return precision


def count_cells(box: Box, precision: int) -> int:
    """Return how many tiles of that zoom intersect the box."""
    tiles = 1 << precision
    west, east = _column(box.west, tiles), _column(box.east, tiles)
    columns = min(tiles, east - west + 1 + (tiles if box.west > box.east else 0))
    rows = _row(box.south, tiles) - _row(box.north, tiles) + 1
    return columns * rows


def _column(lon: float, tiles: int) -> int:
    return min(tiles - 1, int((lon + 180) / 360 * tiles))


def _row(lat: float, tiles: int) -> int:
    sine = math.sin(math.radians(max(-_MAX_LAT, min(_MAX_LAT, lat))))
    y = 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    return max(0, min(tiles - 1, int(y * tiles)))


@dataclass(frozen=True, slots=True)
class Cluster:
    """Photos in one cell."""

    lat: float
    """Of the centroid; of a single photo its exact position."""
    lon: float
    count: int
    box: Box
    """The bounding box of the photos; never crosses the antimeridian."""
    cover: Cover | None
    """The newest photo; None where the index is of an older schema."""


@dataclass(frozen=True, slots=True)
class ClusterMap:
    """The clusters of a view, the largest first; `total` counts its photos."""

    clusters: Sequence[Cluster]
    total: int
    precision: int
    took_ms: int
