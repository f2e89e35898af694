"""The `field:value` operators of a query. An unreadable value is unknown, and no error."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from pichaven_search.colours import parse_colour
from pichaven_search.query_language.date_expressions import Today, parse_period
from pichaven_search.query_language.file_types import content_types
from pichaven_search.query_language.filters import Filters, NameMatch
from pichaven_search.query_language.periods import Period
from pichaven_search.query_language.words import fold_name

_MAX_VALUE_LENGTH: Final = 256
_MAX_ALTERNATIVES: Final = 8
_RATING: Final = re.compile(r"(>=|<=|=|>|<)?\s?([0-5])(\+)?")
_ORIENTATIONS: Final = ("landscape", "portrait", "square")
_FAVORITES: Final = ("favorite", "favourite", "favorites", "favourites")


@dataclass(frozen=True, slots=True)
class DateBound:
    """Before the first day, or after the last day, of a period."""

    side: Literal["before", "after"]
    period: Period


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as it was read; `condition` is None where the value is unknown."""

    kind: str
    value: str
    condition: Filters | DateBound | None = None


def parse_operator(field: str, text: str, *, quoted: bool, today: Today) -> Operator:
    """Return the operator of a field of `FIELDS`; an unquoted value may be a list by commas."""
    text = " ".join(text[:_MAX_VALUE_LENGTH].split())
    if not text:
        return Operator(_KINDS.get(field, field), "")
    if field in {"before", "after"}:
        period = parse_period(text, today)
        side: Literal["before", "after"] = "before" if field == "before" else "after"
        if period is None:
            return Operator(field, text)
        day = period.first if side == "before" else period.last
        return Operator(field, day.isoformat(), DateBound(side, period))
    if field in _ALTERNATIVES and not quoted and "," in text:
        values = [value for value in text.split(",") if value.strip()]
        options = [_ALTERNATIVES[field](value.strip()) for value in values[:_MAX_ALTERNATIVES]]
        any_of = tuple(each.condition for each in options if isinstance(each.condition, Filters))
        is_known = bool(any_of) and len(any_of) == len(values)
        return Operator(
            _KINDS.get(field, field),
            ",".join(each.value for each in options) or text,
            Filters(any_of=any_of) if is_known else None,
        )
    return (_ALTERNATIVES.get(field) or _SINGLE[field])(text)


def _tag(text: str) -> Operator:
    name = fold_name(text)
    return Operator("tag", name or text, Filters(tags=(name,)) if name else None)


def _name_match(field: Literal["camera", "lens", "place"]) -> Callable[[str], Operator]:
    def parse(text: str) -> Operator:
        name = fold_name(text)
        condition = Filters(name_matches=(NameMatch(field, name),)) if name else None
        return Operator(field, name or text, condition)

    return parse


def _type(text: str) -> Operator:
    types = content_types(text)
    return Operator("type", text.lower(), Filters(types=types) if types else None)


def _color(text: str) -> Operator:
    colour = parse_colour(text)
    return Operator("color", colour or text, Filters(colors=(colour,)) if colour else None)


def _parse_is(text: str) -> Operator:
    name = text.lower()
    if name in _FAVORITES:
        return Operator("favorite", "true", Filters(favorite=True))
    if name in _ORIENTATIONS:
        return Operator("orientation", name, Filters(orientations=(name,)))
    return Operator("is", text)


def _rating(text: str) -> Operator:
    match = _RATING.fullmatch(text)
    if match is None or (match[1] and match[3]):
        return Operator("rating", text)
    sign, stars = match[1] or (">=" if match[3] else "="), int(match[2])
    condition = {
        ">=": Filters(min_rating=stars),
        ">": Filters(min_rating=stars + 1),
        "<=": Filters(max_rating=stars),
        "<": Filters(max_rating=stars - 1),
        "=": Filters(min_rating=stars, max_rating=stars),
    }[sign]
    return Operator("rating", f"{sign}{stars}", condition)


def _album(text: str) -> Operator:
    """There are no albums yet."""
    return Operator("album", text)


_ALTERNATIVES: Final[dict[str, Callable[[str], Operator]]] = {
    "tag": _tag,
    "camera": _name_match("camera"),
    "lens": _name_match("lens"),
    "place": _name_match("place"),
    "type": _type,
    "color": _color,
    "colour": _color,
}
_SINGLE: Final[dict[str, Callable[[str], Operator]]] = {
    "is": _parse_is,
    "in": _album,
    "rating": _rating,
}
_KINDS: Final = {"in": "album", "colour": "color"}
FIELDS: Final = frozenset({*_ALTERNATIVES, *_SINGLE, "before", "after"})
"""Any other name before a colon is a plain word."""
