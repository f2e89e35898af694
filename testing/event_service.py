"""A service of a test's own, with its own topics, on the real Kafka."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer

from pichaven_chassis.admin import dead_letters
from pichaven_chassis.events import EventBroker, EventMeta, EventRouter, Meta
from pichaven_chassis.events.cloud_events import encode
from pichaven_chassis.events.topics import ensure_topics
from pichaven_chassis.ids import new_id
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts.photo import PhotoPurged
from pichaven_contracts.topics import RETRY_TIERS, Topic, dead_letter_topic, retry_topic

OWNER = new_id()
Raw = tuple[bytes | None, list[tuple[str, bytes]]]


def new_event() -> PhotoPurged:
    return PhotoPurged(photo_id=new_id(), owner_id=OWNER)


def _topic(name: str) -> Topic:
    return Topic(name, "photo_id", "", (), (), partitions=2, retention_ms=3_600_000)


class EventService:
    """Makes routers and brokers of the service; those are stopped after the test."""

    def __init__(self, servers: str, service: str = "") -> None:
        self.service = service or f"test-{new_id()[-12:]}"
        self.settings = KafkaSettings(
            bootstrap_servers=servers, retry_delays="0.2,0.2,0.2", session_timeout_ms=6000
        )
        self.topic = _topic(f"{self.service}.photos")
        self.other_topic = _topic(f"{self.service}.others")
        self.brokers: list[EventBroker] = []

    async def create_topics(self) -> None:
        failed = (
            dead_letter_topic(self.service),
            *(retry_topic(self.service, tier + 1) for tier in range(RETRY_TIERS)),
        )
        await ensure_topics(
            self.settings, [self.topic, self.other_topic, *(_topic(name) for name in failed)]
        )

    async def write(
        self, *events: PhotoPurged, raw: Sequence[Raw] = (), topic: Topic | None = None
    ) -> None:
        name = (topic or self.topic).name
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.bootstrap_servers)
        await producer.start()
        try:
            for value, headers in raw:
                await producer.send_and_wait(name, value, key=b"bad", headers=headers)
            for event in events:
                record = encode(event, event_id=new_id(), source="test")
                await producer.send_and_wait(
                    name, record.value, key=record.key, headers=record.headers
                )
        finally:
            await producer.stop()

    def router(self) -> EventRouter:
        return EventRouter(self.service)

    def handling(self, act: Callable[[PhotoPurged, EventMeta], None]) -> EventRouter:
        """Return a router whose one handler calls `act`."""
        router = self.router()

        @router.on(self.topic, PhotoPurged, group=self.service)
        async def handle(event: PhotoPurged, meta: Meta) -> None:
            act(event, meta)

        return router

    def broker(self, *routers: EventRouter, group_suffix: str = "") -> EventBroker:
        broker = EventBroker(
            self.settings, self.service, routers=routers, group_suffix=group_suffix
        )
        self.brokers.append(broker)
        return broker

    async def has_dead_letters(self, count: int) -> bool:
        return len(await dead_letters(self.settings, self.service)) == count


@asynccontextmanager
async def running_event_service(servers: str) -> AsyncIterator[EventService]:
    service = EventService(servers)
    await service.create_topics()
    try:
        yield service
    finally:
        for broker in service.brokers:
            await broker.stop()
