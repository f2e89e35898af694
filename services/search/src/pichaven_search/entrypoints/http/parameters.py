"""The parameters of a search, read and refused before any work."""

import math
from typing import Annotated, Any, Final, TypeGuard

from fastapi import Query

from pichaven_chassis.ids import is_id
from pichaven_chassis.pages import InvalidCursor, decode_cursor
from pichaven_search.domain import filters
from pichaven_search.domain.colours import read_colours
from pichaven_search.domain.filters import Filters
from pichaven_search.domain.fusion import Place

_LONGEST: Final = 10_000
_LATEST_MS: Final = 253_402_300_799_999


def read_filters(
    since: Annotated[
        str | None,
        Query(alias="from", description="Date or moment; taken then or later.", max_length=64),
    ] = None,
    to: Annotated[
        str | None, Query(description="Date (included) or moment (excluded).", max_length=64)
    ] = None,
    near: Annotated[
        str | None, Query(description="`lat,lon,km`: within so many km.", max_length=_LONGEST)
    ] = None,
    bbox: Annotated[
        str | None,
        Query(
            description="`west,south,east,north`; west above east crosses the antimeridian.",
            max_length=_LONGEST,
        ),
    ] = None,
    camera: Annotated[list[str] | None, Query(description="Any of these.")] = None,
    tag: Annotated[list[str] | None, Query(description="All of these.")] = None,
    favorite: Annotated[bool | None, Query()] = None,
    rating: Annotated[int | None, Query(ge=0, le=5, description="At least.")] = None,
    color: Annotated[
        list[str] | None,
        Query(description="All of these: `#rrggbb` (what looks like it) or an everyday name."),
    ] = None,
) -> Filters:
    return Filters(
        since=filters.read_since(since),
        before=filters.read_before(to),
        near=filters.read_near(near),
        box=filters.read_box(bbox),
        cameras=filters.read_names("camera", camera or []),
        tags=filters.read_names("tag", tag or []),
        favorite=favorite,
        least_rating=rating,
        colors=read_colours(color or []),
    )


def read_cursor(
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> Place | None:
    """Where the page before ended. Raises `InvalidCursor`."""
    values = decode_cursor(cursor)
    if values is None:
        return None
    score, taken_ms, photo_id = (values.get(name) for name in "sti")
    if not (
        _is_number(score)
        and isinstance(taken_ms, int)
        and not isinstance(taken_ms, bool)
        and abs(taken_ms) <= _LATEST_MS
        and isinstance(photo_id, str)
        and is_id(photo_id)
    ):
        raise InvalidCursor("Pass the next_cursor of the page before, unchanged.")
    return Place(float(score), taken_ms, photo_id)


def _is_number(value: Any) -> TypeGuard[float]:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= 1
        and math.isfinite(value)
    )
