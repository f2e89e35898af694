"""A publisher that tells afterwards what went out through it."""

from pichaven_chassis.events import EventMeta, EventPublisher
from pichaven_contracts.event import Event
from pichaven_contracts.topics import Topic


class NotingPublisher:
    """Passes on, and remembers for a while of which photos an analysis went out."""

    def __init__(self, publisher: EventPublisher) -> None:
        self._publisher = publisher
        self._published: set[str] = set()

    async def publish(self, event: Event, *, cause: EventMeta | None = None) -> None:
        await self._publisher.publish(event, cause=cause)
        self._published.add(event.key)

    async def publish_tombstone(self, topic: Topic, key: str) -> None:
        await self._publisher.publish_tombstone(topic, key)

    def take(self, key: str) -> bool:
        """Whether the photo's analysis went out since this was last asked."""
        published = key in self._published
        self._published.discard(key)
        return published
