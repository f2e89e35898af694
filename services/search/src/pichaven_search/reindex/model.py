"""The analyses that an index holds, to compare and to copy indexes of whole libraries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredAnalysis:
    """What an index has of a photo's analysis; without `fields` only that it has one."""

    photo_id: str
    owner_id: str
    fields: Mapping[str, Any] = field(default_factory=dict)
