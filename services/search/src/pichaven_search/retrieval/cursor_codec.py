"""The cursor of a search, as clients hand it back."""

from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from pichaven_chassis.ids import is_id
from pichaven_chassis.pagination import InvalidCursor, decode_cursor, encode_cursor
from pichaven_search.query_language.geo_places import MOST_PLACES
from pichaven_search.retrieval.cursor import NOTHING, Bookmark, Place

_LATEST_MS: Final = 253_402_300_799_999


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
