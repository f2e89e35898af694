"""The chassis's promises about events, on a real Kafka.

Poison of each kind is set aside with its reason while later records pass; a redrive brings it
back; an engine that is away makes consumption wait; nothing is lost over a crash.
"""

from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError

from pichaven_chassis.admin import dead_letters, redrive
from pichaven_chassis.events import (
    Delivery,
    EngineDown,
    EventBroker,
    EventMeta,
    Handlers,
    Permanent,
)
from pichaven_chassis.events.cloud_events import encode, readable_headers
from pichaven_chassis.ids import new_id
from pichaven_chassis.settings import KafkaSettings
from pichaven_chassis.testing import eventually
from pichaven_contracts.photo import PhotoPurged
from pichaven_contracts.topics import RETRY_TIERS, Topic, dead_letter_topic, retry_topic

pytestmark = pytest.mark.engines
OWNER = new_id()


class Bench:
    """A service of the test's own, with its own topics, on the real Kafka."""

    def __init__(self, servers: str) -> None:
        self.service = f"test-{new_id()[-12:]}"
        self.settings = KafkaSettings(
            bootstrap_servers=servers, retry_delays="0.2,0.2,0.2", session_timeout_ms=6000
        )
        self.topic = Topic(
            name=f"{self.service}.photos",
            key="photo_id",
            description="",
            producers=(),
            consumers=(),
        )
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

    async def write(
        self, *events: PhotoPurged, raw: Sequence[tuple[bytes | None, list[tuple[str, bytes]]]] = ()
    ) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.bootstrap_servers)
        await producer.start()
        try:
            for value, headers in raw:
                await producer.send_and_wait(self.topic.name, value, key=b"bad", headers=headers)
            for event in events:
                record = encode(event, event_id=new_id(), source="test")
                await producer.send_and_wait(
                    self.topic.name, record.value, key=record.key, headers=record.headers
                )
        finally:
            await producer.stop()

    def broker(self) -> EventBroker:
        broker = EventBroker(self.settings, self.service)
        self.brokers.append(broker)
        return broker


@pytest.fixture
async def bench(kafka_servers: str) -> AsyncIterator[Bench]:
    made = Bench(kafka_servers)
    await made.create_topics()
    yield made
    for broker in made.brokers:
        await broker.stop()


def _event() -> PhotoPurged:
    return PhotoPurged(photo_id=new_id(), owner_id=OWNER)


def _handling(
    broker: EventBroker, bench: Bench, act: Callable[[PhotoPurged, EventMeta], None]
) -> None:
    handlers = Handlers()

    @handlers.on(PhotoPurged)
    async def handle(event: PhotoPurged, meta: EventMeta) -> None:
        act(event, meta)

    broker.subscribe(bench.topic, group=bench.service, handlers=handlers)


POISON: list[tuple[bytes | None, list[tuple[str, bytes]]]] = [
    (b"\xff\xfenot json", [("ce_type", b"photo.purged.v1")]),
    (b"{}", [("ce_type", b"photo.purged.v1"), ("weird", b"\xff\xff")]),
    (b"0", []),
    (b'{"photo_id": "x"}', [("ce_type", b"photo.purged.v1")]),
    (None, []),
]


async def test_poison_is_set_aside_with_its_reason_while_later_photos_pass(bench: Bench) -> None:
    seen: list[str] = []
    broker = bench.broker()
    _handling(broker, bench, lambda event, _: seen.append(event.photo_id))
    later = _event()
    await bench.write(later, raw=POISON)

    await broker.start()
    await eventually(lambda: later.photo_id in seen, "the later photo is handled")

    async def all_dead() -> bool:
        return len(await dead_letters(bench.settings, bench.service)) == len(POISON)

    await eventually(all_dead, "every poison record is a dead letter")
    for record in await dead_letters(bench.settings, bench.service):
        headers = readable_headers(record)
        assert headers["x-error"]
        assert headers["x-orig-topic"] == bench.topic.name
        assert headers["x-attempt"] == "1"


async def test_a_failing_record_is_tried_on_every_tier_and_a_redrive_heals_it(
    bench: Bench,
) -> None:
    attempts: list[int] = []
    healed: list[str] = []
    mended = False

    def act(event: PhotoPurged, meta: EventMeta) -> None:
        attempts.append(meta.attempt)
        if not mended:
            raise RuntimeError("a bug")
        healed.append(event.photo_id)

    broker = bench.broker()
    _handling(broker, bench, act)
    event = _event()
    await bench.write(event)
    await broker.start()

    async def dead() -> bool:
        return len(await dead_letters(bench.settings, bench.service)) == 1

    await eventually(dead, "the record is given up")
    assert attempts == [0, 1, 2, 3]
    mended = True
    await redrive(bench.settings, bench.service, await dead_letters(bench.settings, bench.service))

    await eventually(lambda: healed == [event.photo_id], "the redriven record is handled")


async def test_a_permanent_fault_is_not_tried_again(bench: Bench) -> None:
    tries: list[int] = []

    def act(_event: PhotoPurged, meta: EventMeta) -> None:
        tries.append(meta.attempt)
        raise Permanent("never")

    broker = bench.broker()
    _handling(broker, bench, act)
    await bench.write(_event())
    await broker.start()

    async def dead() -> bool:
        return len(await dead_letters(bench.settings, bench.service)) == 1

    await eventually(dead, "the record is given up")
    assert tries == [0]


async def test_an_engine_that_is_away_is_waited_for_and_nothing_is_set_aside(
    bench: Bench,
) -> None:
    seen: list[tuple[str, int]] = []
    away = 3

    def act(event: PhotoPurged, meta: EventMeta) -> None:
        nonlocal away
        if away > 0:
            away -= 1
            raise EngineDown("mongo")
        seen.append((event.photo_id, meta.attempt))

    broker = bench.broker()
    _handling(broker, bench, act)
    event = _event()
    await bench.write(event)
    await broker.start()

    await eventually(lambda: seen == [(event.photo_id, 0)], "handled once the engine is back")
    assert await dead_letters(bench.settings, bench.service) == []


async def test_what_cannot_be_read_is_set_aside_once_while_an_engine_is_away(bench: Bench) -> None:
    rounds = 0
    seen: set[str] = set()

    async def handle(deliveries: Sequence[Delivery]) -> None:
        nonlocal rounds
        rounds += 1
        if rounds <= 3:
            raise EngineDown("mongo")
        seen.update(delivery.meta.key for delivery in deliveries)

    broker = bench.broker()
    broker.subscribe_batch(bench.topic, group=bench.service, handle=handle, types={PhotoPurged})
    events = [_event() for _ in range(20)]
    await bench.write(*events, raw=POISON[:1])
    await broker.start()

    async def all_dead() -> bool:
        return len(await dead_letters(bench.settings, bench.service)) > 0

    await eventually(lambda: seen == {event.photo_id for event in events}, "all are handled")
    await eventually(all_dead, "what cannot be read is a dead letter")
    assert len(await dead_letters(bench.settings, bench.service)) == 1


async def test_a_start_that_fails_half_way_leaves_no_consumer_behind(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    broker = bench.broker()
    _handling(broker, bench, lambda event, _: seen.append(event.photo_id))
    told: list[str] = []
    broker.when_started(lambda: told.append("started"))
    started: list[AIOKafkaConsumer] = []
    start = AIOKafkaConsumer.start

    async def failing_once(consumer: AIOKafkaConsumer) -> None:
        started.append(consumer)
        if len(started) == 2:
            raise KafkaConnectionError("gone again")
        await start(consumer)

    monkeypatch.setattr(AIOKafkaConsumer, "start", failing_once)
    with pytest.raises(KafkaConnectionError):
        await broker.start()
    assert started[0]._closed

    assert told == []

    await broker.start()
    assert told == ["started"]
    event = _event()
    await bench.write(event)
    await eventually(lambda: seen == [event.photo_id], "handled once")


async def test_one_bad_event_of_a_batch_costs_the_others_nothing(bench: Bench) -> None:
    good: list[str] = []
    events = [_event() for _ in range(20)]
    bad = events[7].photo_id

    async def handle(deliveries: Sequence[Delivery]) -> None:
        ids = [str(delivery.meta.key) for delivery in deliveries]
        if bad in ids:
            raise RuntimeError("one of them")
        good.extend(ids)

    broker = bench.broker()
    broker.subscribe_batch(bench.topic, group=bench.service, handle=handle, types={PhotoPurged})
    await bench.write(*events, raw=POISON[:1])
    await broker.start()

    await eventually(lambda: len(set(good)) == 19, "the others are handled")

    async def dead() -> bool:
        return len(await dead_letters(bench.settings, bench.service)) == 2

    await eventually(dead, "the bad ones are given up")


async def test_a_fanout_sees_what_comes_from_now_on_on_every_replica(bench: Bench) -> None:
    seen: dict[int, list[str]] = {0: [], 1: []}
    for mine in seen.values():
        broker = bench.broker()

        async def handle(delivery: Delivery, mine: list[str] = mine) -> None:
            mine.append(delivery.meta.key)

        broker.subscribe_fanout(bench.topic, handle=handle, types={PhotoPurged})
        await broker.start()
    event = _event()
    await bench.write(event)

    await eventually(
        lambda: seen == {0: [event.photo_id], 1: [event.photo_id]}, "both replicas see it"
    )


async def test_what_was_handled_is_not_handled_again_after_a_restart(bench: Bench) -> None:
    seen: list[str] = []
    first = bench.broker()
    _handling(first, bench, lambda event, _: seen.append(event.photo_id))
    one, two = _event(), _event()
    await bench.write(one)
    await first.start()
    await eventually(lambda: seen == [one.photo_id], "the first is handled")
    await first.stop()
    await bench.write(two)

    second = bench.broker()
    _handling(second, bench, lambda event, _: seen.append(event.photo_id))
    await second.start()

    await eventually(lambda: len(seen) >= 2, "the second is handled")
    assert seen == [one.photo_id, two.photo_id]
