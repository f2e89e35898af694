"""The chassis's promises about events, on a real Kafka.

Poison of each kind is dead-lettered with its reason while later records pass; a redrive brings
it back; an engine that is away makes consumption wait; nothing is lost over a crash.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError
from faststream.opentelemetry.middleware import BaseTelemetryMiddleware
from prometheus_client import REGISTRY

from pichaven_chassis.admin import dead_letters, redrive
from pichaven_chassis.events import (
    Delivery,
    EngineDown,
    EventBroker,
    EventMeta,
    Meta,
    PermanentError,
    container_of,
)
from pichaven_chassis.events.cloud_events import OutgoingRecord, encode, readable_headers
from pichaven_chassis.events.producer import RecordProducer
from pichaven_chassis.events.topics import delete_topics, ensure_topics
from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import PhotoPurged
from pichaven_contracts.topics import retry_topic
from testing.event_service import (
    EventService,
    Raw,
    new_event,
    running_event_service,
)
from testing.polling import eventually

pytestmark = pytest.mark.engines


@pytest.fixture
async def service(kafka_servers: str) -> AsyncIterator[EventService]:
    async with running_event_service(kafka_servers) as running:
        yield running


POISON: list[Raw] = [
    (b"\xff\xfenot json", [("ce_type", b"photo.purged.v1")]),
    (b"{}", [("ce_type", b"photo.purged.v1"), ("weird", b"\xff\xff")]),
    (b"0", []),
    (b'{"photo_id": "x"}', [("ce_type", b"photo.purged.v1")]),
    (None, []),
    (b"{}", [("weird", b"\xff\xff")]),
]


async def test_poison_is_dead_lettered_with_its_reason_while_later_photos_pass(
    service: EventService,
) -> None:
    photo_ids: list[str] = []
    broker = service.broker(service.handling(lambda event, _: photo_ids.append(event.photo_id)))
    later = new_event()
    await service.write(later, raw=POISON)

    await broker.start()
    await eventually(lambda: later.photo_id in photo_ids, "the later photo is handled")

    await eventually(
        lambda: service.has_dead_letters(len(POISON)), "every poison record is a dead letter"
    )
    for record in await dead_letters(service.settings, service.service):
        headers = readable_headers(record)
        assert headers["x-error"]
        assert headers["x-orig-topic"] == service.topic.name
        assert headers["x-attempt"] == "1"


async def test_a_failing_record_is_tried_on_every_tier_and_a_redrive_heals_it(
    service: EventService,
) -> None:
    attempts: list[int] = []
    healed: list[str] = []
    mended = False

    def act(event: PhotoPurged, meta: EventMeta) -> None:
        attempts.append(meta.attempt)
        if not mended:
            raise RuntimeError("a bug")
        healed.append(event.photo_id)

    broker = service.broker(service.handling(act))
    event = new_event()
    await service.write(event)
    await broker.start()

    await eventually(lambda: service.has_dead_letters(1), "the record is given up")
    assert attempts == [0, 1, 2, 3]
    mended = True
    dead = await dead_letters(service.settings, service.service)
    await redrive(service.settings, service.service, dead)

    await eventually(lambda: healed == [event.photo_id], "the redriven record is handled")


async def test_the_delay_before_a_retry_does_not_count_as_handling(service: EventService) -> None:
    service.settings = service.settings.model_copy(update={"retry_delays": "2,2,2"})
    attempts: list[int] = []

    def act(_event: PhotoPurged, meta: EventMeta) -> None:
        attempts.append(meta.attempt)
        if meta.attempt == 0:
            raise RuntimeError("once")

    def handling_s() -> float | None:
        labels = {"group": service.service, "type": "photo.purged.v1", "outcome": "done"}
        return REGISTRY.get_sample_value("pichaven_event_handling_seconds_sum", labels)

    await service.write(new_event())
    await service.broker(service.handling(act)).start()

    await eventually(lambda: handling_s() is not None, "the retry is measured")
    assert attempts == [0, 1]
    assert 0 < (handling_s() or 0) < 1


async def test_a_permanent_fault_is_not_tried_again(service: EventService) -> None:
    tries: list[int] = []

    def act(_event: PhotoPurged, meta: EventMeta) -> None:
        tries.append(meta.attempt)
        raise PermanentError("never")

    broker = service.broker(service.handling(act))
    await service.write(new_event())
    await broker.start()

    await eventually(lambda: service.has_dead_letters(1), "the record is given up")
    assert tries == [0]


async def test_an_engine_that_is_away_is_waited_for_and_nothing_is_dead_lettered(
    service: EventService,
) -> None:
    attempts: list[tuple[str, int]] = []
    away = 3

    def act(event: PhotoPurged, meta: EventMeta) -> None:
        nonlocal away
        if away > 0:
            away -= 1
            raise EngineDown("mongo")
        attempts.append((event.photo_id, meta.attempt))

    broker = service.broker(service.handling(act))
    event = new_event()
    await service.write(event)
    await broker.start()

    await eventually(lambda: attempts == [(event.photo_id, 0)], "handled once the engine is back")
    assert await dead_letters(service.settings, service.service) == []


async def test_what_cannot_be_read_is_dead_lettered_once_while_an_engine_is_away(
    service: EventService,
) -> None:
    rounds = 0
    keys: set[str] = set()
    router = service.router()

    @router.on_batch(service.topic, types={PhotoPurged}, group=service.service)
    async def handle(deliveries: list[Delivery]) -> None:
        nonlocal rounds
        rounds += 1
        if rounds <= 3:
            raise EngineDown("mongo")
        keys.update(delivery.meta.key for delivery in deliveries)

    events = [new_event() for _ in range(20)]
    await service.write(*events, raw=POISON[:1])
    await service.broker(router).start()

    await eventually(lambda: keys == {event.photo_id for event in events}, "all are handled")
    await eventually(lambda: service.has_dead_letters(1), "what cannot be read is a dead letter")
    assert len(await dead_letters(service.settings, service.service)) == 1


async def test_a_start_that_fails_half_way_leaves_no_consumer_behind(
    service: EventService, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo_ids: list[str] = []
    broker = service.broker(service.handling(lambda event, _: photo_ids.append(event.photo_id)))
    calls: list[str] = []
    broker.when_started(lambda: calls.append("started"))
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

    assert calls == []

    await broker.start()
    assert calls == ["started"]
    event = new_event()
    await service.write(event)
    await eventually(lambda: photo_ids == [event.photo_id], "handled once")


async def test_one_bad_event_of_a_batch_costs_the_others_nothing(service: EventService) -> None:
    good: list[str] = []
    events = [new_event() for _ in range(20)]
    bad = events[7].photo_id
    router = service.router()

    @router.on_batch(service.topic, types={PhotoPurged}, group=service.service)
    async def handle(deliveries: list[Delivery]) -> None:
        ids = [str(delivery.meta.key) for delivery in deliveries]
        if bad in ids:
            raise RuntimeError("one of them")
        good.extend(ids)

    await service.write(*events, raw=POISON[:1])
    await service.broker(router).start()

    await eventually(lambda: len(set(good)) == 19, "the others are handled")
    await eventually(lambda: service.has_dead_letters(2), "the bad ones are given up")


async def test_a_topic_created_after_the_start_is_read_from_its_beginning(
    service: EventService,
) -> None:
    handled: list[str] = []
    router = service.router()
    models = f"{service.service}.models"
    family = replace(service.topic, name=f"{models}.{{model}}", pattern=rf"^{models}\.[a-z]+$")

    @router.on_batch(service.topic, family, types={PhotoPurged}, group=service.service)
    async def handle(deliveries: list[Delivery]) -> None:
        handled.extend(delivery.meta.key for delivery in deliveries)

    broker = service.broker(router)
    await broker.start()
    first, *early = (new_event() for _ in range(11))
    await service.write(first)
    await eventually(lambda: handled == [first.photo_id], "the topic that existed is read")
    new = replace(family, name=f"{models}.one", pattern=None)
    await ensure_topics(service.settings, [new])
    await service.write(*early, topic=new)

    await eventually(
        lambda: sorted(handled) == sorted(each.photo_id for each in (first, *early)),
        "the new topic is read from its beginning, each record once",
    )
    await delete_topics(service.settings, [new.name])
    last = new_event()
    await service.write(last)
    await eventually(lambda: handled[-1] == last.photo_id, "the others are read on")
    await eventually(lambda: _is_ready(broker), "a deleted topic is no stall")
    assert await dead_letters(service.settings, service.service) == []


async def test_a_topic_that_is_deleted_under_load_stops_no_consumer(
    service: EventService,
) -> None:
    handled: set[str] = set()
    router = service.router()
    models = f"{service.service}.models"
    family = replace(service.topic, name=f"{models}.{{model}}", pattern=rf"^{models}\.[a-z]+$")
    old = replace(family, name=f"{models}.old", pattern=None)

    @router.on_batch(
        service.topic, family, types={PhotoPurged}, group=service.service, max_wait_ms=10
    )
    async def handle(deliveries: list[Delivery]) -> None:
        handled.update(delivery.meta.key for delivery in deliveries)

    await ensure_topics(service.settings, [old])
    broker = service.broker(router)
    await broker.start()
    embedded = [new_event() for _ in range(20)]
    await service.write(*embedded, topic=old)
    await eventually(
        lambda: handled == {each.photo_id for each in embedded}, "the old topic is read"
    )
    events = [new_event() for _ in range(3_000)]
    writing = asyncio.create_task(service.write(*events))
    await eventually(lambda: len(handled) > len(embedded) + 100, "both topics' offsets are known")
    await delete_topics(service.settings, [old.name])
    await writing
    last = new_event()
    await service.write(last)

    await eventually(lambda: last.photo_id in handled, "the other topic is read on", 30)
    assert {each.photo_id for each in events} <= handled


async def test_a_record_that_fails_before_its_handler_commits_its_own_offset_alone(
    service: EventService, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled: list[str] = []
    commits: list[object] = []
    trace, commit = BaseTelemetryMiddleware.consume_scope, AIOKafkaConsumer.commit
    failures = 1

    async def failing_trace(middleware: Any, call_next: Any, message: Any) -> Any:
        nonlocal failures
        if failures:
            failures -= 1
            raise RuntimeError("no span")
        return await trace(middleware, call_next, message)

    async def recording_commit(consumer: AIOKafkaConsumer, offsets: object = None) -> None:
        commits.append(offsets)
        await commit(consumer, offsets)

    monkeypatch.setattr(BaseTelemetryMiddleware, "consume_scope", failing_trace)
    monkeypatch.setattr(AIOKafkaConsumer, "commit", recording_commit)
    event = new_event()
    await service.write(event)
    await service.broker(service.handling(lambda event, _: handled.append(event.photo_id))).start()

    await eventually(lambda: handled == [event.photo_id], "the retry handles it")
    await eventually(lambda: len(commits) == 2, "the record and its retry are committed")
    assert None not in commits, "a commit without offsets covers all that is assigned"


async def _is_ready(broker: EventBroker) -> bool:
    try:
        await broker.ready_check.probe()
    except Exception:
        return False
    return True


SeenIds = Annotated[list[str], container_of(list)]


async def test_every_replica_sees_what_comes_from_its_start_on(service: EventService) -> None:
    photo_ids: dict[int, list[str]] = {0: [], 1: []}
    router = service.router()

    @router.on_every_replica(service.topic, PhotoPurged)
    async def handle(event: PhotoPurged, container: SeenIds) -> None:
        container.append(event.photo_id)

    for mine in photo_ids.values():
        broker = service.broker(router)
        broker.container = mine
        await broker.start()
    event = new_event()
    await service.write(event)

    await eventually(
        lambda: photo_ids == {0: [event.photo_id], 1: [event.photo_id]}, "both replicas see it"
    )


async def test_what_was_handled_is_not_handled_again_after_a_restart(
    service: EventService,
) -> None:
    photo_ids: list[str] = []
    router = service.handling(lambda event, _: photo_ids.append(event.photo_id))
    first = service.broker(router)
    one, two = new_event(), new_event()
    await service.write(one)
    await first.start()
    await eventually(lambda: photo_ids == [one.photo_id], "the first is handled")
    await first.stop()
    await service.write(two)

    await service.broker(router).start()

    await eventually(lambda: len(photo_ids) >= 2, "the second is handled")
    assert photo_ids == [one.photo_id, two.photo_id]


async def test_a_record_whose_dead_letter_kafka_does_not_take_is_not_lost(
    service: EventService, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = RecordProducer.send
    refusals = 2

    async def refusing(producer: RecordProducer, *records: OutgoingRecord) -> None:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise EngineDown("Kafka")
        await send(producer, *records)

    monkeypatch.setattr(RecordProducer, "send", refusing)
    later: list[str] = []
    broker = service.broker(service.handling(lambda event, _: later.append(event.photo_id)))
    event = new_event()
    await service.write(event, raw=POISON[:1])
    await broker.start()

    await eventually(lambda: service.has_dead_letters(1), "it is dead-lettered at last")
    await eventually(lambda: later == [event.photo_id], "and the later photo is handled once")
    assert refusals == 0


async def test_a_retried_record_of_a_group_that_is_gone_is_dead_lettered(
    service: EventService,
) -> None:
    photo_ids: list[str] = []
    event = new_event()
    record = encode(event, event_id=new_id(), source="test")
    of_gone = OutgoingRecord(
        retry_topic(service.service, 1),
        record.key,
        record.value,
        [*record.headers, ("x-group", b"gone"), ("x-orig-topic", service.topic.name.encode())],
    )
    broker = service.broker(service.handling(lambda event, _: photo_ids.append(event.photo_id)))
    await broker.start()
    await broker.send(of_gone)

    await eventually(lambda: service.has_dead_letters(1), "nobody can retry it")
    [dead] = await dead_letters(service.settings, service.service)
    headers = readable_headers(dead)
    assert headers["x-group"] == "gone"
    assert "gone" in headers["x-error"]
    assert photo_ids == []


class Counts:
    """The container of the test's service."""

    def __init__(self) -> None:
        self.by_topic: dict[str, int] = {}


EventContainer = Annotated[Counts, container_of(Counts)]


async def test_a_handler_of_two_topics_gets_its_container_and_foreign_types_are_passed_over(
    service: EventService,
) -> None:
    router = service.router()

    @router.on(service.topic, PhotoPurged, group=service.service)
    @router.on(service.other_topic, PhotoPurged, group=service.service)
    async def count(event: PhotoPurged, meta: Meta, container: EventContainer) -> None:
        assert event.key == meta.key
        container.by_topic[meta.topic] = container.by_topic.get(meta.topic, 0) + 1

    broker = service.broker(router)
    broker.container = counts = Counts()
    foreign: Raw = (b"not even JSON", [("ce_type", b"photo.rejected.v1")])
    for topic in (service.topic, service.other_topic):
        await service.write(new_event(), topic=topic, raw=[foreign])
    await broker.start()

    await eventually(
        lambda: counts.by_topic == {service.topic.name: 1, service.other_topic.name: 1},
        "an event of each topic is handled",
    )
    assert await dead_letters(service.settings, service.service) == []
