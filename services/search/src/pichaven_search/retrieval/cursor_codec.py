"""The cursor of a search as clients get it and hand it back."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from pichaven_chassis.ids import is_id
from pichaven_chassis.pagination import Cursor, InvalidCursor, decode_cursor, encode_cursor
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
    model_config = ConfigDict(strict=True)

    vector: _EncodedSortKey | None = None
    lexical: _EncodedSortKey | None = None
    cutoff: Annotated[float, Field(ge=-1, le=NO_HITS_CUTOFF, allow_inf_nan=False)] | None = (
        NO_HITS_CUTOFF
    )
    pit: Annotated[str, Field(max_length=2000, pattern=r"^[A-Za-z0-9+/=_-]+$")] | None = None
    index: Annotated[str, Field(max_length=255)] | None = None
    geo_names: Annotated[
        list[Annotated[str, Field(max_length=64)]], Field(max_length=MAX_GEO_PLACES)
    ] = []


async def read_cursor(cursor: Cursor = None) -> SearchCursor | None:
    """FastAPI dependency: the cursor of the request. Raises `InvalidCursor`."""
    values = decode_cursor(cursor)
    if values is None:
        return None
    try:
        encoded = _EncodedCursor.model_validate(values)
        if encoded.vector is None and encoded.lexical is None:
            raise ValueError("the cursor is empty")
        return SearchCursor(
            vector=encoded.vector.to_sort_key() if encoded.vector else None,
            lexical=encoded.lexical.to_sort_key() if encoded.lexical else None,
            cutoff=encoded.cutoff,
            pit_id=encoded.pit,
            index=encoded.index,
            geo_names=tuple(encoded.geo_names),
        )
    except ValueError:
        raise InvalidCursor("Pass the next_cursor of the page before, unchanged.") from None


def write_cursor(cursor: SearchCursor | None) -> str | None:
    """Encode a cursor for clients."""
    if cursor is None:
        return None
    sort_keys = {"vector": cursor.vector, "lexical": cursor.lexical}
    values: dict[str, Any] = {
        name: {"s": float(key.score), "t": key.taken_ms, "i": key.photo_id}
        for name, key in sort_keys.items()
        if key
    }
    if cursor.pit_id:
        values["pit"] = cursor.pit_id
    if cursor.index:
        values["index"] = cursor.index
    if cursor.geo_names:
        values["geo_names"] = list(cursor.geo_names)
    cutoff = None if cursor.cutoff is None else float(cursor.cutoff)
    return encode_cursor(values | {"cutoff": cutoff})
