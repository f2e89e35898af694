"""The parameters of a search, read and refused before any work."""

from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from pichaven_chassis.ids import is_id
from pichaven_chassis.pages import InvalidCursor, decode_cursor, encode_cursor
from pichaven_search.colours import read_colours
from pichaven_search.query_language import filters
from pichaven_search.query_language.asking import Zone
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.named_places import MOST_PLACES
from pichaven_search.retrieval.fusion import NOTHING, Bookmark, Place

_LONGEST: Final = 10_000
_LATEST_MS: Final = 253_402_300_799_999


async def read_filters(
    *,
    zone: Zone,
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
    place: Annotated[
        list[str] | None, Query(description="City, region or country; any of these.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        Query(alias="type", description="`jpeg`, `raw`, `image/heic`, …; any of these."),
    ] = None,
    orientation: Annotated[
        list[Literal["landscape", "portrait", "square"]] | None, Query(description="Any of these.")
    ] = None,
    favorite: Annotated[bool | None, Query()] = None,
    rating: Annotated[int | None, Query(ge=0, le=5, description="At least.")] = None,
    color: Annotated[
        list[str] | None,
        Query(description="All of these: `#rrggbb` (what looks like it) or an everyday name."),
    ] = None,
) -> Filters:
    return Filters(
        since=filters.read_since(since, zone),
        before=filters.read_before(to, zone),
        near=filters.read_near(near),
        box=filters.read_box(bbox),
        cameras=filters.read_names("camera", camera or []),
        tags=filters.read_names("tag", tag or []),
        places=filters.read_names("place", place or []),
        types=filters.read_types(kind or []),
        orientations=tuple(orientation or ()),
        favorite=favorite,
        least_rating=rating,
        colors=read_colours(color or []),
    )


class _Position(BaseModel):
    """A `Place`, as a cursor holds it."""

    model_config = ConfigDict(strict=True)

    s: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
    t: Annotated[int, Field(ge=-_LATEST_MS, le=_LATEST_MS)]
    i: str

    def place(self) -> Place:
        if not is_id(self.i):
            raise ValueError("not an id")
        return Place(self.s, self.t, self.i)


class _Cursor(BaseModel):
    model_config = ConfigDict(strict=True)

    seen: _Position | None = None
    named: _Position | None = None
    line: Annotated[float, Field(ge=-1, le=NOTHING, allow_inf_nan=False)] | None = NOTHING
    snapshot: Annotated[str, Field(max_length=2000, pattern=r"^[A-Za-z0-9+/=_-]+$")] | None = None
    index: Annotated[str, Field(max_length=255)] | None = None
    places: Annotated[
        list[Annotated[str, Field(max_length=64)]], Field(max_length=MOST_PLACES)
    ] = []


async def read_cursor(
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> Bookmark | None:
    """Where the page before ended. Raises `InvalidCursor`."""
    values = decode_cursor(cursor)
    if values is None:
        return None
    try:
        told = _Cursor.model_validate(values)
        if told.seen is None and told.named is None:
            raise ValueError("the cursor is empty")
        return Bookmark(
            seen=told.seen.place() if told.seen else None,
            named=told.named.place() if told.named else None,
            line=told.line,
            snapshot=told.snapshot,
            index=told.index,
            places=tuple(told.places),
        )
    except ValueError:
        raise InvalidCursor("Pass the next_cursor of the page before, unchanged.") from None


def write_cursor(bookmark: Bookmark | None) -> str | None:
    if bookmark is None:
        return None
    places = {"seen": bookmark.seen, "named": bookmark.named}
    values: dict[str, Any] = {
        name: {"s": float(place.score), "t": place.taken_ms, "i": place.photo_id}
        for name, place in places.items()
        if place
    }
    if bookmark.snapshot:
        values["snapshot"] = bookmark.snapshot
    if bookmark.index:
        values["index"] = bookmark.index
    if bookmark.places:
        values["places"] = list(bookmark.places)
    line = None if bookmark.line is None else float(bookmark.line)
    return encode_cursor(values | {"line": line})
