"""Positions on Earth, from numbers in degrees, minutes and seconds."""

import math
import re
from collections.abc import Sequence
from typing import Final

from pichaven_processing.imaging.facts import GeoPlace

_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[Ee][+-]?\d+)?")
_SIDE: Final = re.compile(r"([NSEW])(?:orth|outh|ast|est)?\s*$", re.IGNORECASE)
_HIGHEST: Final = 100_000


def degrees_of(parts: Sequence[float]) -> float | None:
    """Return degrees of up to three numbers, None when one is undefined or negative."""
    if not 1 <= len(parts) <= 3 or not all(math.isfinite(part) and part >= 0 for part in parts):
        return None
    return math.fsum(part / 60.0**power for power, part in enumerate(parts))


def parse_degrees(text: str | None) -> float | None:
    """Return the signed degrees of `37,46.5N`, `122,25,12W`, `-122.42`; None for other text."""
    if text is None:
        return None
    numbers = [float(number) for number in _NUMBER.findall(text)[:3]]
    if not numbers or any(abs(number) >= 60 for number in numbers[1:]):
        return None
    side = _SIDE.search(text)
    is_negative = side.group(1).upper() in "SW" if side else numbers[0] < 0
    degrees = degrees_of([abs(numbers[0]), *numbers[1:]])
    return -degrees if degrees is not None and is_negative else degrees


def geo_place(lat: float | None, lon: float | None, altitude: float | None) -> GeoPlace | None:
    """Return the place, None when there is no such one; an altitude that is none is left out."""
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None
    if lat == 0 and lon == 0:
        # A receiver without a fix writes this.
        return None
    if altitude is not None:
        altitude = round(altitude, 2) if abs(altitude) < _HIGHEST else None
    return GeoPlace(round(lat, 7), round(lon, 7), altitude)
