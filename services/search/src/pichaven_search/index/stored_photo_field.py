"""The photo as answers show it: a value of its own, read without the document."""

from collections.abc import Mapping
from typing import Any, Final

from pichaven_search.index.stored_photo import StoredPhoto
from pichaven_search.ports import Index

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


def asked_photo(index: Index) -> dict[str, Any]:
    """What a search asks for to get it; indexes of an older schema are searched as well."""
    return _PACKED if index.schema >= _PACKED_SINCE else _STORED


def photo_of(hit: Mapping[str, Any]) -> StoredPhoto:
    fields = hit["fields"]
    return StoredPhoto(fields["id"][0], fields[FIELD][0])
