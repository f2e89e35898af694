"""The query parameters of searches and of the map, validated before any work."""

from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Query

from pichaven_places.time_zones import find_zone
from pichaven_search.query_language import filters
from pichaven_search.query_language.errors import InvalidFilter
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.query import MAX_QUERY_LENGTH

_MAX_LENGTH: Final = 10_000

QueryText = Annotated[
    str,
    Query(
        description=f"What is looked for, at most {MAX_QUERY_LENGTH} characters; may be empty. "
        'Words, dates in words, `field:value`, `"a phrase"` and `-what is not wanted`.',
        examples=["beach in lisbon"],
        min_length=0,
    ),
]


BOX: Final = Query(
    alias="bbox",
    description="`west,south,east,north`; west above east crosses the antimeridian.",
    max_length=_MAX_LENGTH,
    examples=["-9.5,38.6,-9.0,38.8"],
)


async def read_zone(
    tz: Annotated[
        str,
        Query(
            description="The IANA zone of the viewer, `Europe/Vienna`: which day `today` is.",
            max_length=64,
            examples=["Europe/Vienna"],
        ),
    ] = "UTC",
) -> ZoneInfo:
    """FastAPI dependency: the time zone of the request. Raises `InvalidFilter`."""
    zone = find_zone(tz)
    if zone is None:
        raise InvalidFilter("tz", "Not the name of a time zone, as Europe/Vienna is.")
    return zone


Zone = Annotated[ZoneInfo, Depends(read_zone)]


async def read_filters(
    *,
    # Filters have no relative dates; the parameter is read wherever filters are, as in a search.
    _zone: Zone,
    since: Annotated[
        str | None,
        Query(
            alias="from",
            description="Date or time where it was taken, or a moment with its offset; taken then"
            " or later.",
            examples=["2026-06-01"],
        ),
    ] = None,
    to: Annotated[
        str | None,
        Query(
            description="Date (included), time where it was taken, or moment with its offset"
            " (both excluded).",
            examples=["2026-06-30"],
        ),
    ] = None,
    near: Annotated[
        str | None,
        Query(
            description="`lat,lon,km`: within so many km.",
            max_length=_MAX_LENGTH,
            examples=["38.7223,-9.1393,25"],
        ),
    ] = None,
    bbox: Annotated[str | None, BOX] = None,
    camera: Annotated[
        list[str] | None, Query(description="Any of these.", examples=[["FUJIFILM X-T5"]])
    ] = None,
    tag: Annotated[
        list[str] | None, Query(description="All of these.", examples=[["beach", "sunset"]])
    ] = None,
    place: Annotated[
        list[str] | None,
        Query(description="City, region or country; any of these.", examples=[["Lisbon"]]),
    ] = None,
    kind: Annotated[
        list[str] | None,
        Query(
            alias="type",
            description="`jpeg`, `raw`, `image/heic`, …; any of these.",
            examples=[["jpeg"]],
        ),
    ] = None,
    orientation: Annotated[
        list[Literal["landscape", "portrait", "square"]] | None,
        Query(description="Any of these.", examples=[["landscape"]]),
    ] = None,
    favorite: Annotated[
        bool | None, Query(description="Only favorites, or only others.", examples=[True])
    ] = None,
    rating: Annotated[int | None, Query(ge=0, le=5, description="At least.", examples=[4])] = None,
    color: Annotated[
        list[str] | None,
        Query(
            description="All of these: `#rrggbb` (what looks like it) or an everyday name.",
            examples=[["blue"]],
        ),
    ] = None,
) -> Filters:
    """FastAPI dependency: the filters of the request. Raises `InvalidFilter`."""
    return Filters(
        since=filters.read_since(since),
        before=filters.read_before(to),
        near=filters.read_near(near),
        box=filters.read_box(bbox),
        cameras=filters.read_names("camera", camera or []),
        tags=filters.read_names("tag", tag or []),
        places=filters.read_names("place", place or []),
        types=filters.read_types(kind or []),
        orientations=tuple(orientation or ()),
        favorite=favorite,
        min_rating=rating,
        colors=filters.read_colours(color or []),
    )
