"""A photo as the index keeps it for answers: its public fields, packed.

Fifty of them are read for a page. As a compressed value of their own they are read without the
document, which has the vector and all the words.
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
_QUICKLY: Final = 1
_JSON: Final = "{"


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """Keys of objects stand in place of URLs."""

    photo_id: str
    packed: str

    def fields(self) -> Mapping[str, Any]:
        if self.packed.startswith(_JSON):
            # As indexes of schema 2 have it.
            return _read(self.packed)
        return _read(zlib.decompress(base64.b64decode(self.packed)))


def packed(fields: Mapping[str, Any]) -> str:
    """Base64, as Elasticsearch takes binary values."""
    return base64.b64encode(zlib.compress(orjson.dumps(fields), _QUICKLY)).decode()


def asked_photo(index: Index) -> dict[str, Any]:
    """What a search asks for to get it; indexes of an older schema are searched as well."""
    return _PACKED if index.schema >= _PACKED_SINCE else _STORED


def photo_of(hit: Mapping[str, Any]) -> StoredPhoto:
    fields = hit["fields"]
    return StoredPhoto(fields["id"][0], fields[FIELD][0])


def _read(text: str | bytes) -> Mapping[str, Any]:
    found: dict[str, Any] = orjson.loads(text)
    return found
