"""The public fields of a photo, packed into one value of its document.

A page reads fifty of them. As a compressed value they are read without the document's source,
which has the embedding and all words.
"""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from pichaven_search.index.model import Index

FIELD: Final = "photo"
MAPPING: Final[dict[str, Any]] = {"type": "binary", "doc_values": True}
_PACKED: Final[dict[str, Any]] = {
    "_source": False,
    "stored_fields": "_none_",
    "docvalue_fields": ["id", FIELD],
}
_STORED: Final[dict[str, Any]] = {
    "_source": False,
    "stored_fields": [FIELD],
    "docvalue_fields": ["id"],
}
_PACKED_SINCE: Final = 3
_FAST: Final = 1
_JSON: Final = "{"


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A packed photo; it has object keys in place of URLs."""

    photo_id: str
    packed: str

    def fields(self) -> Mapping[str, Any]:
        if self.packed.startswith(_JSON):
            # From an index of schema 2.
            return _read(self.packed)
        return _read(zlib.decompress(base64.b64decode(self.packed)))


def pack(fields: Mapping[str, Any]) -> str:
    """Return the fields compressed, in Base64 as Elasticsearch's binary values are."""
    return base64.b64encode(zlib.compress(orjson.dumps(fields), _FAST)).decode()


def stored_photo_options(index: Index) -> dict[str, Any]:
    """Return the options of a search whose hits `to_stored_photo` reads, for any schema."""
    return _PACKED if index.schema >= _PACKED_SINCE else _STORED


def to_stored_photo(hit: Mapping[str, Any]) -> StoredPhoto:
    fields = hit["fields"]
    return StoredPhoto(fields["id"][0], fields[FIELD][0])


def _read(text: str | bytes) -> Mapping[str, Any]:
    fields: dict[str, Any] = orjson.loads(text)
    return fields
