"""Reading a topic from its beginning to where it ends now, outside every consumer group."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer

from pichaven_chassis.events.cloud_events import decode
from pichaven_chassis.events.connection import connection_options
from pichaven_chassis.events.delivery import Delivery, PermanentError
from pichaven_chassis.events.topics import partitions_of
from pichaven_chassis.logging import get_logger
from pichaven_chassis.outages import EngineDown
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


async def read_to_end(
    settings: KafkaSettings, topic: str, *, stall_timeout_s: float = 120
) -> AsyncIterator[Any]:
    """Yield every record in the topic at the call, in order within each partition.

    Raises `MissingTopic`, `EngineDown` when Kafka returns nothing more for `stall_timeout_s`.
    """
    partitions = await partitions_of(settings, [topic])
    if not partitions:
        raise MissingTopic(f"the topic {topic} does not exist; run the setup")
    consumer = AIOKafkaConsumer(
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **connection_options(settings),
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while records := await _next_records(consumer, ends, stall_timeout_s):
            for record in records:
                yield record
    except TimeoutError:
        raise EngineDown(
            f"Kafka returned no record of {topic} for {stall_timeout_s:g} s, before its end"
        ) from None
    finally:
        await consumer.stop()


async def _next_records(consumer: Any, ends: Mapping[Any, int], timeout_s: float) -> list[Any]:
    """Return some records before the ends, none when all are read. Raises `TimeoutError`."""
    async with asyncio.timeout(timeout_s):
        while unread := [part for part, end in ends.items() if await consumer.position(part) < end]:
            fetched = await consumer.getmany(*unread, timeout_ms=500, max_records=1000)
            records = [
                record
                for part, records_of_part in fetched.items()
                for record in records_of_part
                if record.offset < ends[part]
            ]
            if records:
                return records
    return []
