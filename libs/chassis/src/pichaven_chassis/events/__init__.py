"""Events in and out: consumption that loses nothing, retries apart, dead letters with reasons."""

from pichaven_chassis.events.broker import EventBroker, EventPublisher
from pichaven_chassis.events.delivery import Delivery, EventMeta, Handlers, Permanent, Tombstone
from pichaven_chassis.outages import EngineDown

__all__ = [
    "Delivery",
    "EngineDown",
    "EventBroker",
    "EventMeta",
    "EventPublisher",
    "Handlers",
    "Permanent",
    "Tombstone",
]
