"""The tag of a month is exact, for every process."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from services.gallery.tests.conftest import Gallery, StartGallery
from services.gallery.tests.story import Story
from services.gallery.tests.test_month import JUNE, read, tag_of

from pichaven_chassis.mongo import MongoDatabase
from pichaven_contracts.photo import TakenAt
from pichaven_gallery.timeline.counts import Counts
from pichaven_gallery.timeline.repository import TimelineRepository, TimelineState
from testing.month_rows import to_rows


@dataclass
class Browser:
    """Keeps a response and revalidates it, as `no-cache` asks for."""

    owner: str
    path: str = JUNE
    cached: dict[str, httpx.Response] = field(default_factory=dict)

    async def load(self, gallery: Gallery) -> list[dict[str, Any]]:
        cached = self.cached.get(self.path)
        headers = {"If-None-Match": cached.headers["etag"]} if cached else {}
        response = await read(gallery, self.owner, self.path, **headers)
        if response.status_code == 304:
            assert cached is not None
            response = cached
        elif "etag" in response.headers:
            self.cached[self.path] = response
        return to_rows(response.json())


async def test_every_change_of_what_a_month_shows_gives_it_another_tag(
    gallery: Gallery, owner: str
) -> None:
    story = Story(owner)
    path = f"/photos/{story.photo_id}"

    async def patch(**fields: Any) -> None:
        await gallery.call(owner, "PATCH", path, json=fields)

    async def new_file() -> None:
        event = story.processed_event(revision=2, width=800)
        await gallery.ingest(story.uploaded_event(revision=2), event)

    changes: list[Callable[[], Awaitable[Any]]] = [
        lambda: gallery.ingest(story.uploaded_event()),
        lambda: gallery.ingest(story.processed_event()),
        lambda: patch(favorite=True),
        lambda: patch(favorite=False),
        lambda: patch(caption="dunes"),
        lambda: patch(taken_at="2026-06-03T12:00:00+02:00"),
        new_file,
        lambda: gallery.add_ready_photo(owner),
        lambda: gallery.call(owner, "DELETE", path, status=204),
        lambda: gallery.call(owner, "POST", f"{path}/restore"),
        lambda: patch(taken_at="2026-07-01T12:00:00Z"),
        lambda: gallery.call(owner, "DELETE", path, status=204),
    ]
    tags = [await tag_of(gallery, owner)]
    for change in changes[:-1]:
        await change()
        tags.append(await tag_of(gallery, owner))
    july = await tag_of(gallery, owner, "/timeline/2026-07")
    await changes[-1]()

    assert len(set(tags)) == len(tags)
    assert july is not None
    assert await tag_of(gallery, owner) == tags[-1]
    assert await tag_of(gallery, owner, "/timeline/2026-07") is None


async def test_other_changes_leave_the_tag(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    before = await tag_of(gallery, owner)
    overview = await tag_of(gallery, owner, "/timeline")

    path = f"/photos/{story.photo_id}"
    await gallery.call(owner, "PATCH", path, json={"rating": 4, "tags_add": ["dunes"]})
    await gallery.progress(story.progressed_event("read_text"))

    assert before is not None
    assert await tag_of(gallery, owner) == before
    for unchanged, tag in ((JUNE, before), ("/timeline", overview)):
        response = await read(gallery, owner, unchanged, **{"If-None-Match": tag or ""})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == tag
        assert response.headers["cache-control"] == "private, no-cache"


async def test_the_overview_names_the_version_of_each_month(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.add_ready_photo(owner, taken_at=TakenAt(at=datetime(2020, 6, 1, tzinfo=UTC)))

    async def versions() -> dict[str, str]:
        buckets = (await gallery.call(owner, "GET", "/timeline"))["buckets"]
        return {bucket["month"]: bucket["version"] for bucket in buckets}

    before, tag = await versions(), await tag_of(gallery, owner, "/timeline")
    assert (await gallery.call(owner, "GET", JUNE))["version"] == before["2026-06"]
    await gallery.call(owner, "PATCH", f"/photos/{story.photo_id}", json={"favorite": True})
    after = await versions()

    assert after["2020-06"] == before["2020-06"]
    assert after["2026-06"] != before["2026-06"]
    assert await tag_of(gallery, owner, "/timeline") != tag


async def test_a_change_made_by_one_process_is_in_the_next_response_of_another(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery()
    other = await start_gallery(clock=gallery.clock)
    story = await gallery.add_ready_photo(owner)
    browser = Browser(owner)
    assert [row["favorite"] for row in await browser.load(other)] == [False]
    assert await tag_of(gallery, owner) == await tag_of(other, owner)

    for favorite in (True, False, True):
        edit = {"favorite": favorite}
        await gallery.call(owner, "PATCH", f"/photos/{story.photo_id}", json=edit)
        assert [row["favorite"] for row in await browser.load(other)] == [favorite]


async def test_whoever_reads_while_everything_changes_is_never_behind(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery()
    other = await start_gallery(clock=gallery.clock)
    chance = random.Random(11)
    months = ("2026-06", "2026-07")
    stories = [await gallery.add_ready_photo(owner) for _ in range(6)]
    browsers = {month: Browser(owner, f"/timeline/{month}") for month in months}

    async def live_on(story: Story) -> None:
        path = f"/photos/{story.photo_id}"
        for n in range(8):
            replica = chance.choice((gallery, other))
            name, month = f"{story.photo_id} {n}", chance.choice(months)
            edit = {"caption": name, "taken_at": f"{month}-05T00:00:00Z"}
            await replica.call(owner, "PATCH", path, json=edit)
            for each, browser in browsers.items():
                rows = await browser.load(chance.choice((gallery, other)))
                names = [row["name"] for row in rows if row["id"] == story.photo_id]
                assert names == ([name] if each == month else [])

    await asyncio.gather(*(live_on(story) for story in stories))

    counted = (await gallery.call(owner, "GET", "/timeline"))["buckets"]
    assert sum(bucket["count"] for bucket in counted) == len(stories)
    marks = {"$or": [{"count_due": {"$exists": True}}, {"due_months": {"$exists": True}}]}
    assert await gallery.database["photos"].count_documents(marks) == 0


async def test_only_a_months_own_changes_are_settled_before_it_is_read(
    gallery: Gallery, owner: str, mongo_database: MongoDatabase
) -> None:
    await gallery.add_ready_photo(owner)
    old = await gallery.add_ready_photo(
        owner, taken_at=TakenAt(at=datetime(2020, 6, 1, tzinfo=UTC))
    )
    before = [await tag_of(gallery, owner, path) for path in (JUNE, "/timeline/2020-06")]
    await gallery.call(owner, "PATCH", f"/photos/{old.photo_id}", json={"favorite": True})

    assert await tag_of(gallery, owner) == before[0]
    assert await mongo_database["photos"].count_documents({"count_due": owner}) == 1
    assert await tag_of(gallery, owner, "/timeline/2020-06") not in {before[1], None}
    assert await mongo_database["photos"].count_documents({"count_due": owner}) == 0


async def test_a_slow_process_removes_no_mark_of_a_later_change(
    gallery: Gallery, owner: str, mongo_database: MongoDatabase
) -> None:
    story = await gallery.add_ready_photo(owner)
    timeline = TimelineRepository(mongo_database, mongo_database["photos"])
    path = f"/photos/{story.photo_id}"
    await gallery.call(owner, "GET", JUNE)

    class Crash(Exception):
        pass

    class Crashing(TimelineRepository):
        async def _complete(self, owner_id: str, counters: dict[str, Any]) -> None:
            raise Crash

    await gallery.call(owner, "PATCH", path, json={"favorite": True})
    with pytest.raises(Crash):
        await Crashing(mongo_database, mongo_database["photos"]).settle(owner, limit=10)
    slow = await mongo_database["timelines"].find_one({"_id": owner})
    assert slow is not None
    assert [row["favorite"] for row in to_rows((await read(gallery, owner)).json())] == [True]
    before = await tag_of(gallery, owner)
    await gallery.call(owner, "PATCH", path, json={"favorite": False})

    await timeline._complete(owner, slow)

    assert await tag_of(gallery, owner) != before
    assert [row["favorite"] for row in to_rows((await read(gallery, owner)).json())] == [False]


async def test_a_month_that_was_counted_before_months_had_versions_gets_one(
    gallery: Gallery, owner: str, mongo_database: MongoDatabase
) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.call(owner, "GET", "/timeline")
    await mongo_database["timelines"].update_one({"_id": owner}, {"$unset": {"versions": ""}})
    await mongo_database["photos"].update_one({"_id": story.photo_id}, {"$unset": {"tile": ""}})

    response = await read(gallery, owner)

    assert [row["name"] for row in to_rows(response.json())] == ["beach.jpg"]
    assert await tag_of(gallery, owner) == response.headers["etag"]
    assert (await gallery.container.migrate_times()).count == 1
    document = await mongo_database["photos"].find_one({"_id": story.photo_id})
    assert document is not None
    assert "tile" in document
    assert to_rows((await read(gallery, owner)).json()) == to_rows(response.json())


def test_a_state_with_changes_left_has_no_versions() -> None:
    counts = Counts({"2026-06": 1}, {}, {"2026-06": "v"})

    assert TimelineState(counts, is_settled=True).version_of("2026-06") == "v"
    assert TimelineState(counts, is_settled=False).version_of("2026-06") is None
