"""Two instances of one service, one with a group suffix, on a real Kafka.

Each sees every record, from its own start.
"""

from collections.abc import AsyncIterator

import pytest

from pichaven_chassis.admin import dead_letters
from pichaven_chassis.events import EventMeta
from pichaven_chassis.events.consumers import suffix_of, with_suffix
from pichaven_contracts.photo import PhotoPurged
from testing.event_service import EventService, new_event, running_event_service
from testing.polling import eventually

pytestmark = pytest.mark.engines


@pytest.fixture
async def service(kafka_servers: str) -> AsyncIterator[EventService]:
    async with running_event_service(kafka_servers) as running:
        yield running


async def _write(service: EventService, count: int) -> list[str]:
    events = [new_event() for _ in range(count)]
    await service.write(*events)
    return [event.photo_id for event in events]


async def _start(service: EventService, suffix: str, *, fails: int = 0) -> list[str]:
    """Return the list that handled photos are put on; the first `fails` tries raise."""
    photo_ids: list[str] = []
    failures = [fails]

    def act(event: PhotoPurged, _meta: EventMeta) -> None:
        if failures[0]:
            failures[0] -= 1
            raise RuntimeError("a bug")
        photo_ids.append(event.photo_id)

    await service.broker(service.handling(act), group_suffix=suffix).start()
    return photo_ids


def test_a_group_tells_its_suffix() -> None:
    assert suffix_of(with_suffix("ml-commands", "next")) == "next"
    assert suffix_of(with_suffix("ml-commands", "")) == ""


async def test_a_suffixed_instance_begins_at_its_start_and_goes_on_where_it_was(
    service: EventService,
) -> None:
    before = await _write(service, 4)
    force = await _start(service, "")
    beside = await _start(service, "next")
    during = await _write(service, 4)
    await eventually(lambda: set(force) == {*before, *during}, "the one in force has all")
    await eventually(lambda: set(beside) == set(during), "the other all since its start")
    await service.brokers[1].stop()
    meanwhile = await _write(service, 4)
    again = await _start(service, "next")
    await eventually(lambda: set(again) >= set(meanwhile), "nothing is passed over by a restart")
    assert not set(again) & set(before)


async def test_neither_takes_nor_buries_what_the_other_tries_again(service: EventService) -> None:
    force = await _start(service, "", fails=2)
    beside = await _start(service, "next", fails=1)
    ids = await _write(service, 1)
    await eventually(lambda: force == ids and beside == ids, "each heals its own")
    assert await dead_letters(service.settings, service.service) == []
