"""The cursor of a search as clients get it and hand it back."""

from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from pichaven_chassis.ids import is_id
from pichaven_chassis.pagination import InvalidCursor, decode_cursor, encode_cursor
from pichaven_search.query_language.geo_places import MAX_GEO_PLACES
from pichaven_search.retrieval.cursor import NO_HITS_CUTOFF, SearchCursor, SortKey

_LATEST_MS: Final = 253_402_300_799_999


class _EncodedSortKey(BaseModel):
    model_config = ConfigDict(strict=True)

    s: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
    t: Annotated[int, Field(ge=-_LATEST_MS, le=_LATEST_MS)]
    i: str

    def to_sort_key(self) -> SortKey:
        if not is_id(self.i):
            raise ValueError("not an id")
        return SortKey(self.s, self.t, self.i)


class _EncodedCursor(BaseModel):
    """The names are those of cursors that clients already have."""

    model_config = ConfigDict(strict=True)

    seen: _EncodedSortKey | None = None
    named: _EncodedSortKey | None = None
    line: Annotated[float, Field(ge=-1, le=NO_HITS_CUTOFF, allow_inf_nan=False)] | None = (
        NO_HITS_CUTOFF
    )
    snapshot: Annotated[str, Field(max_length=2000, pattern=r"^[A-Za-z0-9+/=_-]+$")] | None = None
    index: Annotated[str, Field(max_length=255)] | None = None
    places: Annotated[
        list[Annotated[str, Field(max_length=64)]], Field(max_length=MAX_GEO_PLACES)
    ] = []


async def read_cursor(
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> SearchCursor | None:
    """FastAPI dependency: the cursor of the request. Raises `InvalidCursor`."""
    values = decode_cursor(cursor)
    if values is None:
        return None
    try:
        encoded = _EncodedCursor.model_validate(values)
        if encoded.seen is None and encoded.named is None:
            raise ValueError("the cursor is empty")
        return SearchCursor(
            vector=encoded.seen.to_sort_key() if encoded.seen else None,
            lexical=encoded.named.to_sort_key() if encoded.named else None,
            cutoff=encoded.line,
            pit_id=encoded.snapshot,
            index=encoded.index,
            geo_names=tuple(encoded.places),
        )
    except ValueError:
        raise InvalidCursor("Pass the next_cursor of the page before, unchanged.") from None


def write_cursor(cursor: SearchCursor | None) -> str | None:
    """Encode a cursor for clients."""
    if cursor is None:
        return None
    sort_keys = {"seen": cursor.vector, "named": cursor.lexical}
    values: dict[str, Any] = {
        name: {"s": float(key.score), "t": key.taken_ms, "i": key.photo_id}
        for name, key in sort_keys.items()
        if key
    }
    if cursor.pit_id:
        values["snapshot"] = cursor.pit_id
    if cursor.index:
        values["index"] = cursor.index
    if cursor.geo_names:
        values["places"] = list(cursor.geo_names)
    cutoff = None if cursor.cutoff is None else float(cursor.cutoff)
    return encode_cursor(values | {"line": cutoff})
