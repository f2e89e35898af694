"""Filters of a search, parsed and validated from a client's text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from pichaven_chassis.parameters import read_date
from pichaven_search.colours import COLOUR_NAMES, MAX_COLOURS, parse_colour
from pichaven_search.query_language.errors import InvalidFilter
from pichaven_search.query_language.file_types import content_types
from pichaven_search.query_language.words import Word, fold_name

_EARTH_HALF_KM: Final = 20_040.0
_MAX_VALUES: Final = 20
_MAX_VALUE_LENGTH: Final = 256
_MAX_NUMBERS_LENGTH: Final = 200


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
class NameMatch:
    """A camera, lens or place whose name has these folded words next to each other."""

    field: Literal["camera", "lens", "place"]
    words: str


@dataclass(frozen=True, slots=True)
class Filters:
    """A conjunction of conditions; names are folded. Without conditions every photo matches.

    Parameters and the parts of a query become the same filters, combined by `all_of`, `any_of`
    and `none_of`.
    """

    since: datetime | None = None
    """Without a zone it bounds the wall time where a photo was taken, with one the instant."""
    before: datetime | None = None
    """Exclusive; likewise."""
    month: int | None = None
    """Of any year, by the wall time."""
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
    name_matches: tuple[NameMatch, ...] = ()
    favorite: bool | None = None
    min_rating: int | None = None
    max_rating: int | None = None
    colors: tuple[str, ...] = ()
    """`#rrggbb` or a name of `colours.COLOUR_NAMES`; all of them."""
    words: tuple[Word, ...] = ()
    """Each occurs in some text field, as it is or by its stem."""
    phrases: tuple[tuple[str, ...], ...] = ()
    """Each occurs in one text field, its folded words next to each other."""
    all_of: "tuple[Filters, ...]" = ()
    any_of: "tuple[Filters, ...]" = ()
    """At least one of them, if there are any."""
    none_of: "tuple[Filters, ...]" = ()

    def __and__(self, other: "Filters") -> "Filters":
        if other == NO_FILTERS:
            return self
        return other if self == NO_FILTERS else Filters(all_of=(self, other))


NO_FILTERS: Final = Filters()


def read_since(text: str | None) -> datetime | None:
    """Parse `from`: the first moment of a date, or a time; an instant where it has an offset.

    Raises `InvalidDate`.
    """
    return _moment("query.from", text, last=False)


def read_before(text: str | None) -> datetime | None:
    """Parse `to`: the first moment after a date, so that it is included, or a time.

    Raises `InvalidDate`.
    """
    return _moment("query.to", text, last=True)


def midnight(day: date) -> datetime:
    """Return the wall time at which a day begins."""
    return datetime.combine(day, time())


def read_near(text: str | None) -> Circle | None:
    """Parse `lat,lon,km`. Raises `InvalidFilter`."""
    if text is None:
        return None
    lat, lon, km = _numbers("near", text, 3, "lat,lon,km")
    if not -90 <= lat <= 90 or not -180 <= lon <= 180:  # noqa: PLR2004
        raise InvalidFilter("near", "The latitude is -90 to 90, the longitude -180 to 180.")
    if not 0 < km <= _EARTH_HALF_KM:
        raise InvalidFilter("near", f"The radius is above 0 and at most {_EARTH_HALF_KM:g} km.")
    return Circle(lat, lon, km)


def read_box(text: str | None) -> Box | None:
    """Parse `west,south,east,north`, the order of GeoJSON. Raises `InvalidFilter`."""
    if text is None:
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
    """Fold names for comparison, each once. Raises `InvalidFilter`."""
    if len(values) > _MAX_VALUES or any(len(value) > _MAX_VALUE_LENGTH for value in values):
        raise InvalidFilter(
            name, f"At most {_MAX_VALUES} values of {_MAX_VALUE_LENGTH} characters each."
        )
    names = tuple(dict.fromkeys(fold_name(value) for value in values))
    if not all(names):
        raise InvalidFilter(name, "A value has no letter and no digit.")
    return names


def read_types(values: list[str]) -> tuple[str, ...]:
    """Parse names such as `jpeg` and `raw`, or content types. Raises `InvalidFilter`."""
    types = [content_types(value[:_MAX_VALUE_LENGTH]) for value in values[: _MAX_VALUES + 1]]
    if len(values) > _MAX_VALUES or not all(types):
        raise InvalidFilter("type", "Not a kind of picture as jpeg, heic, png, raw, image/jpeg.")
    return tuple(dict.fromkeys(each for of_value in types for each in of_value))


def _moment(path: str, text: str | None, *, last: bool) -> datetime | None:
    if text is None:
        return None
    moment, is_instant = read_date(path, text, into_day=timedelta(days=1 if last else 0))
    return moment if is_instant else moment.replace(tzinfo=None)


def _numbers(name: str, text: str, count: int, shape: str) -> list[float]:
    parts = text.split(",") if len(text) <= _MAX_NUMBERS_LENGTH else []
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(math.isfinite(number) for number in numbers):
        raise InvalidFilter(name, f"Give {count} numbers: {shape}.")
    return numbers


def read_colours(values: Sequence[str]) -> tuple[str, ...]:
    """Parse colours as `parse_colour` does, each once. Raises `InvalidFilter`."""
    parsed = [parse_colour(value[:64]) for value in values]
    colours = tuple(dict.fromkeys(each for each in parsed if each))
    if None in parsed:
        raise InvalidFilter("color", f"Give #rrggbb or one of {', '.join(COLOUR_NAMES)}.")
    if len(colours) > MAX_COLOURS:
        raise InvalidFilter("color", f"At most {MAX_COLOURS} colours.")
    return colours
