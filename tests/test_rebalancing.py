"""What consumers do when members come, go and die, on a real Kafka."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from pichaven_chassis.admin import dead_letters
from pichaven_chassis.events import Delivery, EventRouter
from pichaven_contracts.photo import PhotoPurged
from testing.event_service import EventService, new_event, running_event_service
from testing.polling import eventually

pytestmark = pytest.mark.engines

CRASHING = Path(__file__).parents[1] / "testing" / "crashing_consumer.py"


@pytest.fixture
async def service(kafka_servers: str) -> AsyncIterator[EventService]:
    async with running_event_service(kafka_servers) as running:
        yield running


class SlowWork:
    """Counts how often each event is begun and done, and how many are in hand at once."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.begun: list[str] = []
        self.done: list[str] = []
        self.in_hand: list[str] = []
        self.most_at_once = 0

    async def __call__(self, *ids: str) -> None:
        assert not set(ids) & set(self.in_hand), "two members handle one event at once"
        self.begun += ids
        self.in_hand += ids
        self.most_at_once = max(self.most_at_once, len(self.in_hand))
        await asyncio.sleep(self.seconds)
        self.in_hand = [each for each in self.in_hand if each not in ids]
        self.done += ids


def _one_by_one(service: EventService, work: SlowWork, *, workers: int = 1) -> EventRouter:
    router = service.router()

    @router.on(service.topic, PhotoPurged, group=service.service, workers=workers)
    async def handle(event: PhotoPurged) -> None:
        await work(event.photo_id)

    return router


def _in_batches(service: EventService, work: SlowWork) -> EventRouter:
    router = service.router()

    @router.on_batch(service.topic, types={PhotoPurged}, group=service.service, max_records=3)
    async def handle(deliveries: list[Delivery]) -> None:
        await work(*(delivery.meta.key for delivery in deliveries))

    return router


@pytest.mark.parametrize("kind", ["one by one", "in batches", "by several workers"])
async def test_a_member_that_joins_takes_over_only_what_is_done(
    service: EventService, kind: str
) -> None:
    work = SlowWork(0.4)
    router = (
        _in_batches(service, work)
        if kind == "in batches"
        else _one_by_one(service, work, workers=2 if kind == "by several workers" else 1)
    )
    events = [new_event() for _ in range(16)]
    await service.write(*events)
    await service.broker(router).start()
    await eventually(lambda: len(work.begun) > 0, "the first member is at work")

    await service.broker(router).start()

    ids = sorted(event.photo_id for event in events)
    await eventually(lambda: len(work.done) >= len(ids), "all are handled", 30)
    assert sorted(work.begun) == ids
    assert sorted(work.done) == ids


async def test_the_lag_is_what_waits_here(service: EventService) -> None:
    work = SlowWork(0.4)
    broker = service.broker(_one_by_one(service, work))
    await service.write(*(new_event() for _ in range(16)))
    await broker.start()

    async def lag() -> float | None:
        await broker.ready_check.probe()
        labels = {"group": service.service, "topic": service.topic.name}
        return REGISTRY.get_sample_value("pichaven_consumer_lag", labels)

    async def waits() -> bool:
        return bool(await lag())

    await eventually(waits, "records wait")
    # As after a rebalance that gave all partitions to others.
    await broker.stop()

    assert await lag() == 0


async def test_a_member_that_leaves_ends_what_it_has_begun(service: EventService) -> None:
    work = SlowWork(2)
    router = _one_by_one(service, work, workers=2)
    events = [new_event() for _ in range(10)]
    leaving, staying = service.broker(router), service.broker(router)
    await service.write(*events)
    await leaving.start()
    await eventually(lambda: work.most_at_once == 2, "both workers are at work")

    await asyncio.gather(leaving.stop(), staying.start())

    work.seconds = 0.1
    ids = sorted(event.photo_id for event in events)
    await eventually(lambda: len(work.done) >= len(ids), "all are handled", 30)
    assert sorted(work.begun) == ids


async def test_a_record_in_hand_at_a_kill_is_handled_by_another_member(
    service: EventService,
) -> None:
    event = new_event()
    await service.write(event)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(CRASHING),
        service.settings.bootstrap_servers,
        service.service,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        assert line.decode().strip() == f"begun {event.photo_id}"
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()

    photo_ids: list[str] = []
    router = service.handling(lambda event, _: photo_ids.append(event.photo_id))
    await service.broker(router).start()

    await eventually(lambda: photo_ids == [event.photo_id], "the killed member's record", 30)
    assert await dead_letters(service.settings, service.service) == []
