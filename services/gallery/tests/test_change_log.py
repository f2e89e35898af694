"""Each change is in the change log exactly once, with its actor, and streams resume by it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pymongo import WriteConcern
from pymongo.errors import BulkWriteError
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)
from services.gallery.tests.conftest import Gallery, Sse, StartGallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.mongo import MongoClient
from pichaven_gallery.activity.change_log import ReplayChanges, ReplayLimits
from pichaven_gallery.activity.repository import ChangeLogRepository
from pichaven_gallery.activity.stream import StreamChanges, StreamTimes
from pichaven_gallery.photos.deadlines import Timeouts
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.repository import PhotoRepository
from testing.polling import eventually


class Finds(CommandListener):
    """Collects the ids of the cursors that stay open after a find; 0 for none."""

    def __init__(self) -> None:
        self.cursor_ids: set[int] = set()

    def started(self, event: CommandStartedEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...

    def succeeded(self, event: CommandSucceededEvent) -> None:
        if event.command_name == "find":
            self.cursor_ids.add(event.reply["cursor"]["id"])


async def wait_until_opened(sse: Sse) -> None:
    await eventually(lambda: sse.events_named("stream.opened"), "the stream is live")


async def entries(gallery: Gallery, photo_id: str) -> list[tuple[int, str, str]]:
    """Return version, action and actor of a photo's changes in the log."""
    await gallery.container.append_changes()
    documents = gallery.database["changes"].find({"photo_id": photo_id}).sort("version", 1)
    return [
        (document["version"], document["action"], document["actor"]) async for document in documents
    ]


async def pending(gallery: Gallery) -> int:
    return await gallery.database["photos"].count_documents({"log_due": {"$exists": True}})


async def test_every_kind_of_change_has_an_entry_with_its_actor(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(owner)
    path = f"/photos/{story.photo_id}"
    await gallery.ingest(
        story.tagged_event(state="unavailable", vocabulary=None),
        story.tagged_event("dog", occurred_at=UPLOADED_AT + timedelta(seconds=9)),
    )
    await gallery.progress(story.progressed_event("decode"))
    for body in (
        {"favorite": True},
        {"favorite": True},
        {"favorite": False},
        {"tags_add": ["Ada"]},
        {"caption": "A beach", "favorite": True},
    ):
        await gallery.call(owner, "PATCH", path, json=body)
    await gallery.call(owner, "DELETE", path, status=204)
    await gallery.call(owner, "POST", f"{path}/restore")
    batch = {"ids": [story.photo_id], "action": "trash"}
    await gallery.call(owner, "POST", "/photos/batch", json=batch)
    await gallery.call(owner, "DELETE", f"/trash/{story.photo_id}", status=204)
    await gallery.deliver(story.processed_event(occurred_at=UPLOADED_AT + timedelta(hours=1)))

    assert await entries(gallery, story.photo_id) == [
        (1, "uploaded", "upload"),
        (2, "processed", "processing"),
        (3, "tagging_unavailable", "ml"),
        (4, "tagged", "ml"),
        (5, "favorited", owner),
        (6, "unfavorited", owner),
        (7, "tagged", owner),
        (8, "edited", owner),
        (9, "trashed", owner),
        (10, "restored", owner),
        (11, "trashed", owner),
        (12, "purged", owner),
    ]
    document = await gallery.database["changes"].find_one({"_id": f"{story.photo_id}:12"})
    assert document is not None
    assert document["owner_id"] == owner
    assert document["expires_at"] - document["at"] == timedelta(days=400)


async def test_changes_of_the_reconciler_and_requests_have_entries(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(processing_attempts=1, analysis_attempts=1)
    stalled, untagged, refused = Story(owner), Story(owner), Story(owner)
    await gallery.ingest(untagged.uploaded_event(), untagged.processed_event())
    await gallery.ingest(
        refused.uploaded_event(), refused.rejected_event(), stalled.uploaded_event()
    )
    for story in (stalled, refused):
        original = story.uploaded_event().object_key
        await gallery.store.put(original, b"x", content_type="image/jpeg")
    await gallery.call(owner, "POST", f"/photos/{refused.photo_id}/reprocess", status=202)
    for _ in range(2):
        moment = gallery.clock() + timedelta(milliseconds=1)
        await gallery.progress(stalled.progressed_event("decode", occurred_at=moment))
        gallery.clock.advance(minutes=11)
        await gallery.container.reconcile_photos()
    await gallery.call(owner, "POST", f"/photos/{stalled.photo_id}/reprocess", status=202)
    await gallery.call(owner, "DELETE", f"/photos/{stalled.photo_id}", status=204)
    gallery.clock.advance(days=31)
    await gallery.container.reconcile_photos()

    assert await entries(gallery, refused.photo_id) == [
        (1, "uploaded", "upload"),
        (2, "failed", "processing"),
        (3, "reprocess_requested", owner),
    ]
    assert await entries(gallery, stalled.photo_id) == [
        (1, "uploaded", "upload"),
        (2, "failed", "reconciler"),
        (3, "reprocess_requested", owner),
        (4, "trashed", owner),
        (5, "purged", "reconciler"),
    ]
    assert await entries(gallery, untagged.photo_id) == [
        (1, "uploaded", "upload"),
        (2, "processed", "processing"),
        (3, "tagging_unavailable", "reconciler"),
    ]


async def test_an_emptied_trash_is_purged_by_its_owner(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)
    gallery.clock.advance(seconds=1)
    await gallery.call(owner, "DELETE", "/trash", status=204)

    await gallery.container.purge_emptied_trash()

    assert (await entries(gallery, story.photo_id))[-1] == (4, "purged", owner)


async def test_a_photo_whose_entries_another_relay_removed_loses_its_mark(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(owner)
    photos = gallery.database["photos"]
    await photos.update_one({"_id": story.photo_id}, {"$set": {"log": [], "log_due": owner}})

    await gallery.container.append_changes()

    photo = await photos.find_one({"_id": story.photo_id})
    assert photo is not None
    assert not {"log", "log_due"} & photo.keys()


async def test_many_relays_append_each_entry_once(start_gallery: StartGallery, owner: str) -> None:
    gallery = await start_gallery()
    other = await start_gallery(clock=gallery.clock)
    stories = [Story(owner) for _ in range(6)]

    async def relay_meanwhile(replica: Gallery) -> None:
        for _ in range(8):
            await replica.container.append_changes()

    await asyncio.gather(
        *(gallery.add_ready_photo(owner, story) for story in stories),
        *(relay_meanwhile(replica) for replica in (gallery, other) * 2),
    )
    await asyncio.gather(*(replica.container.append_changes() for replica in (gallery, other) * 2))

    for story in stories:
        assert [version for version, _, _ in await entries(gallery, story.photo_id)] == [1, 2]
    assert await gallery.database["changes"].count_documents({}) == 12
    assert await pending(gallery) == 0


async def test_a_crash_between_append_and_removal_repeats_nothing(
    gallery: Gallery, owner: str
) -> None:
    class Crash(Exception):
        pass

    class Crashing(ChangeLogRepository):
        async def _remove_pending(self, photos: Sequence[dict[str, Any]]) -> None:
            raise Crash

    story = await gallery.add_ready_photo(owner)
    photos, changes = gallery.database["photos"], gallery.database["changes"]
    with pytest.raises(Crash):
        await Crashing(gallery.database, photos, timedelta(days=1)).append_pending(limit=10)
    assert await changes.count_documents({}) == 2
    assert await pending(gallery) == 1
    await gallery.call(owner, "PATCH", f"/photos/{story.photo_id}", json={"favorite": True})

    assert [version for version, _, _ in await entries(gallery, story.photo_id)] == [1, 2, 3]
    assert await pending(gallery) == 0
    document = await photos.find_one({"_id": story.photo_id})
    assert document is not None
    assert "log" not in document


async def test_an_entry_written_during_the_removal_stays_pending(
    gallery: Gallery, owner: str
) -> None:
    class Interrupted(ChangeLogRepository):
        async def _remove_pending(self, photos: Sequence[dict[str, Any]]) -> None:
            await gallery.call(owner, "PATCH", f"/photos/{story.photo_id}", json={"favorite": True})
            await super()._remove_pending(photos)

    story = await gallery.add_ready_photo(owner)
    log = Interrupted(gallery.database, gallery.database["photos"], timedelta(days=1))

    await log.append_pending(limit=10)

    assert await pending(gallery) == 1
    assert (await entries(gallery, story.photo_id))[-1] == (3, "favorited", owner)


async def test_a_stub_waits_for_its_entries(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)
    await gallery.call(owner, "DELETE", f"/trash/{story.photo_id}", status=204)
    await gallery.published_events()
    await gallery.container.settle_counts()
    gallery.clock.advance(days=46)

    await gallery.container.reconcile_photos()
    assert await gallery.database["photos"].count_documents({}) == 1
    assert (await entries(gallery, story.photo_id))[-1] == (4, "purged", owner)
    await gallery.container.reconcile_photos()
    assert await gallery.database["photos"].count_documents({}) == 0


@pytest.mark.parametrize("relayed", [True, False])
async def test_a_stream_resumes_by_the_log_relayed_or_not(
    gallery: Gallery, owner: str, stranger: str, relayed: bool
) -> None:
    stories = [await gallery.add_ready_photo(owner) for _ in range(3)]
    theirs = await gallery.add_ready_photo(stranger)
    for caption in ("one", "two"):
        gallery.clock.advance(seconds=1)
        path = f"/photos/{stories[0].photo_id}"
        await gallery.call(owner, "PATCH", path, json={"caption": caption})
    if relayed:
        await gallery.container.append_changes()
    last = int(UPLOADED_AT.timestamp() * 1000)

    async with gallery.open_stream(owner, last=f"{last}.x") as sse:
        await wait_until_opened(sse)

    sent = [(data["id"], data["version"]) for data in sse.events_named("photo.changed")]
    assert sorted(sent[:2]) == sorted((story.photo_id, 2) for story in stories[1:])
    assert sent[2:] == [(stories[0].photo_id, 4)]
    assert theirs.photo_id not in sse.text


async def test_a_replay_holds_one_page_and_ends_where_too_much_was_missed(
    gallery: Gallery, owner: str
) -> None:
    loaded: list[int] = []

    class Counting(PhotoRepository):
        async def get_many(self, photo_ids: Collection[str]) -> Mapping[str, Photo]:
            loaded.append(len(photo_ids))
            return await super().get_many(photo_ids)

    def limit(**limits: int) -> None:
        """Replay within these limits, from the counting repository."""
        photos = Counting(gallery.database, Timeouts())
        log = ChangeLogRepository(gallery.database, photos.collection, timedelta(days=1))
        replay = ReplayChanges(log, photos, ReplayLimits(page_size=2, max_pending=2, **limits))
        hub = gallery.container.hub
        stream = StreamChanges(photos, replay, hub, StreamTimes(), gallery.clock)
        gallery.service.container = replace(gallery.container, stream_changes=stream)

    limit(max_photos=4)
    for _ in range(5):
        await gallery.add_ready_photo(owner)
    last = int(UPLOADED_AT.timestamp() * 1000)

    async with gallery.open_stream(owner, last=f"{last}.x") as sse:
        await wait_until_opened(sse)

    assert max(loaded) <= 2
    assert len(sse.events_named("photo.changed")) == 4
    assert sse.events_named("library.stale")
    limit(max_entries=6)
    async with gallery.open_stream(owner, last=f"{last}.x") as sse:
        await wait_until_opened(sse)
    assert sse.events_named("library.stale")


async def test_a_client_from_before_the_log_is_stale(
    start_gallery: StartGallery, owner: str
) -> None:
    first = await start_gallery()
    first.clock.advance(minutes=10)
    later = await start_gallery(clock=first.clock)
    began = int(UPLOADED_AT.timestamp() * 1000)

    for last, stale in ((began - 1, True), (began, False)):
        async with later.open_stream(owner, last=f"{last}.x") as sse:
            await wait_until_opened(sse)
        assert bool(sse.events_named("library.stale")) is stale


async def test_entries_that_are_not_stored_durably_stay_pending(
    gallery: Gallery, owner: str
) -> None:
    await gallery.add_ready_photo(owner)
    await gallery.container.append_changes()
    unreachable = gallery.database.client.get_database(
        gallery.database.name, write_concern=WriteConcern(w=50, wtimeout=1)
    )
    photos = gallery.database["photos"]
    log = ChangeLogRepository(unreachable, photos, timedelta(days=1))
    story = await gallery.add_ready_photo(owner)
    document = await photos.find_one({"_id": story.photo_id})
    assert document is not None
    await gallery.database["changes"].insert_one(document["log"][0])

    with pytest.raises(BulkWriteError):
        await log.append_pending(limit=10)

    assert await pending(gallery) == 1


async def test_pages_of_the_log_leave_no_cursor_on_the_server(
    gallery: Gallery, owner: str, mongo_url: str
) -> None:
    stories = [await gallery.add_ready_photo(owner) for _ in range(4)]
    gallery.clock.advance(seconds=1)
    stories.append(await gallery.add_ready_photo(owner))
    await gallery.container.append_changes()
    finds = Finds()
    client: MongoClient = MongoClient(mongo_url, tz_aware=True, event_listeners=[finds])
    database = client.get_database(gallery.database.name)
    log = ChangeLogRepository(database, database["photos"], timedelta(days=1))

    pages = [page async for page in log.pages_since(owner, UPLOADED_AT, page_size=3)]
    client.close()

    in_order = [(entry.at, entry.id) for page in pages for entry in page]
    assert in_order == sorted(in_order)
    assert {entry_id for _, entry_id in in_order} == {
        f"{story.photo_id}:{version}" for story in stories for version in (1, 2)
    }
    assert [len(page) for page in pages] == [3, 3, 3, 1]
    assert finds.cursor_ids == {0}
