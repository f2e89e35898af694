"""What gets stuck is asked for again, and fails by name in the end."""

import asyncio
from datetime import timedelta

from services.gallery.tests.conftest import Gallery, StartGallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_contracts.event import Event
from pichaven_contracts.photo import (
    Lane,
    PhotoChanged,
    PhotoReanalyzeRequested,
    PhotoReprocessRequested,
)


async def swept(gallery: Gallery, **advance: float) -> list[Event]:
    """What a sweep publishes after so much time."""
    await gallery.published()
    gallery.sent.records.clear()
    gallery.clock.advance(**advance)
    await gallery.container.reconcile_photos()
    return list(await gallery.published())


async def test_a_photo_stuck_in_processing_is_asked_for_ever_less_often_then_fails(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(processing_asks=3)
    story = Story(owner)
    await gallery.feed(story.uploaded())

    async def begin() -> None:
        moment = gallery.clock() + timedelta(milliseconds=1)
        await gallery.progress(story.progressed("decode", occurred_at=moment))

    await begin()
    assert await swept(gallery, minutes=4) == []
    for minutes in (2, 11, 21):
        [asked] = await swept(gallery, minutes=minutes)
        assert isinstance(asked, PhotoReprocessRequested)
        assert asked.original == story.uploaded()
        assert await swept(gallery, minutes=0) == []
        await begin()
    [failed] = await swept(gallery, minutes=41)
    assert isinstance(failed, PhotoChanged)
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["failure"]["code"] == "processing_stalled"
    assert await swept(gallery, days=9) == []

    await gallery.feed(story.processed())
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert (photo["status"], photo["failure"]) == ("ready", None)


async def test_a_photo_that_only_waits_for_its_turn_is_asked_for_late_and_never_fails(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(processing_asks=2)
    story = Story(owner)
    await gallery.feed(story.uploaded())

    assert await swept(gallery, minutes=29) == []
    for minutes in (2, 61, 121, 121):
        assert await swept(gallery, minutes=minutes - 2) == []
        [asked] = await swept(gallery, minutes=2)
        assert isinstance(asked, PhotoReprocessRequested)
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["status"] == "processing"


async def test_a_bulk_import_and_a_photo_with_progress_are_given_time(
    gallery: Gallery, owner: str
) -> None:
    bulk, moving = Story(owner), Story(owner)
    await gallery.feed(bulk.uploaded(lane=Lane.BULK), moving.uploaded())
    gallery.clock.advance(minutes=4)
    await gallery.progress(moving.progressed("decode", occurred_at=gallery.clock()))

    assert await swept(gallery, minutes=4) == []
    assert len(await swept(gallery, minutes=2)) == 1
    assert len(await swept(gallery, hours=5)) == 1
    assert len(await swept(gallery, hours=1)) == 1


async def test_replicas_ask_once(start_gallery: StartGallery, owner: str) -> None:
    gallery = await start_gallery()
    other = await start_gallery(clock=gallery.clock)
    await gallery.feed(*(Story(owner).uploaded() for _ in range(5)))
    gallery.clock.advance(minutes=31)

    await asyncio.gather(
        *(replica.container.reconcile_photos() for replica in (gallery, other) * 2)
    )

    asked = [event for event in await gallery.published() if event.event_type.startswith("photo.r")]
    assert len(asked) == 5


async def test_a_missing_analysis_is_asked_for_and_given_up_in_the_open(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(analysis_asks=2)
    story = await gallery.ready(owner)
    path = f"/photos/{story.photo_id}"

    [asked] = await swept(gallery, minutes=11)
    assert isinstance(asked, PhotoReanalyzeRequested)
    assert asked.processed == story.processed()
    assert (await gallery.call(owner, "GET", path))["analysis"]["state"] == "pending"
    changed, asked = await swept(gallery, minutes=41)
    assert isinstance(changed, PhotoChanged)
    assert (await gallery.call(owner, "GET", path))["analysis"]["state"] == "unavailable"
    [asked] = await swept(gallery, days=1)
    assert isinstance(asked, PhotoReanalyzeRequested)

    await gallery.feed(story.analyzed("dog"))
    photo = await gallery.call(owner, "GET", path)
    assert (photo["analysis"]["state"], photo["tags"][0]["name"]) == ("done", "dog")
    assert await swept(gallery, days=9) == []


async def test_missing_tags_are_asked_for_a_few_times(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(analysis_asks=2)
    story = await gallery.ready(owner)
    await gallery.feed(story.analyzed(tagging="unavailable", vocabulary=None))
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["analysis"] == {
        "state": "done",
        "model": "pichaven-tiny",
        "tagging": "unavailable",
    }

    assert len(await swept(gallery, minutes=11)) == 1
    assert len(await swept(gallery, minutes=41)) == 1
    assert await swept(gallery, days=30) == []


async def test_a_changed_patience_is_noticed(start_gallery: StartGallery, owner: str) -> None:
    hasty = await start_gallery(queue_patience_s=1)
    await hasty.feed(Story(owner).uploaded())
    calm = await start_gallery(clock=hasty.clock)
    hasty.clock.advance(seconds=10)

    assert (await calm.container.reconcile_photos()).count == 1
    assert (await calm.container.reconcile_photos()).count == 0
    assert hasty.clock() > UPLOADED_AT
