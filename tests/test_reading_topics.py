"""What reads a topic ends with an error when Kafka gives nothing more, and never hangs."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from pichaven_chassis.events import EngineDown
from pichaven_chassis.events.offsets import find_position
from pichaven_chassis.events.topics import delete_topics, ensure_topics
from pichaven_chassis.ids import new_id
from pichaven_chassis.replay import read_to_end
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts.topics import Topic


@pytest.mark.engines
async def test_a_topic_that_goes_away_while_it_is_read_ends_the_reading(kafka_servers: str) -> None:
    settings = KafkaSettings(bootstrap_servers=kafka_servers)
    topic = Topic(f"test-{new_id()}", "", "", (), (), partitions=1, retention_ms=3_600_000)
    await ensure_topics(settings, [topic])
    # No two of them fit into one fetch, so that most are unread when the topic is deleted.
    large = bytes(900_000)
    async with AIOKafkaProducer(bootstrap_servers=kafka_servers) as producer:
        for _ in range(6):
            await producer.send_and_wait(topic.name, large)
    records = read_to_end(settings, topic.name, stall_timeout_s=3)
    await anext(records)
    await delete_topics(settings, [topic.name])

    with pytest.raises(EngineDown, match=f"no record of {topic.name}"):
        async for _ in records:
            pass


async def test_a_consumer_that_is_given_no_partition_is_an_outage() -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")

    with pytest.raises(EngineDown, match="no position"):
        await find_position(consumer, timeout_s=0.1)
