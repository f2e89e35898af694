"""The events that photos are indexed from."""

from typing import Final

from pichaven_chassis.events import EventBroker
from pichaven_contracts.topics import LIBRARY, TEXT
from pichaven_search.container import Container
from pichaven_search.index.commands import EVENT_TYPES

GROUP: Final = "search"


def subscribe(broker: EventBroker, container: Container) -> None:
    broker.subscribe_batch(
        LIBRARY, TEXT, group=GROUP, handle=container.index_photos, types=EVENT_TYPES
    )
