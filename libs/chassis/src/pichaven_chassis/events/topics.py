"""Create, list and delete topics."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from pichaven_chassis.events.connection import connection_options
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts.topics import REPLICATION_FACTOR, Topic

LARGEST_RECORD: Final = 4 << 20
_BETWEEN_LISTS_S: Final = 0.1
_UNKNOWN_TOPIC: Final = 3
_TOPIC_EXISTS: Final = 36


def topic_settings(topic: Topic, replicas: int) -> dict[str, str]:
    """Return the Kafka settings of a topic with so many replicas."""
    settings = {
        "max.message.bytes": str(LARGEST_RECORD),
        "min.insync.replicas": str(max(1, replicas - 1)),
    }
    if topic.retention_ms is None:
        settings |= {
            "cleanup.policy": "compact",
            "min.cleanable.dirty.ratio": "0.3",
            "max.compaction.lag.ms": str(24 * 3_600_000),
            "delete.retention.ms": str(7 * 24 * 3_600_000),
        }
    else:
        settings |= {"cleanup.policy": "delete", "retention.ms": str(topic.retention_ms)}
    return settings


async def ensure_topics(settings: KafkaSettings, topics: Iterable[Topic]) -> list[str]:
    """Create missing topics and correct settings; return the names of the new topics.

    All of them are in the broker's metadata then. Raises `EngineDown` if they are not in time.
    """
    by_name = {topic.name: topic for topic in topics}
    async with _admin(settings) as admin:
        replicas = {
            topic["topic"]: len(topic["partitions"][0]["replicas"])
            for topic in await admin.describe_topics()
            if topic["topic"] in by_name and topic["partitions"]
        }
        brokers = len((await admin.describe_cluster())["brokers"])
        factor = min(REPLICATION_FACTOR, brokers)
        new = [
            NewTopic(
                name=topic.name,
                num_partitions=min(topic.partitions, settings.partitions or topic.partitions),
                replication_factor=factor,
                topic_configs=topic_settings(topic, factor),
            )
            for topic in by_name.values()
            if topic.name not in replicas
        ]
        if new:
            response = await admin.create_topics(new)
            _check(response.topic_errors, ignore=_TOPIC_EXISTS)
            await _wait_until_listed(admin, by_name.keys(), settings.request_timeout_ms / 1000)
        if replicas:
            await admin.alter_configs(
                [
                    ConfigResource(
                        ConfigResourceType.TOPIC, name, configs=topic_settings(by_name[name], count)
                    )
                    for name, count in replicas.items()
                ]
            )
        return [topic.name for topic in new]


async def _wait_until_listed(
    admin: AIOKafkaAdminClient, names: Collection[str], timeout_s: float
) -> None:
    """Return once the broker lists the topics: it learns of them after the controller."""
    for _ in range(round(timeout_s / _BETWEEN_LISTS_S)):
        if set(names) <= set(await admin.list_topics()):
            return
        await asyncio.sleep(_BETWEEN_LISTS_S)
    raise EngineDown("the broker does not list the topics that were created")


async def delete_topics(settings: KafkaSettings, names: Collection[str]) -> None:
    """Delete topics with all their records; those that do not exist are skipped."""
    async with _admin(settings) as admin:
        response = await admin.delete_topics(list(names))
        _check(response.topic_error_codes, ignore=_UNKNOWN_TOPIC)


async def list_topics(settings: KafkaSettings, prefix: str = "") -> list[str]:
    """Return the sorted names of the topics that begin with `prefix`."""
    async with _admin(settings) as admin:
        return sorted(name for name in await admin.list_topics() if name.startswith(prefix))


def _check(outcomes: Iterable[tuple[str, int, object] | tuple[str, int]], *, ignore: int) -> None:
    """Raise the first error of a response's (topic, code, …), as the `KafkaError` that it is."""
    for name, code, *_ in outcomes:
        if code not in {0, ignore}:
            raise for_code(code)(f"topic {name}")


async def partitions_of(settings: KafkaSettings, names: Iterable[str]) -> list[TopicPartition]:
    """Return the partitions of topics in order; none of a topic that does not exist."""
    async with _admin(settings) as admin:
        topics = await admin.describe_topics(list(names))
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in topics
        for partition in sorted(topic["partitions"], key=lambda each: int(each["partition"]))
    ]


@asynccontextmanager
async def _admin(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**connection_options(settings))
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
