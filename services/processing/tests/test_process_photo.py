"""One photo through the service: storage and Kafka are fakes, child processes are real."""

import asyncio
import hashlib
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from services.processing.tests import pictures
from services.processing.tests.conftest import Component

from pichaven_chassis.child_process.child import FailureKind
from pichaven_chassis.child_process.pool import ChildPool
from pichaven_chassis.child_process.process import ChildFailed
from pichaven_chassis.child_process.run_time import RunTime
from pichaven_chassis.events import PermanentError
from pichaven_contracts.photo import Lane, ProgressState
from pichaven_processing.imaging.step import Step
from pichaven_processing.photos.derived_keys import derived_prefix
from pichaven_processing.photos.fetch_original import OriginalMissing
from pichaven_processing.photos.process_photo import LAST_ATTEMPT
from testing.memory_object_store import MemoryObjectStore

Start = Callable[..., Awaitable[Component]]


class BrokenStore(MemoryObjectStore):
    """Refuses to write one key's end, as a full disk would."""

    def __init__(self, ending: str) -> None:
        super().__init__()
        self.ending = ending

    async def put_file(self, key: str, path: Path, *, content_type: str) -> None:
        if self.ending and key.endswith(self.ending):
            raise RuntimeError("no space left")
        await super().put_file(key, path, content_type=content_type)


class SlowlyBrokenStore(MemoryObjectStore):
    """Refuses the first write of one key's end, once `go_on` is set."""

    def __init__(self, ending: str) -> None:
        super().__init__()
        self.ending = ending
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def put_file(self, key: str, path: Path, *, content_type: str) -> None:
        if key.endswith(self.ending) and not self.reached.is_set():
            self.reached.set()
            await self.go_on.wait()
            raise RuntimeError("no space left")
        await super().put_file(key, path, content_type=content_type)


async def test_a_photo_is_processed_and_its_event_has_everything(start: Start) -> None:
    service = await start()
    words = {0x010E: pictures.ascii_("The caption"), 0x9C9B: pictures.windows("The title")}
    photo = await service.put_original(pictures.jpeg(2400, 1800, exif=pictures.exif(main=words)))

    await service.process(photo)

    [event] = service.processed
    prefix = derived_prefix(photo.owner_id, photo.photo_id, photo.sha256)
    assert event.content_type == "image/jpeg"
    assert (event.width, event.height) == (2400, 1800)
    assert event.size == photo.size
    assert {variant.key for variant in event.variants} == service.derived
    assert all(key.startswith(prefix) for key in service.derived)
    for variant in event.variants:
        assert len(service.store.objects[variant.key]) == variant.bytes
        assert service.store.content_types[variant.key] == f"image/{variant.format}"
    assert event.exif.camera == "Nikon D850"
    assert event.location is not None
    named = (event.location.city, event.location.region, event.location.country)
    assert named == ("Sydney", "New South Wales", "Australia")
    assert event.taken_at is not None
    assert event.taken_at.at == datetime(2024, 5, 6, 5, 8, 9, 250_000, tzinfo=UTC)
    assert (event.rating, event.title, event.caption) == (4, "The title", "The caption")
    assert service.spooled == []


async def test_every_step_is_reported_in_order_and_the_percentage_only_grows(start: Start) -> None:
    service = await start()
    photo = await service.put_original(pictures.jpeg())

    await service.process(photo)

    reported = [(event.step, event.state) for event in service.progress]
    assert reported == [
        (step.value, state)
        for step in Step
        for state in (ProgressState.STARTED, ProgressState.DONE)
    ]
    percents = [event.percent for event in service.progress]
    assert percents == sorted(percents)
    assert percents[-1] == 100


async def test_processing_again_writes_the_same_keys_and_the_same_event_id(start: Start) -> None:
    service = await start()
    photo = await service.put_original(pictures.jpeg())

    await service.process(photo)
    keys = set(service.store.objects)
    await service.process(photo)

    assert set(service.store.objects) == keys
    assert len(set(service.publisher.event_ids)) == 1


async def test_the_clients_time_is_used_where_the_file_has_none(start: Start) -> None:
    service = await start()
    claimed = datetime(2020, 2, 3, tzinfo=UTC)
    photo = await service.put_original(pictures.jpeg())

    await service.process(photo.model_copy(update={"taken_at": claimed}))

    taken = service.processed[0].taken_at
    assert taken is not None
    assert (taken.at, taken.source) == (claimed, "client")


REFUSED = {
    "text": (b"This is not a picture, though it is named photo.jpg.", "unsupported_media_type"),
    "cut jpeg": (pictures.jpeg()[:9000], "damaged_file"),
    "bomb": (pictures.bomb_png(), "too_many_pixels"),
    "nothing": (b"", "hash_mismatch"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_file_that_can_never_be_a_photo_is_rejected_and_leaves_nothing(
    start: Start, name: str
) -> None:
    data, code = REFUSED[name]
    service = await start()
    photo = await service.put_original(data)

    await service.process(photo)

    [event] = service.rejected
    assert (event.code, event.revision, event.sha256) == (code, 1, photo.sha256)
    assert event.object_key == photo.object_key
    assert event.message.endswith(".")
    assert service.processed == []
    assert service.derived == set()
    assert service.spooled == []
    last = service.progress[-1]
    assert (last.state, last.message) == (ProgressState.FAILED, event.message)


async def test_other_bytes_than_announced_are_rejected(start: Start) -> None:
    service = await start()
    photo = await service.put_original(pictures.jpeg(), sha256=hashlib.sha256(b"other").hexdigest())

    await service.process(photo)

    assert [event.code for event in service.rejected] == ["hash_mismatch"]


async def test_a_file_beyond_the_byte_limit_is_not_even_fetched(start: Start) -> None:
    service = await start(max_mb=1)
    photo = await service.put_original(b"\xff\xd8\xff" + bytes(1_100_000))
    service.store.objects.clear()

    await service.process(photo)

    assert [event.code for event in service.rejected] == ["too_large"]


async def test_when_one_variant_cannot_be_written_none_is_announced_until_all_are(
    start: Start,
) -> None:
    store = BrokenStore("800.jpeg")
    service = await start(store)
    photo = await service.put_original(pictures.jpeg())

    with pytest.raises(RuntimeError, match="no space"):
        await service.process(photo)

    assert service.publisher.events == []
    assert service.progress[-1].state is ProgressState.RETRYING

    store.ending = ""
    await service.process(photo, attempt=1)

    [event] = service.processed
    assert {variant.key for variant in event.variants} == service.derived


async def test_a_run_that_fails_leaves_what_an_overlapping_one_announced(start: Start) -> None:
    store = SlowlyBrokenStore("800.jpeg")
    service = await start(store)
    photo = await service.put_original(pictures.jpeg())
    loser = asyncio.create_task(service.process(photo))
    await store.reached.wait()
    await service.process(photo)
    keys = {variant.key for variant in service.processed[0].variants}

    store.go_on.set()
    with pytest.raises(RuntimeError, match="no space"):
        await loser

    assert service.derived == keys


async def test_a_purge_that_meets_a_run_which_fails_leaves_nothing(start: Start) -> None:
    store = SlowlyBrokenStore("800.jpeg")
    service = await start(store)
    photo = await service.put_original(pictures.jpeg())
    work = asyncio.create_task(service.process(photo))
    await store.reached.wait()
    await service.purge(photo)
    late = derived_prefix(photo.owner_id, photo.photo_id, photo.sha256) + "150.jpeg"
    await store.put(late, b"after the purge", content_type="image/jpeg")

    store.go_on.set()
    await work

    assert service.derived == set()
    assert service.publisher.events == []


async def test_a_later_run_that_fails_leaves_what_was_announced(start: Start) -> None:
    store = BrokenStore("")
    service = await start(store)
    photo = await service.put_original(pictures.jpeg())
    await service.process(photo)
    keys = {variant.key for variant in service.processed[0].variants}

    store.ending = "800.jpeg"
    with pytest.raises(RuntimeError):
        await service.process(photo)

    assert service.derived == keys


async def test_a_missing_original_is_looked_for_again_and_then_given_up(start: Start) -> None:
    service = await start()
    photo = await service.put_original(pictures.jpeg())
    service.store.objects.clear()

    with pytest.raises(OriginalMissing):
        await service.process(photo)
    await service.process(photo, attempt=LAST_ATTEMPT)

    assert [event.code for event in service.rejected] == ["processing_failed"]


async def test_a_photo_that_fails_to_be_made_anew_keeps_what_it_has(start: Start) -> None:
    service = await start()
    photo = await service.put_original(pictures.jpeg())
    await service.process(photo)
    before = service.derived
    service.store.objects[photo.object_key] = b"bytes rot"

    with pytest.raises(PermanentError, match="hash_mismatch"):
        await service.process(photo, reprocess=True)

    assert service.derived == before
    assert service.rejected == []


async def test_giving_up_rejects_no_photo_that_another_delivery_processed(start: Start) -> None:
    service = await start()
    photo = await service.put_original(pictures.jpeg())
    await service.process(photo)
    del service.store.objects[photo.object_key]

    with pytest.raises(PermanentError, match="processing_failed"):
        await service.process(photo, attempt=LAST_ATTEMPT)

    assert service.rejected == []


async def test_a_stuck_photo_that_is_asked_for_again_can_still_be_rejected(start: Start) -> None:
    service = await start()
    photo = await service.put_original(b"no picture")

    await service.process(photo, reprocess=True)

    assert [event.code for event in service.rejected] == ["unsupported_media_type"]


async def test_a_purge_removes_every_derived_object_of_the_photo_and_of_no_other(
    start: Start,
) -> None:
    service = await start()
    photo = await service.put_original(pictures.jpeg())
    other = await service.put_original(pictures.jpeg(320, 240))
    await service.process(photo)
    await service.process(other)
    old = f"derived/{photo.owner_id}/{photo.photo_id}/0123456789abcdef-p0/150.jpeg"
    await service.store.put(old, b"of an older pipeline", content_type="image/jpeg")

    await service.purge(photo)
    await service.purge(photo)

    assert {key.split("/")[2] for key in service.derived} == {other.photo_id}


@pytest.mark.parametrize("step", [Step.VERIFY_HASH, Step.DECODE, Step.STORE])
async def test_a_purge_that_meets_the_photo_in_work_leaves_nothing(
    start: Start, step: Step
) -> None:
    service = await start()
    photo = await service.put_original(pictures.jpeg())
    send = service.publisher.send_progress

    async def purge_at_step(event: object) -> None:
        if getattr(event, "step", None) == step.value:
            await service.purge(photo)
        await send(event)  # type: ignore[arg-type]

    service.publisher.send_progress = purge_at_step  # type: ignore[method-assign]

    await service.process(photo)
    await service.process(photo)

    assert service.derived == set()
    assert service.processed == []


async def test_a_purge_elsewhere_is_made_good_when_gallery_asks_again(start: Start) -> None:
    here, elsewhere = await start(), await start()
    elsewhere.container.purge_photo._store = here.store
    photo = await here.put_original(pictures.jpeg())
    await elsewhere.purge(photo)

    await here.process(photo)
    assert len(here.processed) == 1, "the event by which gallery notices"
    await here.purge(photo)

    assert here.derived == set()


async def test_an_interactive_photo_is_done_while_bulk_ones_still_wait(start: Start) -> None:
    service = await start(workers=1)
    bulk = [
        await service.put_original(pictures.jpeg(1000 + n, 800), lane=Lane.BULK) for n in range(5)
    ]
    tasks = [asyncio.create_task(service.process(photo)) for photo in bulk]
    by_hand = await service.put_original(pictures.jpeg())

    await service.process(by_hand)

    assert not all(task.done() for task in tasks)
    await asyncio.gather(*tasks)
    assert len(service.processed) == 6


async def test_a_failed_attempt_is_tried_again_and_the_last_one_rejects(start: Start) -> None:
    service = await start()
    photo = await service.put_original(pictures.jpeg(2400, 1800))
    send = service.publisher.send_progress

    async def kill_at_decode(event: object) -> None:
        if getattr(event, "step", None) == Step.DECODE.value:
            for pid in service.container.process_photo._imaging[Lane.INTERACTIVE].pids:
                os.kill(pid, signal.SIGKILL)
        await send(event)  # type: ignore[arg-type]

    service.publisher.send_progress = kill_at_decode  # type: ignore[method-assign]

    with pytest.raises(ChildFailed):
        await service.process(photo)
    assert service.progress[-1].state is ProgressState.RETRYING
    await service.process(photo, attempt=LAST_ATTEMPT)

    [event] = service.rejected
    assert event.code == "processing_failed"
    assert "unexpectedly" in event.message
    assert service.derived == set()
    assert service.spooled == []


async def test_a_picture_that_takes_too_long_is_rejected_with_that_reason(start: Start) -> None:
    service = await start(timeout_s=0.001)
    photo = await service.put_original(pictures.jpeg())

    await service.process(photo, attempt=LAST_ATTEMPT)

    [event] = service.rejected
    assert event.code == "processing_failed"
    assert "too long" in event.message
    assert service.derived == set()


ONCE, TWICE, ALWAYS = 0, 1, LAST_ATTEMPT
FAILURES = {
    "a decoder that computes on": (
        ChildFailed(FailureKind.TIMEOUT, run_time=RunTime(running=100)),
        ONCE,
    ),
    "a decoder that stands still": (
        ChildFailed(FailureKind.TIMEOUT, run_time=RunTime(running=1)),
        TWICE,
    ),
    "a decoder that others keep from running": (
        ChildFailed(FailureKind.TIMEOUT, run_time=RunTime(running=30, waiting=90)),
        ALWAYS,
    ),
    "a fault": (ChildFailed(FailureKind.CRASH, exit_code=-signal.SIGSEGV), TWICE),
    "a kill": (ChildFailed(FailureKind.CRASH, exit_code=-signal.SIGKILL), ALWAYS),
    "too little memory": (ChildFailed(FailureKind.MEMORY), TWICE),
    "an error of the machine": (ChildFailed(FailureKind.ERROR), ALWAYS),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_failure_is_tried_again_only_while_another_end_is_likely(
    start: Start, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    failure, last = FAILURES[name]

    async def fail(*_: object, **__: object) -> dict[str, object]:
        raise failure

    service = await start(timeout_s=120)
    monkeypatch.setattr(ChildPool, "request", fail)
    photo = await service.put_original(pictures.jpeg())

    for attempt in range(last):
        with pytest.raises(ChildFailed):
            await service.process(photo, attempt=attempt)
    await service.process(photo, attempt=last)

    assert [event.code for event in service.rejected] == ["processing_failed"]
