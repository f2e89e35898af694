"""Reverse geocoding by nearest place and extent."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Final

from pichaven_places.table import UNITS_PER_DEGREE, Table, band_of

REACH_KM: Final = 100.0
"""A point farther than this from every place has no name."""

_EARTH_KM: Final = 6371.0088
_PEOPLE_PER_KM2: Final = 4_000
"""Density that turns a population into an extent: a circle of that many people."""
_BLUR_KM: Final = 1.0
"""Added to every distance from a midpoint: a quarter does not win over its city by a few
hundred metres, while a town beside a city keeps its name."""


@dataclass(frozen=True, slots=True)
class Place:
    """Names in English where GeoNames has one, else in the local language."""

    city: str
    region: str | None
    """The first administrative level: state, province, Land."""
    country: str
    country_code: str
    """ISO 3166-1 alpha-2, and `XK`."""


class Gazetteer:
    """Places by position. Immutable, so safe for concurrent threads."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def place_of(self, lat: float, lon: float) -> Place | None:
        """Return the place of a point (WGS 84, degrees), at most `REACH_KM` away; else None.

        Country and region are the nearest place's. The city is the place of the same region
        whose extent reaches the point, the relatively nearest of several: the Eiffel Tower is in
        Paris, not in the suburb with the nearest midpoint. Without such a place it is the nearest.
        """
        if not (abs(lat) <= 90 and abs(lon) <= 180):  # noqa: PLR2004
            return None
        nearby = [(km, at) for km, at in self._candidates(lat, lon) if km <= REACH_KM]
        if not nearby:
            return None
        table = self._table
        nearest = min(nearby)[1]
        area = table.areas[nearest]
        reaching = [
            ((km + _BLUR_KM) / extent, at)
            for km, at in nearby
            if table.areas[at] == area and km < (extent := _extent_km(table.people[at]))
        ]
        city = min(reaching)[1] if reaching else nearest
        region, code, country = table.area_names[area]
        return Place(table.name(city), region or None, country, code)

    def _candidates(self, lat: float, lon: float) -> Iterator[tuple[float, int]]:
        """Yield every place that may be in reach, with its distance in km."""
        table = self._table
        high = math.degrees(REACH_KM / _EARTH_KM)
        wide = _widest_degrees(lat, high)
        phi, cos_phi = math.radians(lat), math.cos(math.radians(lat))
        to_radians = math.radians(1 / UNITS_PER_DEGREE)
        lam = math.radians(lon)
        lats, lons = table.lats, table.lons
        for band in range(band_of(max(-90.0, lat - high)), band_of(min(90.0, lat + high)) + 1):
            first, end = table.bands[band], table.bands[band + 1]
            for west, east in _spans(lon, wide):
                begin = bisect_left(lons, math.floor(west * UNITS_PER_DEGREE), first, end)
                stop = bisect_right(lons, math.ceil(east * UNITS_PER_DEGREE), begin, end)
                for at in range(begin, stop):
                    other = lats[at] * to_radians
                    across = math.sin((lons[at] * to_radians - lam) / 2) ** 2
                    along = math.sin((other - phi) / 2) ** 2
                    half = along + cos_phi * math.cos(other) * across
                    yield 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, half))), at


def _extent_km(people: int) -> float:
    return math.sqrt(people / (_PEOPLE_PER_KM2 * math.pi))


def _widest_degrees(lat: float, high: float) -> float:
    """Return the extent in longitude of the circle of `high` degrees around a point."""
    if abs(lat) + high >= 90:  # noqa: PLR2004
        return 180.0
    return math.degrees(math.asin(math.sin(math.radians(high)) / math.cos(math.radians(lat))))


def _spans(lon: float, wide: float) -> list[tuple[float, float]]:
    """Return the ranges of longitude around a point, two where they cross the antimeridian."""
    if wide >= 180:  # noqa: PLR2004
        return [(-180.0, 180.0)]
    west, east = lon - wide, lon + wide
    if west < -180:  # noqa: PLR2004
        return [(-180.0, east), (west + 360, 180.0)]
    if east > 180:  # noqa: PLR2004
        return [(west, 180.0), (-180.0, east - 360)]
    return [(west, east)]


_load_lock: Final = Lock()


@cache
def _load() -> Gazetteer:
    return Gazetteer(Table.from_bytes(files(__package__).joinpath("places.bin.gz").read_bytes()))


def load_gazetteer() -> Gazetteer:
    """Return the bundled gazetteer; its data is read once, on first use."""
    with _load_lock:
        return _load()


def place_of(lat: float, lon: float) -> Place | None:
    """Return `load_gazetteer().place_of(lat, lon)`. The first call in a process reads the data."""
    return load_gazetteer().place_of(lat, lon)
