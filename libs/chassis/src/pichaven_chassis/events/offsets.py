"""Topics that must exist, and where in them a consumer begins."""

import asyncio
from collections.abc import Collection
from typing import Any

from aiokafka import AIOKafkaConsumer

from pichaven_chassis.events.connection import connection_options
from pichaven_chassis.events.topics import list_topics, partitions_of
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.settings import KafkaSettings


async def require_topics(settings: KafkaSettings, topics: Collection[str]) -> None:
    """Raise `EngineDown` when a topic is missing."""
    missing = set(topics) - set(await list_topics(settings))
    if missing:
        raise EngineDown(f"topics are missing, run the setup: {', '.join(sorted(missing))}")


async def begin_at_end(settings: KafkaSettings, group: str, topics: Collection[str]) -> None:
    """Commit the topics' ends for a group, for each partition that it has committed nothing of.

    A group that only starts "at the latest offset" would start there again after a restart, for
    every partition of which it had handled nothing, and pass over what came between. May be
    repeated. Raises a KafkaError while Kafka is away, or while another member has joined that
    found nothing committed either.
    """
    partitions = await partitions_of(settings, topics)
    consumer = AIOKafkaConsumer(
        group_id=group,
        enable_auto_commit=False,
        **connection_options(settings),
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        fresh = [each for each in partitions if await consumer.committed(each) is None]
        if fresh:
            await consumer.commit(await consumer.end_offsets(fresh))
    finally:
        await consumer.stop()


async def find_position(consumer: Any, *, timeout_s: float = 60) -> None:
    """Return once a consumer without a group knows where "from now on" is.

    Raises `EngineDown` when Kafka does not tell in time.
    """
    try:
        async with asyncio.timeout(timeout_s):
            while not consumer.assignment():  # noqa: ASYNC110 - aiokafka gives no signal for it
                await asyncio.sleep(0.02)
            for partition in consumer.assignment():
                await consumer.position(partition)
    except TimeoutError:
        raise EngineDown(f"Kafka gave a consumer no position within {timeout_s:g} s") from None
