"""What arrives at a handler."""

from dataclasses import dataclass
from datetime import datetime

from pichaven_contracts.event import Event
from pichaven_contracts.topics import Topic


class PermanentError(Exception):
    """Raised by a handler when no retry can help: the record becomes a dead letter at once."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A compacted topic's record that removes everything under its key."""

    topic: Topic
    key: str


@dataclass(frozen=True, slots=True)
class EventMeta:
    """Where a delivery comes from. `attempt` counts the tries before this one."""

    id: str
    type: str
    source: str
    time: datetime | None
    topic: str
    key: str
    partition: int
    offset: int
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event as it arrived. Delivery is at least once, so it may arrive again, and late."""

    event: Event | Tombstone
    meta: EventMeta
