"""Events become photos, photos become events, and nothing that is purged comes back."""

import asyncio
from datetime import timedelta

import pytest
from services.gallery.tests.conftest import Gallery, StartGallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.events import Delivery, PermanentError, Tombstone
from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import PhotoChanged, PhotoPurged, ProgressState
from pichaven_gallery.ingest import subscribers
from pichaven_gallery.ingest.commands import ThumbnailMissing
from testing.dispatch import meta_of


async def test_each_change_is_published_with_its_version(gallery: Gallery, owner: str) -> None:
    story = Story(owner)

    await gallery.ingest(story.uploaded_event(), story.processed_event(), story.tagged_event("dog"))
    await gallery.ingest(story.uploaded_event(), story.processed_event(), story.tagged_event("dog"))

    changes = [
        event for event in await gallery.published_events() if isinstance(event, PhotoChanged)
    ]
    assert [(event.version, event.status) for event in changes] == [
        (1, "processing"),
        (2, "ready"),
        (3, "ready"),
    ]
    assert changes[-1].tags[0].name == "dog"


async def test_a_photo_is_ready_only_when_its_thumbnails_are_stored(
    gallery: Gallery, owner: str
) -> None:
    story = Story(owner)
    await gallery.ingest(story.uploaded_event())

    with pytest.raises(ThumbnailMissing):
        await gallery.deliver(story.processed_event())
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["status"] == "processing"

    await gallery.store_variants(story.processed_event())
    await gallery.deliver(story.processed_event())
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["status"] == "ready"


async def test_an_event_for_anothers_photo_is_a_permanent_failure(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    story = await gallery.add_ready_photo(owner)

    with pytest.raises(PermanentError):
        await gallery.deliver(Story(stranger, story.photo_id).tagged_event("dog"))


@pytest.mark.parametrize(("outcome", "state"), [("done", "done"), ("unavailable", "failed")])
async def test_the_text_read_in_a_photo_ends_its_step_whatever_progress_was_lost(
    gallery: Gallery, owner: str, outcome: str, state: str
) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.progress(story.progressed_event("read_text"), source="/pichaven/ml")

    await gallery.deliver(story.text_read_event(outcome))

    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    [step] = [step for step in photo["steps"] if step["name"] == "read_text"]
    assert (step["service"], step["state"], step["percent"]) == ("ml", state, 100)


async def test_many_writers_of_one_photo_lose_nothing(
    start_gallery: StartGallery, owner: str
) -> None:
    replicas = [await start_gallery() for _ in range(2)]
    story = Story(owner)
    await replicas[0].store_variants(story.processed_event())

    await asyncio.gather(
        *(
            replica.deliver(event)
            for replica in replicas
            for event in (
                story.tagged_event("dog"),
                story.processed_event(),
                story.uploaded_event(),
            )
        ),
        *(replicas[1].progress(story.progressed_event(f"step-{number}")) for number in range(8)),
        replicas[1].store_variants(story.processed_event()),
    )

    photo = await replicas[0].call(owner, "GET", f"/photos/{story.photo_id}")
    assert (photo["status"], photo["tags"][0]["name"]) == ("ready", "dog")
    assert {step["state"] for step in photo["steps"]} == {"done"}
    assert len(photo["steps"]) == 8
    changes = [
        event for event in await replicas[0].published_events() if isinstance(event, PhotoChanged)
    ]
    versions = [event.version for event in changes]
    assert versions == list(range(1, photo["version"] + 1))


async def test_a_late_event_of_a_purged_photo_has_it_purged_again(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)
    await gallery.call(owner, "DELETE", f"/trash/{story.photo_id}", status=204)

    await gallery.deliver(story.processed_event(occurred_at=UPLOADED_AT + timedelta(hours=1)))
    await gallery.deliver(story.tagged_event("dog"))
    await gallery.deliver(story.text_read_event("done"))
    await gallery.deliver(story.rejected_event(occurred_at=UPLOADED_AT + timedelta(hours=2)))
    await gallery.progress(story.progressed_event("decode"))

    orders = [event for event in await gallery.published_events() if isinstance(event, PhotoPurged)]
    assert len(orders) == 6
    assert await gallery.tombstones() == [story.photo_id] * 6
    await gallery.call(owner, "GET", f"/photos/{story.photo_id}", status=404)
    stub = await gallery.database["photos"].find_one({"_id": story.photo_id})
    assert stub is not None
    assert "original" not in stub
    assert "steps" not in stub


async def test_work_on_a_purged_photo_has_it_purged_again(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)
    await gallery.call(owner, "DELETE", f"/trash/{story.photo_id}", status=204)
    await gallery.published_events()
    gallery.sent.records.clear()

    await gallery.progress(story.progressed_event("read_text"), source="/pichaven/ml")
    assert await gallery.published_events() == []
    await gallery.progress(story.progressed_event("verify_hash"))

    [order] = await gallery.published_events()
    assert isinstance(order, PhotoPurged)
    assert order.photo_id == story.photo_id


async def test_embeddings_of_purged_photos_have_these_purged_again(
    gallery: Gallery, owner: str
) -> None:
    other, purged = await gallery.add_ready_photo(owner), await gallery.add_ready_photo(owner)
    await gallery.call(owner, "DELETE", f"/photos/{purged.photo_id}", status=204)
    await gallery.call(owner, "DELETE", f"/trash/{purged.photo_id}", status=204)
    await gallery.published_events()
    gallery.sent.records.clear()
    before = await gallery.database["photos"].find_one({"_id": other.photo_id})

    tombstone = Tombstone(purged.embedded_event().topic, purged.photo_id)
    events = (
        other.embedded_event(),
        purged.embedded_event(),
        Story(owner).embedded_event(),
        tombstone,
    )
    deliveries = [Delivery(event, meta_of(event)) for event in events]
    await subscribers.repeat_purges(deliveries, gallery.container)
    await subscribers.repeat_purges(deliveries[-1:], gallery.container)

    [order] = await gallery.published_events()
    assert isinstance(order, PhotoPurged)
    assert order.photo_id == purged.photo_id
    assert await gallery.tombstones() == [purged.photo_id]
    assert await gallery.database["photos"].find_one({"_id": other.photo_id}) == before
    assert await gallery.database["photos"].count_documents({}) == 2


async def test_progress_gives_steps_without_a_new_version(gallery: Gallery, owner: str) -> None:
    story = Story(owner)
    await gallery.progress(story.progressed_event("identify", ProgressState.DONE, percent=5))
    await gallery.ingest(story.uploaded_event())
    path = f"/api/v1/photos/{story.photo_id}"
    headers = gallery.authority.headers(owner)
    first = await gallery.http.get(path, headers=headers)
    before = await gallery.database["photos"].find_one({"_id": story.photo_id})

    await gallery.progress(
        story.progressed_event("decode", occurred_at=UPLOADED_AT + timedelta(seconds=1.2)),
        story.progressed_event(
            "decode", ProgressState.DONE, occurred_at=UPLOADED_AT + timedelta(seconds=1.4)
        ),
        Story(owner).progressed_event("decode"),
        story.progressed_event(
            "embed", occurred_at=UPLOADED_AT + timedelta(seconds=1.5), message="soon"
        ),
    )

    second = await gallery.http.get(
        path, headers=headers | {"If-None-Match": first.headers["etag"]}
    )
    assert second.status_code == 200
    assert second.json()["version"] == first.json()["version"] == 1
    assert [(step["name"], step["state"]) for step in second.json()["steps"]] == [
        ("identify", "done"),
        ("decode", "done"),
        ("embed", "started"),
    ]
    after = await gallery.database["photos"].find_one({"_id": story.photo_id})
    assert before is not None
    assert after is not None
    assert after["seq"] == before["seq"] + 1
    assert after["changed_at"] == before["changed_at"]
    unchanged = await gallery.http.patch(
        path, headers=headers | {"If-Match": first.headers["etag"]}, json={"favorite": True}
    )
    assert unchanged.status_code == 200


async def test_progress_of_an_earlier_original_or_a_stranger_is_dropped(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    story = Story(owner)
    await gallery.ingest(story.uploaded_event(revision=2))

    await gallery.progress(
        story.progressed_event("decode", revision=1),
        Story(stranger, story.photo_id).progressed_event("decode", revision=2),
    )

    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["steps"] == []


async def test_a_photo_without_its_upload_is_invisible(gallery: Gallery, owner: str) -> None:
    story = Story(owner, new_id())

    await gallery.ingest(story.processed_event(), story.tagged_event("dog"))

    await gallery.call(owner, "GET", f"/photos/{story.photo_id}", status=404)
    assert (await gallery.call(owner, "GET", "/photos"))["items"] == []
    assert (await gallery.call(owner, "GET", "/timeline"))["buckets"] == []
    assert await gallery.published_events() == []
