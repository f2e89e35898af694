"""A round through the whole library, a page at a time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Round:
    after: str
    """The last photo of the page before."""
    span_ms: int | None
    """How far the page may reach in the time of ids, None for all photos."""
    lease_until: datetime
    """Until then no other process works on the page."""
