"""Publish events, and create the model's embedding topic anew when it was deleted."""

from collections.abc import Awaitable, Callable

from pichaven_chassis.events import EventMeta, EventPublisher, TopicMissing
from pichaven_chassis.logging import get_logger
from pichaven_contracts.event import Event
from pichaven_contracts.photo import PhotoEmbedded
from pichaven_contracts.topics import Topic

_log = get_logger(__name__)


class EmbeddingPublisher:
    """An `EventPublisher` for a process that runs an embedding model.

    The topic exists from the start of the process on, but an operator may delete it with the last
    index of its model while a worker still runs that model.
    """

    def __init__(
        self, publisher: EventPublisher, ensure_embedding_topic: Callable[[], Awaitable[None]]
    ) -> None:
        self._publisher = publisher
        self._ensure_embedding_topic = ensure_embedding_topic

    async def publish(self, event: Event, *, cause: EventMeta | None = None) -> None:
        """Raise `TopicMissing` for a deleted topic; a retry finds it created."""
        try:
            await self._publisher.publish(event, cause=cause)
        except TopicMissing:
            if isinstance(event, PhotoEmbedded):
                _log.warning("embedding_topic_missing", topic=event.topic.name)
                await self._ensure_embedding_topic()
            raise

    async def publish_tombstone(self, topic: Topic, key: str) -> None:
        await self._publisher.publish_tombstone(topic, key)
