"""Trashed photos are invisible at once and purged later."""

import asyncio

import pytest
from services.gallery.tests.conftest import Gallery, StartGallery
from services.gallery.tests.story import Story

from pichaven_contracts.photo import PhotoChanged, PhotoPurged


async def test_a_trashed_photo_can_be_restored(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    path = f"/photos/{story.photo_id}"

    for _ in range(2):
        await gallery.call(owner, "DELETE", path, status=204)
    assert (await gallery.call(owner, "GET", "/photos"))["items"] == []
    assert (await gallery.call(owner, "GET", "/timeline"))["buckets"] == []
    page = await gallery.call(owner, "GET", "/trash")
    assert page["keep_days"] == 30
    [trashed] = page["items"]
    assert (trashed["id"], trashed["trashed_at"]) == (story.photo_id, "2026-06-01T12:00:00Z")
    problem = await gallery.call(owner, "PATCH", path, json={"caption": "x"}, status=409)
    assert problem["code"] == "photo_in_trash"

    restored = await gallery.call(owner, "POST", f"{path}/restore")
    assert restored["trashed_at"] is None
    assert len((await gallery.call(owner, "GET", "/photos"))["items"]) == 1
    changes = [
        event for event in await gallery.published_events() if isinstance(event, PhotoChanged)
    ]
    assert [event.trashed for event in changes[-2:]] == [True, False]


async def test_a_purge_is_published_with_a_tombstone(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.call(owner, "DELETE", f"/trash/{story.photo_id}", status=404)
    await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)

    await gallery.call(owner, "DELETE", f"/trash/{story.photo_id}", status=204)

    await gallery.call(owner, "GET", f"/photos/{story.photo_id}", status=404)
    await gallery.call(owner, "POST", f"/photos/{story.photo_id}/restore", status=404)
    assert (await gallery.call(owner, "GET", "/trash"))["items"] == []
    [*_, last] = await gallery.published_events()
    assert isinstance(last, PhotoPurged)
    assert (last.photo_id, last.owner_id) == (story.photo_id, owner)
    assert await gallery.tombstones() == [story.photo_id]
    assert gallery.sent.records[-1].value is None


async def test_an_emptied_trash_is_empty_at_once_and_removed_in_batches(
    start_gallery: StartGallery, owner: str, stranger: str
) -> None:
    gallery = await start_gallery()
    stories = [await gallery.add_ready_photo(owner) for _ in range(6)]
    theirs = await gallery.add_ready_photo(stranger)
    for story in stories[:5]:
        await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)
    await gallery.call(stranger, "DELETE", f"/photos/{theirs.photo_id}", status=204)
    gallery.clock.advance(seconds=1)

    await gallery.call(owner, "DELETE", "/trash", status=204)

    assert (await gallery.call(owner, "GET", "/trash"))["items"] == []
    for method, path in (("GET", ""), ("POST", "/restore"), ("PATCH", "")):
        path_of_purged = f"/photos/{stories[0].photo_id}{path}"
        await gallery.call(owner, method, path_of_purged, status=404, json={})
    gallery.clock.advance(seconds=1)
    await gallery.call(owner, "DELETE", f"/photos/{stories[5].photo_id}", status=204)

    other = await start_gallery(clock=gallery.clock)
    await asyncio.gather(*(replica.container.purge_emptied_trash() for replica in (gallery, other)))
    assert (await gallery.container.purge_emptied_trash()).has_more is False
    orders = [event for event in await gallery.published_events() if isinstance(event, PhotoPurged)]
    assert sorted(order.photo_id for order in orders) == sorted(it.photo_id for it in stories[:5])
    assert len((await gallery.call(owner, "GET", "/trash"))["items"]) == 1
    assert len((await gallery.call(stranger, "GET", "/trash"))["items"]) == 1


async def test_the_trash_is_listed_in_pages_and_purged_after_30_days(
    gallery: Gallery, owner: str
) -> None:
    stories = [await gallery.add_ready_photo(owner) for _ in range(3)]
    for story in stories:
        await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)
        gallery.clock.advance(days=1)
    first = await gallery.call(owner, "GET", "/trash", params={"limit": 2})
    second = await gallery.call(
        owner, "GET", "/trash", params={"limit": 2, "cursor": first["next_cursor"]}
    )
    listed = [item["id"] for item in first["items"] + second["items"]]
    assert listed == [story.photo_id for story in reversed(stories)]

    gallery.clock.advance(days=28)
    await gallery.container.reconcile_photos()

    left = (await gallery.call(owner, "GET", "/trash"))["items"]
    assert [item["id"] for item in left] == listed[:1]
    assert len(await gallery.tombstones()) == 2


@pytest.mark.parametrize("batch", [False, True])
async def test_a_photo_trashed_after_emptying_by_a_clock_ahead_stays(
    gallery: Gallery, owner: str, batch: bool
) -> None:
    story = await gallery.add_ready_photo(owner)
    gallery.clock.advance(seconds=2)
    await gallery.call(owner, "DELETE", "/trash", status=204)
    gallery.clock.advance(seconds=-2)
    if batch:
        batch_request = {"ids": [story.photo_id], "action": "trash"}
        await gallery.call(owner, "POST", "/photos/batch", json=batch_request)
    else:
        await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)

    listed = (await gallery.call(owner, "GET", "/trash"))["items"]
    assert [item["id"] for item in listed] == [story.photo_id]


async def test_a_stub_is_deleted_only_when_nothing_depends_on_it(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)
    await gallery.call(owner, "DELETE", f"/trash/{story.photo_id}", status=204)
    photos = gallery.database["photos"]
    gallery.clock.advance(days=46)

    await gallery.container.reconcile_photos()
    assert await photos.count_documents({}) == 1

    await gallery.published_events()
    await gallery.container.settle_counts()
    await gallery.container.append_changes()
    await gallery.container.reconcile_photos()
    assert await photos.count_documents({}) == 0


async def test_a_pending_photo_expires_and_is_never_purged(gallery: Gallery, owner: str) -> None:
    story = Story(owner)
    await gallery.ingest(story.processed_event())
    photos = gallery.database["photos"]

    gallery.clock.advance(days=44)
    await gallery.container.reconcile_photos()
    assert await photos.count_documents({}) == 1
    gallery.clock.advance(days=2)
    await gallery.container.reconcile_photos()

    assert await photos.count_documents({}) == 0
    assert await gallery.published_events() == []
    assert await gallery.tombstones() == []
