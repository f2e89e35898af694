"""How lists of photos are filtered and ordered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pichaven_gallery.photos.photo import Status


@dataclass(frozen=True, slots=True)
class Filters:
    favorite: bool | None = None
    tag: str | None = None
    """Folded."""
    status: Status | None = None
    local_from: datetime | None = None
    """Of the wall time, inclusive; with the zone UTC, as `CaptureTime.local_key`."""
    local_until: datetime | None = None
    taken_from: datetime | None = None
    """Of the instant, inclusive."""
    taken_until: datetime | None = None

    @property
    def selective(self) -> bool:
        """Whether photos are filtered by more than their time."""
        return (self.favorite, self.tag, self.status) != (None, None, None)


@dataclass(frozen=True, slots=True)
class Order:
    by: Literal["taken_at", "taken_at_local", "created_at"] = "taken_at"
    descending: bool = True
