"""Reading a topic from its beginning to where it ends now, outside every consumer group."""

from collections.abc import AsyncIterator, Collection
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer

from pichaven_chassis.events.cloud_events import decode
from pichaven_chassis.events.delivery import Delivery, PermanentError
from pichaven_chassis.events.topics import partitions_of
from pichaven_chassis.logging import get_logger
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts.event import Event
from pichaven_contracts.topics import Topic

_log = get_logger(__name__)


class MissingTopic(LookupError):
    """Raised when there is no such topic."""


class Replay(Protocol):
    """`replay` with its settings bound."""

    def __call__(self, topic: Topic, types: Collection[type[Event]]) -> AsyncIterator[Delivery]: ...


async def replay(
    settings: KafkaSettings, topic: Topic, types: Collection[type[Event]]
) -> AsyncIterator[Delivery]:
    """Yield every delivery in the topic at the call; unreadable records are skipped."""
    async for record in read_to_end(settings, topic.name):
        try:
            delivery = decode(record, types)
        except PermanentError as error:
            _log.warning("replay_skips", topic=topic.name, offset=record.offset, error=str(error))
            continue
        if delivery is not None:
            yield delivery


async def read_to_end(settings: KafkaSettings, topic: str) -> AsyncIterator[Any]:
    """Yield every record in the topic at the call, in order within each partition.

    Raises `MissingTopic`.
    """
    partitions = await partitions_of(settings, [topic])
    if not partitions:
        raise MissingTopic(f"the topic {topic} does not exist; run the setup")
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=settings.request_timeout_ms,
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while unread := [part for part in partitions if await consumer.position(part) < ends[part]]:
            fetched = await consumer.getmany(*unread, timeout_ms=500, max_records=1000)
            for part, records in fetched.items():
                for record in records:
                    if record.offset < ends[part]:
                        yield record
    finally:
        await consumer.stop()
