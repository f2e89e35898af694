"""Two generations of one service on a real Kafka: each sees every record, from its own start."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pichaven_chassis.admin import dead_letters
from pichaven_chassis.events import EventBroker, EventMeta, Handlers
from pichaven_chassis.events.cloud_events import encode
from pichaven_chassis.events.offsets import generation_of, group_of
from pichaven_chassis.ids import new_id
from pichaven_chassis.settings import KafkaSettings
from pichaven_chassis.testing import eventually
from pichaven_contracts.photo import PhotoPurged
from pichaven_contracts.topics import RETRY_TIERS, Topic, dead_letter_topic, retry_topic

pytestmark = pytest.mark.engines


class Twins:
    """A service of the test's own, with its own topics."""

    def __init__(self, servers: str) -> None:
        self.service = f"test-{new_id()[-12:]}"
        self.settings = KafkaSettings(
            bootstrap_servers=servers, retry_delays="0.2,0.2,0.2", session_timeout_ms=6000
        )
        self.topic = Topic(f"{self.service}.photos", "photo_id", "", (), ())
        self.brokers: list[EventBroker] = []

    async def create_topics(self) -> None:
        names = [
            self.topic.name,
            dead_letter_topic(self.service),
            *(retry_topic(self.service, tier + 1) for tier in range(RETRY_TIERS)),
        ]
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.bootstrap_servers)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(name, 2, 1) for name in names])
        finally:
            await admin.close()

    async def write(self, count: int) -> list[str]:
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.bootstrap_servers)
        await producer.start()
        ids = [new_id() for _ in range(count)]
        try:
            for photo_id in ids:
                event = PhotoPurged(photo_id=photo_id, owner_id=new_id())
                record = encode(event, event_id=new_id(), source="test")
                await producer.send_and_wait(
                    self.topic.name, record.value, key=record.key, headers=record.headers
                )
        finally:
            await producer.stop()
        return ids

    async def start(self, generation: str, *, fails: int = 0) -> list[str]:
        """Answers the list that handled photos are put on; the first `fails` tries raise."""
        seen: list[str] = []
        failures = [fails]
        broker = EventBroker(self.settings, self.service, generation=generation)
        self.brokers.append(broker)
        handlers = Handlers()

        @handlers.on(PhotoPurged)
        async def handle(event: PhotoPurged, _meta: EventMeta) -> None:
            if failures[0]:
                failures[0] -= 1
                raise RuntimeError("a bug")
            seen.append(event.photo_id)

        broker.subscribe(self.topic, group=self.service, handlers=handlers)
        await broker.start()
        return seen


@pytest.fixture
async def twins(kafka_servers: str) -> AsyncIterator[Twins]:
    made = Twins(kafka_servers)
    await made.create_topics()
    yield made
    for broker in made.brokers:
        await broker.stop()


def test_a_group_tells_its_generation() -> None:
    assert generation_of(group_of("ml-commands", "next")) == "next"
    assert generation_of(group_of("ml-commands", "")) == ""


async def test_a_named_generation_begins_at_its_start_and_goes_on_where_it_was(
    twins: Twins,
) -> None:
    before = await twins.write(4)
    force = await twins.start("")
    beside = await twins.start("next")
    during = await twins.write(4)
    await eventually(lambda: set(force) == {*before, *during}, "the one in force has all")
    await eventually(lambda: set(beside) == set(during), "the other all since its start")
    await twins.brokers[1].stop()
    meanwhile = await twins.write(4)
    again = await twins.start("next")
    await eventually(lambda: set(again) >= set(meanwhile), "nothing is passed over by a restart")
    assert not set(again) & set(before)


async def test_neither_takes_nor_buries_what_the_other_tries_again(twins: Twins) -> None:
    force = await twins.start("", fails=2)
    beside = await twins.start("next", fails=1)
    ids = await twins.write(1)
    await eventually(lambda: force == ids and beside == ids, "each heals its own")
    assert await dead_letters(twins.settings, twins.service) == []
