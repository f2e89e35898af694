"""What narrows a search, read from a client's text and checked before any work."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, Literal

from pichaven_search.colours import MOST_COLOURS, NAMES, read_colour
from pichaven_search.query_language.errors import InvalidFilter
from pichaven_search.query_language.file_types import content_types
from pichaven_search.query_language.words import Word, fold_name

_EARTH_HALF_KM: Final = 20_040.0
_MOST_VALUES: Final = 20
_LONGEST_VALUE: Final = 256
_LONGEST_NUMBERS: Final = 200


@dataclass(frozen=True, slots=True)
class Circle:
    """Everything within `km` of a point (WGS 84, degrees)."""

    lat: float
    lon: float
    km: float


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees; `west` greater than `east` crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Called:
    """A camera, lens or place in whose name these folded words stand, in this order."""

    what: Literal["camera", "lens", "place"]
    words: str


@dataclass(frozen=True, slots=True)
class Filters:
    """All of them must hold; names are folded. One without any condition holds for every photo.

    Parameters and what is understood of a query become the same filters, put together by
    `all_of`, `any_of` and `none_of`.
    """

    since: datetime | None = None
    before: datetime | None = None
    """Exclusive."""
    month: int | None = None
    """Of any year, as UTC has it."""
    near: Circle | None = None
    box: Box | None = None
    tags: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    """Any one of them."""
    places: tuple[str, ...] = ()
    """City, region or country is any one of them."""
    types: tuple[str, ...] = ()
    """Content types; any one of them."""
    orientations: tuple[str, ...] = ()
    """Any one of them."""
    called: tuple[Called, ...] = ()
    favorite: bool | None = None
    least_rating: int | None = None
    most_rating: int | None = None
    colors: tuple[str, ...] = ()
    """`#rrggbb` or a name of `colours.NAMES`; all of them."""
    words: tuple[Word, ...] = ()
    """Each stands somewhere with the photo, as it is or by its stem."""
    phrases: tuple[tuple[str, ...], ...] = ()
    """Each stands somewhere, its folded words in this order and next to each other."""
    all_of: "tuple[Filters, ...]" = ()
    any_of: "tuple[Filters, ...]" = ()
    """At least one holds, where there are any."""
    none_of: "tuple[Filters, ...]" = ()

    def also(self, other: "Filters") -> "Filters":
        """Both hold."""
        if other == Filters():
            return self
        return other if self == Filters() else Filters(all_of=(self, other))


def read_since(text: str | None, zone: tzinfo = UTC) -> datetime | None:
    """The first moment of a date, or the moment itself; what tells no zone is in this one."""
    return _moment("from", text, zone, last=False)


def read_before(text: str | None, zone: tzinfo = UTC) -> datetime | None:
    """The first moment after a date, so that the date is included; a moment is itself."""
    return _moment("to", text, zone, last=True)


def midnight(day: date, zone: tzinfo = UTC) -> datetime:
    """When a day begins there, in UTC. Raises `OverflowError` at the ends of time."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def read_near(text: str | None) -> Circle | None:
    """`lat,lon,km`."""
    if not text:
        return None
    lat, lon, km = _numbers("near", text, 3, "lat,lon,km")
    if not -90 <= lat <= 90 or not -180 <= lon <= 180:  # noqa: PLR2004
        raise InvalidFilter("near", "The latitude is -90 to 90, the longitude -180 to 180.")
    if not 0 < km <= _EARTH_HALF_KM:
        raise InvalidFilter("near", f"The radius is above 0 and at most {_EARTH_HALF_KM:g} km.")
    return Circle(lat, lon, km)


def read_box(text: str | None) -> Box | None:
    """`west,south,east,north`, as GeoJSON orders it."""
    if not text:
        return None
    west, south, east, north = _numbers("bbox", text, 4, "west,south,east,north")
    if not all(-180 <= lon <= 180 for lon in (west, east)):  # noqa: PLR2004
        raise InvalidFilter("bbox", "Longitudes are -180 to 180.")
    if not -90 <= south < north <= 90:  # noqa: PLR2004
        raise InvalidFilter("bbox", "Latitudes are -90 to 90, and south lies below north.")
    if west == east:
        raise InvalidFilter("bbox", "West and east are the same.")
    return Box(west, south, east, north)


def read_names(name: str, values: list[str]) -> tuple[str, ...]:
    """Names folded for comparison, each once."""
    if len(values) > _MOST_VALUES or any(len(value) > _LONGEST_VALUE for value in values):
        raise InvalidFilter(
            name, f"At most {_MOST_VALUES} values of {_LONGEST_VALUE} characters each."
        )
    folded = tuple(dict.fromkeys(fold_name(value) for value in values))
    if not all(folded):
        raise InvalidFilter(name, "A value has no letter and no digit.")
    return folded


def read_types(values: list[str]) -> tuple[str, ...]:
    """Content types, from names as `jpeg` and `raw` or from content types."""
    found = [content_types(value[:_LONGEST_VALUE]) for value in values[: _MOST_VALUES + 1]]
    if len(values) > _MOST_VALUES or not all(found):
        raise InvalidFilter("type", "Not a kind of picture as jpeg, heic, png, raw, image/jpeg.")
    return tuple(dict.fromkeys(each for types in found for each in types))


def _moment(name: str, text: str | None, zone: tzinfo, *, last: bool) -> datetime | None:
    if not text:
        return None
    try:
        if len(text) == len("2024-05-01"):
            day = date.fromisoformat(text) + timedelta(days=1 if last else 0)
            return midnight(day, zone)
        # In a query string the plus of a zone arrives as a blank unless it was escaped.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidFilter(
            name, "Not a date (2024-05-01) or moment (2024-05-01T12:00Z)."
        ) from None


def _numbers(name: str, text: str, count: int, shape: str) -> list[float]:
    parts = text.split(",") if len(text) <= _LONGEST_NUMBERS else []
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(math.isfinite(number) for number in numbers):
        raise InvalidFilter(name, f"Give {count} numbers: {shape}.")
    return numbers


def read_colours(values: Sequence[str]) -> tuple[str, ...]:
    """As `read_colour`, each once. Raises `InvalidFilter`."""
    found = [read_colour(value[:64]) for value in values]
    colours = tuple(dict.fromkeys(each for each in found if each))
    if None in found:
        raise InvalidFilter("color", f"Give #rrggbb or one of {', '.join(NAMES)}.")
    if len(colours) > MOST_COLOURS:
        raise InvalidFilter("color", f"At most {MOST_COLOURS} colours.")
    return colours
