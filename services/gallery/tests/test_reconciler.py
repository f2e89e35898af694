"""Stuck photos are requested again, and fail as `processing_stalled` in the end."""

import asyncio
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from services.gallery.tests.conftest import Gallery, StartGallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_contracts.event import Event
from pichaven_contracts.photo import (
    Lane,
    PhotoChanged,
    PhotoReanalyzeRequested,
    PhotoReprocessRequested,
    ProgressState,
)


async def sweep(gallery: Gallery, **advance: float) -> list[Event]:
    """Return what a sweep publishes after this time."""
    await gallery.published_events()
    gallery.sent.records.clear()
    gallery.clock.advance(**advance)
    await gallery.container.reconcile_photos()
    return list(await gallery.published_events())


async def test_a_photo_stuck_in_processing_is_requested_with_backoff_then_fails(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(processing_attempts=3)
    story = Story(owner)
    await gallery.ingest(story.uploaded_event())

    async def begin() -> None:
        moment = gallery.clock() + timedelta(milliseconds=1)
        await gallery.progress(story.progressed_event("decode", occurred_at=moment))

    await begin()
    assert await sweep(gallery, minutes=4) == []
    for minutes in (2, 11, 21):
        [request] = await sweep(gallery, minutes=minutes)
        assert isinstance(request, PhotoReprocessRequested)
        assert request.original == story.uploaded_event()
        assert await sweep(gallery, minutes=0) == []
        await begin()
    [failed] = await sweep(gallery, minutes=41)
    assert isinstance(failed, PhotoChanged)
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["failure"]["code"] == "processing_stalled"
    assert await sweep(gallery, days=9) == []

    await gallery.ingest(story.processed_event())
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert (photo["status"], photo["failure"]) == ("ready", None)


async def test_a_queued_photo_is_requested_late_and_never_fails(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(processing_attempts=2)
    story = Story(owner)
    await gallery.ingest(story.uploaded_event())

    assert await sweep(gallery, minutes=29) == []
    for minutes in (2, 61, 121, 121):
        assert await sweep(gallery, minutes=minutes - 2) == []
        [request] = await sweep(gallery, minutes=2)
        assert isinstance(request, PhotoReprocessRequested)
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["status"] == "processing"


async def test_a_bulk_import_and_a_photo_with_progress_get_more_time(
    gallery: Gallery, owner: str
) -> None:
    bulk, moving = Story(owner), Story(owner)
    await gallery.ingest(bulk.uploaded_event(lane=Lane.BULK), moving.uploaded_event())
    gallery.clock.advance(minutes=4)
    await gallery.progress(moving.progressed_event("decode", occurred_at=gallery.clock()))

    assert await sweep(gallery, minutes=4) == []
    assert len(await sweep(gallery, minutes=2)) == 1
    assert len(await sweep(gallery, hours=5)) == 1
    assert len(await sweep(gallery, hours=1)) == 1


async def test_replicas_request_once(start_gallery: StartGallery, owner: str) -> None:
    gallery = await start_gallery()
    other = await start_gallery(clock=gallery.clock)
    await gallery.ingest(*(Story(owner).uploaded_event() for _ in range(5)))
    gallery.clock.advance(minutes=31)

    await asyncio.gather(
        *(replica.container.reconcile_photos() for replica in (gallery, other) * 2)
    )

    requests = [
        event
        for event in await gallery.published_events()
        if event.event_type.startswith("photo.r")
    ]
    assert len(requests) == 5


async def test_a_missing_analysis_is_requested_and_becomes_unavailable(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(analysis_attempts=2)
    story = await gallery.add_ready_photo(owner)
    path = f"/photos/{story.photo_id}"

    [request] = await sweep(gallery, minutes=11)
    assert isinstance(request, PhotoReanalyzeRequested)
    assert request.processed == story.processed_event()
    assert (await gallery.call(owner, "GET", path))["analysis"]["state"] == "pending"
    changed, request = await sweep(gallery, minutes=41)
    assert isinstance(changed, PhotoChanged)
    assert (await gallery.call(owner, "GET", path))["analysis"]["state"] == "unavailable"
    [request] = await sweep(gallery, days=1)
    assert isinstance(request, PhotoReanalyzeRequested)

    await gallery.ingest(story.tagged_event("dog"))
    photo = await gallery.call(owner, "GET", path)
    assert (photo["analysis"]["state"], photo["tags"][0]["name"]) == ("done", "dog")
    assert await sweep(gallery, days=9) == []


async def test_missing_tags_are_requested_a_few_times(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(analysis_attempts=2)
    story = await gallery.add_ready_photo(owner)
    await gallery.ingest(story.tagged_event(state="unavailable", vocabulary=None))
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["analysis"] == {
        "state": "done",
        "model": "pichaven-tiny",
        "tagging": "unavailable",
    }

    assert len(await sweep(gallery, minutes=11)) == 1
    assert len(await sweep(gallery, minutes=41)) == 1
    assert await sweep(gallery, days=30) == []


async def test_changed_timeouts_reschedule_photos(start_gallery: StartGallery, owner: str) -> None:
    hasty = await start_gallery(queue_timeout_s=1)
    await hasty.ingest(Story(owner).uploaded_event())
    calm = await start_gallery(clock=hasty.clock)
    hasty.clock.advance(seconds=10)

    assert (await calm.container.reconcile_photos()).count == 1
    assert (await calm.container.reconcile_photos()).count == 0
    assert hasty.clock() > UPLOADED_AT


async def _ingest_without_outcome(gallery: Gallery, story: Story, sign: str) -> None:
    await gallery.ingest(story.uploaded_event(lane=Lane.BULK))
    match sign:
        case "tags":
            await gallery.ingest(story.tagged_event("dog"))
        case "text":
            await gallery.ingest(story.text_read_event("done"))
        case "step_of_ml":
            await gallery.progress(story.progressed_event("embed"), source="/pichaven/ml")
        case "last_step_of_processing":
            await gallery.progress(story.progressed_event("store", ProgressState.DONE, percent=100))


@pytest.mark.parametrize("sign", ["tags", "text", "step_of_ml", "last_step_of_processing"])
async def test_a_photo_whose_outcome_is_missing_is_requested_within_minutes(
    gallery: Gallery, owner: str, sign: str
) -> None:
    story = Story(owner)
    await _ingest_without_outcome(gallery, story, sign)

    assert await sweep(gallery, seconds=50) == []
    [request] = await sweep(gallery, seconds=20)
    assert isinstance(request, PhotoReprocessRequested)
    assert request.original == story.uploaded_event(lane=Lane.BULK)
    assert await sweep(gallery, seconds=110) == []
    assert len(await sweep(gallery, seconds=20)) == 1

    await gallery.ingest(story.processed_event())
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["status"] == "ready"
    assert PhotoReprocessRequested not in map(type, await sweep(gallery, days=9))


async def test_an_outcome_that_comes_after_the_analysis_is_not_requested(
    gallery: Gallery, owner: str
) -> None:
    story = Story(owner)
    await _ingest_without_outcome(gallery, story, "tags")
    await gallery.ingest(story.processed_event())

    assert await sweep(gallery, minutes=40) == []


async def test_events_that_come_late_together_are_no_contradiction(
    gallery: Gallery, owner: str
) -> None:
    story = Story(owner)
    gallery.clock.advance(hours=3)
    await _ingest_without_outcome(gallery, story, "tags")

    assert await sweep(gallery, seconds=50) == []


async def test_an_analysis_before_the_rejection_says_nothing_about_reprocessing(
    gallery: Gallery, owner: str
) -> None:
    story = Story(owner)
    await gallery.ingest(story.uploaded_event(), story.processed_event(), story.tagged_event("dog"))
    rejected_at = UPLOADED_AT + timedelta(seconds=10)
    await gallery.ingest(story.rejected_event(occurred_at=rejected_at, code="processing_failed"))
    key = story.uploaded_event().object_key
    await gallery.store.put(key, b"x", content_type="image/jpeg")
    gallery.clock.advance(minutes=1)
    await gallery.call(owner, "POST", f"/photos/{story.photo_id}/reprocess", status=202)

    assert await sweep(gallery, minutes=20) == []


async def test_metrics_tell_how_long_photos_wait(gallery: Gallery, owner: str) -> None:
    def value(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(f"pichaven_{name}", labels) or 0.0

    async def oldest() -> float:
        await gallery.container.measure_oldest_photo()
        return value("oldest_processing_photo_seconds")

    def outcomes() -> list[float]:
        name = "photo_outcome_seconds_sum"
        return [value(name, status=status) for status in ("ready", "failed")]

    before = outcomes()
    first, second, broken = Story(owner), Story(owner), Story(owner)
    assert await oldest() == 0
    for story in (first, second, broken):
        await gallery.ingest(story.uploaded_event(occurred_at=gallery.clock()))
        gallery.clock.advance(seconds=10)
    assert await oldest() == 30
    await gallery.ingest(first.processed_event())
    assert await oldest() == 20
    await gallery.ingest(broken.rejected_event(), second.processed_event())
    assert await oldest() == 0
    assert [after - was for was, after in zip(before, outcomes(), strict=True)] == [50, 10]

    original = broken.uploaded_event().object_key
    await gallery.store.put(original, b"x", content_type="image/jpeg")
    await gallery.call(owner, "POST", f"/photos/{broken.photo_id}/reprocess", status=202)
    gallery.clock.advance(seconds=7)
    assert await oldest() == 7
    await gallery.call(owner, "DELETE", f"/photos/{broken.photo_id}", status=204)
    await gallery.call(owner, "DELETE", f"/trash/{broken.photo_id}", status=204)
    assert await oldest() == 0
