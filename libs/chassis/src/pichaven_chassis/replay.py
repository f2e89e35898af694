"""Reading a compacted topic from its beginning to where it ends now, for rebuilds."""

from collections.abc import AsyncIterator, Collection

from aiokafka import AIOKafkaConsumer, TopicPartition

from pichaven_chassis.events.delivery import Delivery, Permanent
from pichaven_chassis.events.wire import decode, readable_headers
from pichaven_chassis.logging import get_logger
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts.event import Event
from pichaven_contracts.topics import Topic

_log = get_logger(__name__)


async def replay(
    settings: KafkaSettings, topic: Topic, types: Collection[type[Event]]
) -> AsyncIterator[Delivery]:
    """Every delivery that stood in the topic at the call; unreadable records are passed over.

    Belongs to no consumer group and commits nothing.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=settings.request_timeout_ms,
    )
    await consumer.start()
    try:
        numbers = await _partitions(consumer, topic)
        partitions = [TopicPartition(topic.name, number) for number in sorted(numbers)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        waiting = {part for part in partitions if await consumer.position(part) < ends[part]}
        while waiting:
            fetched = await consumer.getmany(*waiting, timeout_ms=500, max_records=1000)
            for records in fetched.values():
                for record in records:
                    try:
                        delivery = decode(record, readable_headers(record), types)
                    except Permanent as error:
                        _log.warning(
                            "replay_skips", topic=topic.name, offset=record.offset, error=str(error)
                        )
                        continue
                    if delivery is not None:
                        yield delivery
            waiting = {part for part in waiting if await consumer.position(part) < ends[part]}
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: Topic) -> set[int]:
    await consumer.topics()
    found: set[int] | None = consumer.partitions_for_topic(topic.name)
    if not found:
        raise LookupError(f"the topic {topic.name} does not exist; run the setup")
    return found
