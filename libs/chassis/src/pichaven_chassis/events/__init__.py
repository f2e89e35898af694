"""Events in and out, over FastStream: at-least-once consumption, retry topics, dead letters."""

from pichaven_chassis.events.broker import (
    EventBroker,
    EventPublisher,
    ProgressPublisher,
    Publisher,
)
from pichaven_chassis.events.delivery import Delivery, EventMeta, PermanentError, Tombstone
from pichaven_chassis.events.dependencies import Meta, container_of
from pichaven_chassis.events.router import EventRouter
from pichaven_chassis.outages import EngineDown, TopicMissing

__all__ = [
    "Delivery",
    "EngineDown",
    "EventBroker",
    "EventMeta",
    "EventPublisher",
    "EventRouter",
    "Meta",
    "PermanentError",
    "ProgressPublisher",
    "Publisher",
    "Tombstone",
    "TopicMissing",
    "container_of",
]
