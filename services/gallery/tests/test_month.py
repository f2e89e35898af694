"""A month in columns is whole, and each row says what other lists say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
from services.gallery.tests.conftest import Gallery
from services.gallery.tests.story import Story

from pichaven_chassis.settings import StorageSettings
from pichaven_chassis.storage import Presigner
from pichaven_contracts.photo import TakenAt
from pichaven_gallery.photos.older_documents import OlderDocuments
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.settings import GallerySettings
from pichaven_gallery.timeline.library_pages import LibraryPages
from pichaven_gallery.timeline.migrate_times import MigrateWindow, RewriteTimes
from pichaven_gallery.timeline.month import GetMonth
from pichaven_gallery.timeline.month_pages import MAX_PHOTOS, MonthPages
from pichaven_gallery.timeline.repository import TimelineRepository
from pichaven_gallery.timeline.schemas import MonthPhotos
from pichaven_gallery.timeline.stored_months import StoredMonths
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


def pages_of(gallery: Gallery, page_size: int = MAX_PHOTOS) -> MonthPages:
    photos = PhotoRepository(gallery.database, GallerySettings().timeouts)
    older, rewrite = OlderDocuments(photos), RewriteTimes(photos, gallery.clock)
    return MonthPages(
        TimelineRepository(gallery.database, photos.collection, gallery.clock),
        LibraryPages(photos, MigrateWindow(older, rewrite)),
        StoredMonths(gallery.database),
        page_size=page_size,
    )


def months_of(
    gallery: Gallery, page_size: int = MAX_PHOTOS, presigner: Presigner | None = None
) -> GetMonth:
    photos = gallery.database["photos"]
    return GetMonth(
        TimelineRepository(gallery.database, photos, gallery.clock),
        pages_of(gallery, page_size),
        presigner or Presigner(StorageSettings()),
        max_entries=2,
    )


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
    await gallery.database["month_pages"].delete_many({})
    gallery.service.container = replace(gallery.container, get_month=months_of(gallery, 2))

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
    get_month = months_of(gallery, presigner=Presigner(StorageSettings(), now=lambda: at[0]))
    gallery.service.container = replace(gallery.container, get_month=get_month)
    responses = []
    for hours in (0, 1, 6):
        at[0] = 1_700_000_000.0 + timedelta(hours=hours).total_seconds()
        response = await read(gallery, owner)
        responses.append((response.headers["etag"], to_rows(response.json())[0]["thumbnail_url"]))

    assert responses[0] == responses[1]
    assert responses[2][0] != responses[0][0]
    assert responses[2][1] != responses[0][1]
