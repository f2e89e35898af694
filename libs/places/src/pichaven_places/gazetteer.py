"""Which place a point belongs to."""

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
"""Farther from the nearest place than this a point has no name: it lies out at sea."""

_EARTH_KM: Final = 6371.0088
_PEOPLE_PER_KM2: Final = 4_000
"""What turns a population into an extent: as if it lived so dense, in a circle."""
_BLUR_KM: Final = 1.0
"""Added to every distance from a midpoint, so that a quarter does not win over its city by
a few hundred metres, while a town beside a city keeps its name."""


@dataclass(frozen=True, slots=True)
class Place:
    """Names in English where the place has an English one, else in its own language."""

    city: str
    region: str | None
    """The first administrative level: state, province, Land."""
    country: str
    country_code: str
    """ISO 3166-1 alpha-2, and `XK`."""


class Gazetteer:
    """Places by position. Never changes, so any number of threads may ask at once."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def place_of(self, lat: float, lon: float) -> Place | None:
        """The place that a point (WGS 84, degrees) lies in or is nearest to, within `REACH_KM`.

        The nearest place tells country and region. The city is that of the same region whose
        extent by its population reaches the point, the relatively nearest if several do; so a
        picture of the Eiffel Tower is of Paris, not of the suburb with the nearest midpoint.
        Where no extent reaches, it is the nearest place. None for what is not on a globe.
        """
        if not (abs(lat) <= 90 and abs(lon) <= 180):  # noqa: PLR2004
            return None
        around = [(km, at) for km, at in self._around(lat, lon) if km <= REACH_KM]
        if not around:
            return None
        table = self._table
        nearest = min(around)[1]
        area = table.areas[nearest]
        reaching = [
            ((km + _BLUR_KM) / extent, at)
            for km, at in around
            if table.areas[at] == area and km < (extent := _extent_km(table.people[at]))
        ]
        city = min(reaching)[1] if reaching else nearest
        region, code, country = table.area_names[area]
        return Place(table.name(city), region or None, country, code)

    def _around(self, lat: float, lon: float) -> Iterator[tuple[float, int]]:
        """Every place that may be in reach, with its distance in km."""
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
    """How far east and west of a point the circle of `high` degrees around it stretches."""
    if abs(lat) + high >= 90:  # noqa: PLR2004
        return 180.0
    return math.degrees(math.asin(math.sin(math.radians(high)) / math.cos(math.radians(lat))))


def _spans(lon: float, wide: float) -> list[tuple[float, float]]:
    """The longitudes so near to one, in one or two pieces where they cross the antimeridian."""
    if wide >= 180:  # noqa: PLR2004
        return [(-180.0, 180.0)]
    west, east = lon - wide, lon + wide
    if west < -180:  # noqa: PLR2004
        return [(-180.0, east), (west + 360, 180.0)]
    if east > 180:  # noqa: PLR2004
        return [(west, 180.0), (-180.0, east - 360)]
    return [(west, east)]


_loading: Final = Lock()


@cache
def _loaded() -> Gazetteer:
    return Gazetteer(Table.from_bytes(files(__package__).joinpath("places.bin.gz").read_bytes()))


def bundled() -> Gazetteer:
    """The gazetteer that comes with this package; read once, when it is first asked for."""
    with _loading:
        return _loaded()


def place_of(lat: float, lon: float) -> Place | None:
    """`Gazetteer.place_of` of the bundled one. The first call in a process reads the data."""
    return bundled().place_of(lat, lon)
