"""`GET /events`: clients get their own changes alone, miss none, and cost bounded memory."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import timedelta

from services.gallery.tests.conftest import Gallery, Sse, StartGallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import PhotoProgressed, ProgressState
from pichaven_contracts.upload import UploadFailed
from pichaven_gallery.activity import subscribers
from pichaven_gallery.activity.channel_hub import (
    ChannelHub,
    PhotoPurge,
    PhotoUpdate,
    StepUpdate,
    UploadFailure,
)
from pichaven_gallery.ingest.projection import apply
from pichaven_gallery.photos.lifecycle import to_changed_event
from testing.dispatch import dispatch, meta_of
from testing.polling import eventually


async def wait_until_opened(sse: Sse) -> None:
    await eventually(lambda: sse.events_named("stream.opened"), "the stream is live")


async def progress(gallery: Gallery, event: PhotoProgressed, source: str) -> None:
    await dispatch(subscribers.router, gallery.container, event, meta=meta_of(event, source))


async def test_changes_progress_and_purges_arrive_as_they_happen(
    gallery: Gallery, owner: str
) -> None:
    story = Story(owner)
    async with gallery.open_stream(owner) as sse:
        await wait_until_opened(sse)
        assert sse.status == 200
        assert sse.text.startswith("retry: 2000\n\n")
        await gallery.ingest(story.uploaded_event())
        await gallery.deliver_to_streams()
        await eventually(lambda: sse.events_named("photo.changed"), "the upload is sent")
        step = story.progressed_event(
            "make_variants", ProgressState.FAILED, message="Out of memory."
        )
        await progress(gallery, step, "/pichaven/processing")
        await eventually(lambda: sse.events_named("photo.progress"), "the step is sent")
        await gallery.ingest(story.processed_event())
        await gallery.deliver_to_streams()
        await eventually(lambda: len(sse.events_named("photo.changed")) == 2, "the photo is sent")
        await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)
        await gallery.call(owner, "DELETE", f"/trash/{story.photo_id}", status=204)
        await gallery.deliver_to_streams()
        await eventually(lambda: sse.events_named("photo.purged"), "the purge is sent")

    first, second = sse.events_named("photo.changed")[:2]
    assert (first["status"], first["version"]) == ("processing", 1)
    assert first["photo_id"] == first["id"] == story.photo_id
    assert (second["status"], second["trashed"]) == ("ready", False)
    assert second["photo"]["aspect_ratio"] == 1.5
    assert second["photo"]["thumbnail_url"].startswith("http://photos.test/")
    [step_data] = sse.events_named("photo.progress")
    assert (step_data["service"], step_data["step"], step_data["state"]) == (
        "processing",
        "make_variants",
        "failed",
    )
    assert step_data["message"] == "Out of memory."
    assert sse.events_named("photo.purged") == [{"photo_id": story.photo_id, "id": story.photo_id}]
    ids = [event_id for name, _, event_id in sse.events if name == "photo.changed"]
    moment = int(UPLOADED_AT.timestamp() * 1000)
    assert ids[0] == f"{moment}.{story.photo_id}"


async def test_no_stream_has_anothers_photos(gallery: Gallery, owner: str, stranger: str) -> None:
    theirs = Story(stranger)
    async with gallery.open_stream(owner) as sse, gallery.open_stream(stranger) as other:
        await wait_until_opened(sse)
        await wait_until_opened(other)
        await gallery.ingest(theirs.uploaded_event(), theirs.processed_event())
        await progress(gallery, theirs.progressed_event("decode"), "/pichaven/processing")
        await gallery.call(stranger, "DELETE", f"/photos/{theirs.photo_id}", status=204)
        await gallery.call(stranger, "DELETE", f"/trash/{theirs.photo_id}", status=204)
        await gallery.deliver_to_streams()
        await eventually(lambda: other.events_named("photo.purged"), "the owner gets it")

        mine = await gallery.add_ready_photo(owner)
        await gallery.deliver_to_streams()
        await eventually(lambda: sse.events_named("photo.changed"), "the other gets its own")

    assert theirs.photo_id not in sse.text
    assert mine.photo_id not in other.text


async def test_a_failed_upload_reaches_its_owner_alone(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    failure = UploadFailed(
        photo_id=new_id(),
        owner_id=owner,
        occurred_at=UPLOADED_AT,
        upload_id=new_id(),
        filename="beach.jpg",
        code="size_mismatch",
        message="The file is shorter than announced.",
    )
    async with gallery.open_stream(owner) as sse, gallery.open_stream(stranger) as other:
        await wait_until_opened(sse)
        await wait_until_opened(other)
        await dispatch(subscribers.router, gallery.container, failure)
        await eventually(lambda: sse.events_named("upload.failed"), "the owner gets it")
        theirs = await gallery.add_ready_photo(stranger)
        await gallery.deliver_to_streams()
        await eventually(lambda: other.events_named("photo.changed"), "the other gets its own")

    name, data, event_id = sse.events[-1]
    assert (name, event_id) == ("upload.failed", None)
    assert data == {
        "photo_id": failure.photo_id,
        "upload_id": failure.upload_id,
        "filename": "beach.jpg",
        "code": "size_mismatch",
        "message": "The file is shorter than announced.",
        "at": UPLOADED_AT.isoformat(),
    }
    assert failure.upload_id not in other.text
    assert theirs.photo_id not in sse.text


async def test_a_new_stream_starts_with_photos_in_processing(gallery: Gallery, owner: str) -> None:
    await gallery.add_ready_photo(owner)
    story = Story(owner)
    await gallery.ingest(story.uploaded_event())
    await gallery.progress(story.progressed_event("decode"))

    async with gallery.open_stream(owner) as sse:
        await wait_until_opened(sse)

    assert [data["photo_id"] for data in sse.events_named("photo.changed")] == [story.photo_id]
    assert [data["step"] for data in sse.events_named("photo.progress")] == ["decode"]
    assert [event_id for _, _, event_id in sse.events[:-1]] == [None, None]


async def test_a_stream_resumes_where_it_was_left(start_gallery: StartGallery, owner: str) -> None:
    gallery = await start_gallery(resume_overlap_s=1)
    old = await gallery.add_ready_photo(owner)
    gallery.clock.advance(minutes=5)
    async with gallery.open_stream(owner) as sse:
        await wait_until_opened(sse)
    last = sse.events[-1][2]
    gallery.clock.advance(minutes=5)
    changed, purged = await gallery.add_ready_photo(owner), await gallery.add_ready_photo(owner)
    await gallery.call(owner, "DELETE", f"/photos/{purged.photo_id}", status=204)
    await gallery.call(owner, "DELETE", f"/trash/{purged.photo_id}", status=204)

    async with gallery.open_stream(owner, last=last) as sse:
        await wait_until_opened(sse)

    assert [(data["photo_id"], data["version"]) for data in sse.events_named("photo.changed")] == [
        (changed.photo_id, 2)
    ]
    assert sse.events_named("photo.purged") == [
        {"photo_id": purged.photo_id, "id": purged.photo_id}
    ]
    assert old.photo_id not in sse.text
    for strange in ("nonsense", "99999999999999999999.x", "9" * 15 + ".x"):
        async with gallery.open_stream(owner, last=strange) as sse:
            await wait_until_opened(sse)
        assert sse.events_named("library.stale"), "it may have missed anything"


async def test_head_of_the_stream_ends_at_once(gallery: Gallery, owner: str) -> None:
    headers = gallery.authority.headers(owner)

    response = await gallery.http.head("/api/v1/events", headers=headers)

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"].startswith("text/event-stream")
    async with gallery.open_stream(owner) as sse:
        await wait_until_opened(sse)


async def test_a_client_away_too_long_is_stale(gallery: Gallery, owner: str) -> None:
    old = int((UPLOADED_AT - timedelta(days=40)).timestamp() * 1000)

    async with gallery.open_stream(owner, last=f"{old}.x") as sse:
        await wait_until_opened(sse)

    assert sse.events_named("library.stale")


async def test_a_slow_client_gets_the_newest_of_every_photo(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(stream_box=3)
    stories = [await gallery.add_ready_photo(owner) for _ in range(6)]
    await gallery.deliver_to_streams()
    async with gallery.open_stream(owner) as sse:
        await wait_until_opened(sse)
        sse.reading.clear()
        for _ in range(2):
            for story in stories:
                gallery.clock.advance(milliseconds=5)
                path = f"/photos/{story.photo_id}"
                await gallery.call(owner, "PATCH", path, json={"caption": str(gallery.clock())})
                await gallery.deliver_to_streams()
        for number in range(50):
            step = stories[0].progressed_event(f"step-{number}")
            await progress(gallery, step, "/pichaven/processing")
        for _ in range(5):
            failure = UploadFailed(
                photo_id=new_id(),
                owner_id=owner,
                upload_id=new_id(),
                filename="x",
                code="cancelled",
                message="x",
            )
            gallery.container.hub.publish(owner, UploadFailure(failure))
        [channel] = gallery.container.hub._channels[owner]
        assert len(channel._changes) <= 3
        assert len(channel._progress) <= 3
        assert len(channel._failures) <= 3
        sse.reading.set()

        def versions() -> dict[str, int]:
            newest: dict[str, int] = {}
            for data in sse.events_named("photo.changed"):
                newest[data["photo_id"]] = max(newest.get(data["photo_id"], 0), data["version"])
            return newest

        await eventually(
            lambda: versions() == {story.photo_id: 4 for story in stories}, "every photo's newest"
        )


async def test_a_stream_opened_before_kafka_replays(gallery: Gallery, owner: str) -> None:
    async with gallery.open_stream(owner) as sse:
        await wait_until_opened(sse)
        story = await gallery.add_ready_photo(owner)
        gallery.container.hub.resync()
        await eventually(lambda: sse.events_named("photo.changed"), "the photo is sent")

    assert sse.events_named("photo.changed")[-1]["photo_id"] == story.photo_id


async def test_a_stream_ends_with_its_token(gallery: Gallery, owner: str) -> None:
    token = gallery.authority.token(owner, expires_in=0.5)

    async with gallery.open_stream(owner, token=token) as sse:
        await wait_until_opened(sse)
        await eventually(lambda: sse.ended, "the stream ends")

    assert gallery.container.hub.is_empty


async def test_a_stream_ends_with_its_session_and_others_go_on(
    gallery: Gallery, owner: str
) -> None:
    session_id = new_id()
    token = gallery.authority.token(owner, session_id=session_id)
    async with gallery.open_stream(owner) as other, gallery.open_stream(owner, token=token) as sse:
        await wait_until_opened(sse)
        await wait_until_opened(other)

        gallery.authority.ended_sessions.append(session_id)

        await eventually(lambda: sse.ended, "the stream of the ended session ends")
        photo_id = new_id()
        gallery.container.hub.publish(owner, PhotoPurge(photo_id, UPLOADED_AT))
        await eventually(lambda: photo_id in other.text, "the other stream goes on")
        assert photo_id not in sse.text
    async with gallery.open_stream(owner, token=token) as refused:
        await eventually(lambda: refused.ended, "the stream is refused")
    assert refused.status == 401
    assert gallery.container.hub.is_empty


async def test_a_stream_ends_with_its_api_key(gallery: Gallery, owner: str) -> None:
    token = gallery.authority.token(owner, key_exp=time.time() + 0.5)

    async with gallery.open_stream(owner, token=token) as sse:
        await eventually(lambda: sse.ended, "the stream ends")


async def test_idle_streams_get_heartbeats(start_gallery: StartGallery, owner: str) -> None:
    gallery = await start_gallery(heartbeat_s=0.02)

    async with gallery.open_stream(owner) as sse:
        await eventually(lambda: sse.text.count(": still here\n\n") > 2, "heartbeats")


async def test_streams_of_one_owner_are_limited_and_end_with_the_service(
    start_gallery: StartGallery, owner: str, stranger: str
) -> None:
    gallery = await start_gallery(streams_per_user=2)
    async with gallery.open_stream(owner) as first, gallery.open_stream(owner) as second:
        await wait_until_opened(first)
        await wait_until_opened(second)
        problem = await gallery.call(owner, "GET", "/events", status=429)
        assert problem["code"] == "too_many_requests"
        async with gallery.open_stream(stranger) as other:
            await wait_until_opened(other)
            gallery.container.hub.close()
            await eventually(lambda: first.ended and second.ended and other.ended, "all end")
    assert gallery.container.hub.is_empty


async def test_streams_that_are_opened_at_once_are_no_more_than_one_after_another(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(streams_per_user=2)
    async with AsyncExitStack() as exit_stack:
        streams = [
            await exit_stack.enter_async_context(gallery.open_stream(owner)) for _ in range(6)
        ]
        await eventually(lambda: [each.ended for each in streams].count(True) == 4, "four end")
        await eventually(
            lambda: [len(each.events_named("stream.opened")) for each in streams].count(1) == 2,
            "two are live",
        )
    assert gallery.container.hub.is_empty


async def test_a_channel_keeps_the_newest_of_each_thing(owner: str) -> None:
    hub = ChannelHub(max_channels=1, max_messages=10)
    channel = hub.subscribe(owner, UPLOADED_AT)
    story = Story(owner)
    photo = apply(None, story.uploaded_event(), UPLOADED_AT).photo
    event = to_changed_event(photo)
    newer = event.model_copy(update={"version": 2})
    step = story.progressed_event("decode")

    for message in (
        PhotoUpdate(newer),
        PhotoUpdate(event),
        StepUpdate(step, "ml"),
        StepUpdate(step, "ml"),
    ):
        hub.publish(owner, message)
    messages, missed_since = await channel.receive(1)
    assert (messages, missed_since) == ([PhotoUpdate(newer), StepUpdate(step, "ml")], None)

    hub.publish(owner, PhotoPurge(story.photo_id, UPLOADED_AT))
    hub.publish(owner, PhotoUpdate(newer))
    assert await channel.receive(1) == ([PhotoPurge(story.photo_id, UPLOADED_AT)], None)
    waiting = asyncio.create_task(channel.receive(30))
    hub.close()
    assert await asyncio.wait_for(waiting, 1) == ([], None)
