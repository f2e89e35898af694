"""The photo as answers show it, kept beside the document as one string.

Reading it out of `_source` would mean to read, and to pick apart, vector and words of each hit.
"""

from collections.abc import Mapping
from typing import Any, Final

from pichaven_search.domain.stored_photo import StoredPhoto

FIELD: Final = "photo"
MAPPING: Final[dict[str, Any]] = {
    "type": "keyword",
    "index": False,
    "doc_values": False,
    "store": True,
}
ASKED: Final[dict[str, Any]] = {"_source": False, "stored_fields": [FIELD]}
"""What a search asks for to get it."""


def photo_of(hit: Mapping[str, Any]) -> StoredPhoto:
    return StoredPhoto(hit["_id"], hit["fields"][FIELD][0])
