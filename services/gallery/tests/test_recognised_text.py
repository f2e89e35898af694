"""The text that was read in a picture: with its photo, in no list, gone with it."""

from datetime import timedelta
from itertools import permutations

from services.gallery.tests.conftest import Gallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.events import Tombstone
from pichaven_contracts.topics import TEXT
from pichaven_gallery.ingest import subscribers
from testing.dispatch import dispatch

SIGN = "Lisboa\nCais do Sodré"


async def text_of(gallery: Gallery, owner: str, story: Story) -> str | None:
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    text: str | None = photo["text"]
    return text


async def test_a_photo_has_the_text_of_its_picture(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    assert await text_of(gallery, owner, story) is None

    await gallery.deliver(story.text_read_event("done", SIGN))

    assert await text_of(gallery, owner, story) == SIGN
    patched = await gallery.call(owner, "PATCH", f"/photos/{story.photo_id}", json={"rating": 3})
    assert patched["text"] == SIGN
    await gallery.call(
        owner, "POST", "/photos/batch", json={"ids": [story.photo_id], "action": "favorite"}
    )
    assert await text_of(gallery, owner, story) == SIGN


async def test_no_list_has_the_text(gallery: Gallery, owner: str) -> None:
    stories = [await gallery.add_ready_photo(owner) for _ in range(2)]
    for story in stories:
        await gallery.deliver(story.text_read_event("done", SIGN))
    await gallery.call(owner, "DELETE", f"/photos/{stories[0].photo_id}", status=204)

    for path in ("/photos", "/trash", "/timeline/2026-06"):
        page = await gallery.call(owner, "GET", path)
        assert "Lisboa" not in str(page)
    assert await text_of(gallery, owner, stories[0]) == SIGN


async def test_a_text_changes_the_etag_and_not_the_version(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    path, headers = f"/api/v1/photos/{story.photo_id}", gallery.authority.headers(owner)
    before = await gallery.http.get(path, headers=headers)

    await gallery.deliver(story.text_read_event("done", SIGN))

    after = await gallery.http.get(
        path, headers=headers | {"If-None-Match": before.headers["ETag"]}
    )
    assert after.status_code == 200
    assert after.json()["version"] == before.json()["version"]


async def test_the_newest_reading_of_the_present_original_is_shown_in_any_order(
    gallery: Gallery, owner: str
) -> None:
    for order in permutations(range(3)):
        story = await gallery.add_ready_photo(owner)
        replaced = story.uploaded_event(
            revision=2, sha256="cd" * 32, occurred_at=UPLOADED_AT + timedelta(seconds=30)
        )
        events = (
            story.text_read_event("done", "old"),
            story.text_read_event(
                "done", "new", revision=2, occurred_at=UPLOADED_AT + timedelta(seconds=40)
            ),
            replaced,
        )
        for index in order:
            await gallery.deliver(events[index])
        assert await text_of(gallery, owner, story) == "new"


async def test_the_text_of_an_earlier_original_is_not_shown(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.deliver(story.text_read_event("done", "old"))

    await gallery.deliver(
        story.uploaded_event(
            revision=2, sha256="cd" * 32, occurred_at=UPLOADED_AT + timedelta(seconds=30)
        )
    )

    assert await text_of(gallery, owner, story) is None


async def test_a_purge_removes_the_text(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.deliver(story.text_read_event("done", SIGN))
    await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)

    await gallery.call(owner, "DELETE", f"/trash/{story.photo_id}", status=204)

    stub = await gallery.database["photos"].find_one({"_id": story.photo_id})
    assert stub is not None
    assert "text" not in stub


async def test_a_tombstone_removes_the_text_of_a_photo_that_was_purged_long_ago(
    gallery: Gallery, owner: str
) -> None:
    story = Story(owner)
    await gallery.deliver(story.text_read_event("done", SIGN))

    for _ in range(2):
        await dispatch(subscribers.router, gallery.container, Tombstone(TEXT, story.photo_id))

    document = await gallery.database["photos"].find_one({"_id": story.photo_id})
    assert document is not None
    assert "text" not in document
