"""A photo as the index keeps it for answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """Its public fields as JSON, keys of objects in place of URLs."""

    photo_id: str
    json: str

    def fields(self) -> Mapping[str, Any]:
        found: dict[str, Any] = orjson.loads(self.json)
        return found
