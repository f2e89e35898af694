"""Two generations of one service beside each other, as while its model is being switched.

The generation in force has no name. A named one has consumer groups `<group>.<name>`.
"""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from pichaven_chassis.settings import KafkaSettings


def group_of(group: str, generation: str) -> str:
    return f"{group}.{generation}" if generation else group


def generation_of(group: str) -> str:
    """The generation that a consumer group belongs to; empty for the one in force."""
    return group.partition(".")[2]


async def begin_at_end(settings: KafkaSettings, group: str, topics: Sequence[str]) -> None:
    """Commit the topics' ends for a group, for each partition that it has committed nothing of.

    A group that only starts "at the latest offset" would start there again after a restart, for
    every partition of which it had handled nothing, and pass over what came between. May be
    repeated. Raises a KafkaError while Kafka is away, or while another member has joined that
    found nothing committed either.
    """
    admin = AIOKafkaAdminClient(
        bootstrap_servers=settings.bootstrap_servers,
        request_timeout_ms=settings.request_timeout_ms,
    )
    try:
        await admin.start()
        described = await admin.describe_topics(list(topics))
    finally:
        await admin.close()
    parts = [
        TopicPartition(topic["topic"], part["partition"])
        for topic in described
        for part in topic["partitions"]
    ]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers,
        group_id=group,
        enable_auto_commit=False,
        request_timeout_ms=settings.request_timeout_ms,
    )
    await consumer.start()
    try:
        consumer.assign(parts)
        fresh = [part for part in parts if await consumer.committed(part) is None]
        if fresh:
            await consumer.commit(await consumer.end_offsets(fresh))
    finally:
        await consumer.stop()
