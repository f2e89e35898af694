"""A photo as the index keeps it for answers: its public fields, packed.

Fifty of them are read for a page. As a compressed value of their own they are read without the
document, which has the vector and all the words.
"""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_QUICKLY = 1
_JSON = "{"


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


def _read(text: str | bytes) -> Mapping[str, Any]:
    found: dict[str, Any] = orjson.loads(text)
    return found
