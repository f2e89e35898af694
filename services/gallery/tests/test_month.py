"""A month in columns is whole, its tag exact, for every process."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from services.gallery.tests.conftest import Gallery, StartGallery
from services.gallery.tests.story import Story

from pichaven_chassis.mongo import MongoDatabase
from pichaven_chassis.settings import StorageSettings
from pichaven_chassis.storage import Presigner
from pichaven_contracts.photo import TakenAt
from pichaven_gallery.photos.older_documents import OlderDocuments
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.settings import GallerySettings
from pichaven_gallery.timeline.counts import Counts
from pichaven_gallery.timeline.library_pages import LibraryPages
from pichaven_gallery.timeline.migrate_times import MigrateWindow, RewriteTimes
from pichaven_gallery.timeline.month import GetMonth
from pichaven_gallery.timeline.repository import TimelineRepository, TimelineState
from pichaven_gallery.timeline.schemas import MonthPhotos
from testing.month_rows import to_rows

JUNE = "/timeline/2026-06"


async def read(gallery: Gallery, owner: str, path: str = JUNE, **headers: str) -> httpx.Response:
    response = await gallery.http.get(
        f"/api/v1{path}", headers=gallery.authority.headers(owner) | headers
    )
    assert response.status_code in {200, 304}, response.text
    return response


async def tag_of(gallery: Gallery, owner: str, path: str = JUNE) -> str | None:
    tag: str | None = (await read(gallery, owner, path)).headers.get("etag")
    return tag


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


async def test_a_row_says_what_other_lists_say(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(
        owner, taken_at=TakenAt(at=datetime(2020, 2, 29, 23, 59, 59, 999_000, UTC))
    )
    edit = {"favorite": True, "caption": "The last\nswim"}
    await gallery.call(owner, "PATCH", f"/photos/{story.photo_id}", json=edit)
    day = await gallery.call(owner, "GET", "/timeline/on-this-day", params={"date": "2024-02-29"})
    [compact] = day["items"][0]["photos"]

    response = await read(gallery, owner, "/timeline/2020-02")

    month = MonthPhotos.model_validate_json(response.content)
    assert (month.month, month.count, month.next_cursor) == ("2020-02", 1, None)
    [row] = to_rows(response.json())
    same = set(row) - {"offset", "taken_at_local"}
    assert {name: row[name] for name in same} == {name: compact[name] for name in same}
    assert row["name"] == "The last swim"
    assert (row["taken_at_local"], row["offset"]) == ("2020-02-29T23:59:59", None)
    assert row["thumbnail_url"].startswith("http://photos.test/")
    assert response.headers["cache-control"] == "private, no-cache"


async def test_a_photo_in_processing_has_its_name_and_no_thumbnail(
    gallery: Gallery, owner: str
) -> None:
    story = Story(owner)
    await gallery.ingest(story.uploaded_event())

    [row] = to_rows((await read(gallery, owner)).json())

    assert (row["status"], row["name"]) == ("processing", "beach.jpg")
    assert (row["thumbnail_url"], row["aspect_ratio"], row["blurhash"]) == (None, None, None)


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


async def test_an_empty_month_and_a_strangers_are_alike(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    await gallery.add_ready_photo(owner)

    empty, theirs = (
        await read(gallery, stranger),
        await read(gallery, stranger, "/timeline/2026-05"),
    )

    assert empty.content.replace(b"2026-06", b"2026-05") == theirs.content
    assert (empty.json()["count"], empty.json()["id"]) == (0, [])
    assert "etag" not in empty.headers


async def test_a_month_is_compressed_for_those_who_accept_it(gallery: Gallery, owner: str) -> None:
    for _ in range(4):
        await gallery.add_ready_photo(owner)

    plain = await read(gallery, owner, **{"Accept-Encoding": "identity"})
    refused = await read(gallery, owner, **{"Accept-Encoding": "gzip;q=0"})
    packed = await read(gallery, owner, **{"Accept-Encoding": "br, gzip"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert plain.content == packed.content == refused.content
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert {each.headers["vary"] for each in (plain, packed)} == {"Accept-Encoding"}
    assert plain.headers["etag"] == packed.headers["etag"]


async def test_a_month_with_very_many_photos_comes_in_pages(gallery: Gallery, owner: str) -> None:
    for day in (1, 1, 1, 15, 30):
        moment = datetime(2020, 6, day, 23, 59, 59, 999_000, UTC)
        await gallery.add_ready_photo(owner, taken_at=TakenAt(at=moment))
    await gallery.add_ready_photo(owner, taken_at=TakenAt(at=datetime(2020, 7, 1, tzinfo=UTC)))
    whole = await gallery.call(owner, "GET", "/timeline/2020-06")
    timeouts = GallerySettings().timeouts
    photos = PhotoRepository(gallery.database, timeouts)
    older, rewrite = OlderDocuments(photos), RewriteTimes(photos, gallery.clock)
    small_pages = GetMonth(
        TimelineRepository(gallery.database, photos.collection),
        LibraryPages(photos, MigrateWindow(older, rewrite)),
        Presigner(StorageSettings()),
        max_entries=2,
        page_size=2,
    )
    gallery.service.container = replace(gallery.container, get_month=small_pages)

    listed: list[str] = []
    cursor: str | None = None
    while True:
        params = {"cursor": cursor} if cursor else {}
        page = await gallery.call(owner, "GET", "/timeline/2020-06", params=params)
        assert (page["count"], len(page["id"]) <= 2) == (5, True)
        listed += page["id"]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert whole["next_cursor"] is None
    assert listed == whole["id"]
    assert len(listed) == 5


async def test_urls_and_the_tag_change_together_after_hours(gallery: Gallery, owner: str) -> None:
    await gallery.add_ready_photo(owner)
    at = [1_700_000_000.0]
    photos = PhotoRepository(gallery.database, GallerySettings().timeouts)
    older, rewrite = OlderDocuments(photos), RewriteTimes(photos, gallery.clock)
    get_month = GetMonth(
        TimelineRepository(gallery.database, photos.collection),
        LibraryPages(photos, MigrateWindow(older, rewrite)),
        Presigner(StorageSettings(), now=lambda: at[0]),
        max_entries=2,
    )
    gallery.service.container = replace(gallery.container, get_month=get_month)
    responses = []
    for hours in (0, 1, 6):
        at[0] = 1_700_000_000.0 + timedelta(hours=hours).total_seconds()
        response = await read(gallery, owner)
        responses.append((response.headers["etag"], to_rows(response.json())[0]["thumbnail_url"]))

    assert responses[0] == responses[1]
    assert responses[2][0] != responses[0][0]
    assert responses[2][1] != responses[0][1]
