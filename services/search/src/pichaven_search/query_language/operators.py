"""What `field:value` in a query means. Nothing here is an error: what cannot be read is unknown."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from pichaven_search.colours import read_colour
from pichaven_search.query_language.date_expressions import Today, read_period
from pichaven_search.query_language.file_types import content_types
from pichaven_search.query_language.filters import Called, Filters
from pichaven_search.query_language.periods import Period
from pichaven_search.query_language.words import fold_name

_LONGEST_VALUE: Final = 256
_MOST_ALTERNATIVES: Final = 8
_RATING: Final = re.compile(r"(>=|<=|=|>|<)?\s?([0-5])(\+)?")
_ORIENTATIONS: Final = ("landscape", "portrait", "square")
_FAVORITES: Final = ("favorite", "favourite", "favorites", "favourites")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Before the first day, or after the last one, of a period."""

    side: Literal["before", "after"]
    period: Period


@dataclass(frozen=True, slots=True)
class Meaning:
    """`narrows` is None where the value says nothing that is known."""

    kind: str
    value: str
    narrows: Filters | Bounds | None = None


def meaning(field: str, text: str, *, quoted: bool, today: Today) -> Meaning:
    """Of a field of `FIELDS`. Values that are not quoted may be several, apart by commas."""
    text = " ".join(text[:_LONGEST_VALUE].split())
    if not text:
        return Meaning(_KINDS.get(field, field), "")
    if field in {"before", "after"}:
        period = read_period(text, today)
        side: Literal["before", "after"] = "before" if field == "before" else "after"
        if period is None:
            return Meaning(field, text)
        day = period.first if side == "before" else period.last
        return Meaning(field, day.isoformat(), Bounds(side, period))
    if field in _ALTERNATIVES and not quoted and "," in text:
        parts = [part for part in text.split(",") if part.strip()]
        found = [_ALTERNATIVES[field](part.strip()) for part in parts[:_MOST_ALTERNATIVES]]
        value = ",".join(each.value for each in found)
        kind = _KINDS.get(field, field)
        options = tuple(each.narrows for each in found if isinstance(each.narrows, Filters))
        known = bool(options) and len(options) == len(parts)
        return Meaning(kind, value or text, Filters(any_of=options) if known else None)
    return (_ALTERNATIVES.get(field) or _SINGLE[field])(text)


def _tag(text: str) -> Meaning:
    name = fold_name(text)
    return Meaning("tag", name or text, Filters(tags=(name,)) if name else None)


def _called(what: Literal["camera", "lens", "place"]) -> Callable[[str], Meaning]:
    def read(text: str) -> Meaning:
        name = fold_name(text)
        narrows = Filters(called=(Called(what, name),)) if name else None
        return Meaning(what, name or text, narrows)

    return read


def _type(text: str) -> Meaning:
    types = content_types(text)
    return Meaning("type", text.lower(), Filters(types=types) if types else None)


def _color(text: str) -> Meaning:
    colour = read_colour(text)
    return Meaning("color", colour or text, Filters(colors=(colour,)) if colour else None)


def _is(text: str) -> Meaning:
    name = text.lower()
    if name in _FAVORITES:
        return Meaning("favorite", "true", Filters(favorite=True))
    if name in _ORIENTATIONS:
        return Meaning("orientation", name, Filters(orientations=(name,)))
    return Meaning("is", text)


def _rating(text: str) -> Meaning:
    found = _RATING.fullmatch(text)
    if found is None or (found[1] and found[3]):
        return Meaning("rating", text)
    sign, stars = found[1] or (">=" if found[3] else "="), int(found[2])
    narrows = {
        ">=": Filters(least_rating=stars),
        ">": Filters(least_rating=stars + 1),
        "<=": Filters(most_rating=stars),
        "<": Filters(most_rating=stars - 1),
        "=": Filters(least_rating=stars, most_rating=stars),
    }[sign]
    return Meaning("rating", f"{sign}{stars}", narrows)


def _album(text: str) -> Meaning:
    """There are no albums to look into yet."""
    return Meaning("album", text)


_ALTERNATIVES: Final[dict[str, Callable[[str], Meaning]]] = {
    "tag": _tag,
    "camera": _called("camera"),
    "lens": _called("lens"),
    "place": _called("place"),
    "type": _type,
    "color": _color,
    "colour": _color,
}
_SINGLE: Final[dict[str, Callable[[str], Meaning]]] = {
    "is": _is,
    "in": _album,
    "rating": _rating,
}
_KINDS: Final = {"in": "album", "colour": "color"}
FIELDS: Final = frozenset({*_ALTERNATIVES, *_SINGLE, "before", "after"})
"""Any other name before a colon is a word like others."""
