"""Downloads: the originals of photos as one ZIP file, by an address that is a secret."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog
from services.gallery.tests.conftest import Gallery, JsonObject, StartGallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import TakenAt
from pichaven_gallery.downloads.archive import READ_BYTES
from testing.connected_client import connected
from testing.fake_clock import FakeClock
from testing.polling import eventually

NOW = UPLOADED_AT.replace(year=2126)
"""MongoDB deletes what has expired, and goes by its own clock."""


@pytest_asyncio.fixture
async def gallery(start_gallery: StartGallery) -> Gallery:
    return await start_gallery(FakeClock(NOW))


async def add_photo(
    gallery: Gallery,
    owner: str,
    content: bytes,
    filename: str = "beach.jpg",
    days: int = 0,
    *,
    stored: bool = True,
) -> Story:
    """Add a photo with an original in storage."""
    story = Story(owner)
    uploaded = story.uploaded_event(filename=filename, size=len(content))
    taken_at = TakenAt(at=UPLOADED_AT + timedelta(days=days))
    await gallery.ingest(uploaded, story.processed_event(taken_at=taken_at))
    if stored:
        await gallery.store.put(uploaded.object_key, content, content_type="image/jpeg")
    return story


def key_of(story: Story) -> str:
    return story.uploaded_event().object_key


async def prepare(gallery: Gallery, owner: str, *, status: int = 201, **body: Any) -> JsonObject:
    return await gallery.call(owner, "POST", "/downloads", status=status, json=body)


async def fetch(gallery: Gallery, url: str) -> httpx.Response:
    """GET an address as a browser does that follows a link."""
    return await gallery.http.get(url)


async def files_of(gallery: Gallery, download: JsonObject) -> dict[str, bytes]:
    response = await fetch(gallery, download["url"])
    assert response.status_code == 200, response.text
    assert len(response.content) == download["size"]
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_photos_are_downloaded_as_one_file_by_a_plain_link(
    gallery: Gallery, owner: str
) -> None:
    stories = [
        await add_photo(gallery, owner, b"first", "a.jpg"),
        await add_photo(gallery, owner, b"second", "../A.jpg"),
        await add_photo(gallery, owner, b"third" * READ_BYTES, "a.jpg", days=1),
    ]
    ids = [story.photo_id for story in stories]

    download = await prepare(gallery, owner, ids=[*ids, ids[0]])
    response = await fetch(gallery, download["url"])

    assert (download["count"], download["failed"], download["failures"]) == (3, 0, [])
    assert download["filename"] == "photos-2126-06-01.zip"
    assert response.headers["content-type"] == "application/zip"
    assert response.headers["content-length"] == str(download["size"])
    assert response.headers["content-disposition"] == (
        'attachment; filename="photos-2126-06-01.zip"'
    )
    assert response.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == ["a.jpg", "_A.jpg", "a (2).jpg"]
        assert [archive.read(name) for name in archive.namelist()] == [
            b"first",
            b"second",
            b"third" * READ_BYTES,
        ]
        dates = [info.date_time[:3] for info in archive.infolist()]
        assert dates == [(2026, 6, 1), (2026, 6, 1), (2026, 6, 2)]


async def test_a_query_is_that_of_the_list_or_of_the_trash(gallery: Gallery, owner: str) -> None:
    stories = [await add_photo(gallery, owner, bytes([day]), f"{day}.jpg", day) for day in range(4)]
    paths = [f"/photos/{story.photo_id}" for story in stories]
    await gallery.call(owner, "PATCH", paths[1], json={"favorite": True})
    await gallery.call(owner, "PATCH", paths[2], json={"favorite": True})
    await gallery.call(owner, "DELETE", paths[3], status=204)

    async def names(**query: Any) -> list[str]:
        return list(await files_of(gallery, await prepare(gallery, owner, query=query)))

    assert await names() == ["2.jpg", "1.jpg", "0.jpg"]
    assert await names(favorite=True) == ["2.jpg", "1.jpg"]
    assert await names(excluded=[stories[1].photo_id]) == ["2.jpg", "0.jpg"]
    assert await names(trashed=True) == ["3.jpg"]


async def test_a_photo_in_the_trash_is_downloaded_until_that_is_emptied(
    gallery: Gallery, owner: str
) -> None:
    story = await add_photo(gallery, owner, b"a")
    await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)

    assert (await prepare(gallery, owner, ids=[story.photo_id]))["count"] == 1
    gallery.clock.advance(seconds=1)
    await gallery.call(owner, "DELETE", "/trash", status=204)
    problem = await prepare(gallery, owner, ids=[story.photo_id], status=404)
    assert problem["code"] == "not_found"


async def test_photos_that_cannot_be_downloaded_are_left_out_and_named(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    mine = await add_photo(gallery, owner, b"mine")
    theirs = await add_photo(gallery, stranger, b"theirs")
    missing = await add_photo(gallery, owner, b"missing", stored=False)
    rejected = Story(owner)
    await gallery.ingest(rejected.uploaded_event(), rejected.rejected_event())
    unknown = new_id()
    ids = [theirs.photo_id, missing.photo_id, rejected.photo_id, unknown, mine.photo_id]

    download = await prepare(gallery, owner, ids=ids)

    assert (download["count"], download["failed"]) == (1, 4)
    assert {each["id"]: each["code"] for each in download["failures"]} == {
        theirs.photo_id: "not_found",
        missing.photo_id: "original_gone",
        rejected.photo_id: "original_gone",
        unknown: "not_found",
    }
    assert await files_of(gallery, download) == {"beach.jpg": b"mine"}
    for story, status, code in (
        (theirs, 404, "not_found"),
        (missing, 409, "original_gone"),
        (rejected, 409, "original_gone"),
    ):
        problem = await prepare(gallery, owner, ids=[story.photo_id], status=status)
        assert problem["code"] == code


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"ids": ["1"], "query": {}},
        {"ids": ["1"] * 10_001},
        {"query": {"trashed": True, "favorite": True}},
    ],
)
async def test_a_request_names_one_selection(
    gallery: Gallery, owner: str, body: JsonObject
) -> None:
    problem = await prepare(gallery, owner, status=422, **body)
    assert problem["code"] == "invalid_request"


async def test_a_date_that_is_none_is_refused(gallery: Gallery, owner: str) -> None:
    problem = await prepare(gallery, owner, query={"from": "yesterday"}, status=422)
    assert problem["code"] == "invalid_date"


async def test_a_query_without_photos_is_nothing_to_download(gallery: Gallery, owner: str) -> None:
    problem = await prepare(gallery, owner, query={"favorite": True}, status=404)
    assert problem["code"] == "not_found"


async def test_an_address_without_its_token_is_not_there(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    story = await add_photo(gallery, owner, b"a")
    url = (await prepare(gallery, owner, ids=[story.photo_id]))["url"]
    other = await add_photo(gallery, stranger, b"b")
    other_url = (await prepare(gallery, stranger, ids=[other.photo_id]))["url"]
    path, _, token = url.partition("?token=")
    other_token = other_url.partition("?token=")[2]
    owner_headers = gallery.authority.headers(owner)

    assert len(token) >= 43
    for wrong in (
        path,
        f"{path}?token={token[:-1]}",
        f"{path}?token={other_token}",
        f"/api/v1/downloads/{new_id()}?token={token}",
        f"/api/v1/downloads/1?token={token}",
    ):
        # Credentials are no use: who shares a screen with the owner has the address alone.
        response = await gallery.http.get(wrong, headers=owner_headers)
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), wrong
    assert (await fetch(gallery, url)).status_code == 200
    documents = [each async for each in gallery.database["downloads"].find({})]
    assert token not in str(documents)


async def test_an_address_expires(gallery: Gallery, owner: str) -> None:
    story = await add_photo(gallery, owner, b"a")
    download = await prepare(gallery, owner, ids=[story.photo_id])
    assert download["expires_at"] == "2126-06-01T12:10:00Z"

    gallery.clock.advance(minutes=9, seconds=59)
    assert (await fetch(gallery, download["url"])).status_code == 200
    assert (await fetch(gallery, download["url"])).status_code == 200
    gallery.clock.advance(seconds=1)
    response = await fetch(gallery, download["url"])
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_the_token_is_in_no_log_and_no_stored_response(gallery: Gallery, owner: str) -> None:
    story = await add_photo(gallery, owner, b"a")
    body, headers = {"ids": [story.photo_id]}, {"Idempotency-Key": "once"}

    with structlog.testing.capture_logs() as logs:
        download = await gallery.call(
            owner, "POST", "/downloads", status=201, json=body, headers=headers
        )
        await fetch(gallery, download["url"])
    token = download["url"].partition("=")[2]
    repeated = await gallery.call(
        owner, "POST", "/downloads", status=409, json=body, headers=headers
    )
    metrics = await gallery.http.get("/metrics")

    assert any("/downloads/" in str(entry.get("path")) for entry in logs)
    assert token not in str(logs)
    assert token not in metrics.text
    assert "/downloads/{download_id}" in metrics.text
    assert repeated["code"] == "response_not_kept"


async def test_a_download_has_bounds(
    start_gallery: StartGallery, owner: str, stranger: str
) -> None:
    gallery = await start_gallery(FakeClock(NOW), download_photos=2, download_bytes=10)
    stories = [await add_photo(gallery, owner, b"1234", f"{number}.jpg") for number in range(3)]
    ids = [story.photo_id for story in stories]
    large = await add_photo(gallery, stranger, b"12345678901")

    assert (await prepare(gallery, owner, ids=ids[:2]))["count"] == 2
    for owner_id, body in (
        (owner, {"ids": ids}),
        (owner, {"query": {}}),
        (stranger, {"ids": [large.photo_id]}),
    ):
        problem = await prepare(gallery, owner_id, status=422, **body)
        assert problem["code"] == "download_too_large"
        assert "2 photos" in problem["detail"]


async def test_an_owner_has_twenty_downloads_open(gallery: Gallery, owner: str) -> None:
    story = await add_photo(gallery, owner, b"a")
    for _ in range(20):
        await prepare(gallery, owner, ids=[story.photo_id])

    problem = await prepare(gallery, owner, ids=[story.photo_id], status=429)
    assert problem["code"] == "too_many_requests"
    gallery.clock.advance(minutes=10)
    assert await prepare(gallery, owner, ids=[story.photo_id])


async def test_a_read_scope_is_enough(gallery: Gallery, owner: str) -> None:
    story = await add_photo(gallery, owner, b"a")
    for scope, status in (("photos:read", 201), ("photos:write", 403)):
        token = gallery.authority.token(owner, scope=scope)
        headers = {"Authorization": f"Bearer {token}"}
        body = {"ids": [story.photo_id]}
        await gallery.call(owner, "POST", "/downloads", status=status, json=body, headers=headers)


@dataclass
class Client:
    """A client of the ASGI application that takes what it is sent while `taking` is set."""

    status: int = 0
    received: int = 0
    ended: bool = False
    taking: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, it takes the headers alone."""
    error: BaseException | None = None


@asynccontextmanager
async def connect(gallery: Gallery, url: str, *, takes: bool = True) -> AsyncIterator[Client]:
    """Request an address as a server does; the client disconnects at the end."""
    client = Client()
    if takes:
        client.taking.set()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            client.status = message["status"]
        else:
            await client.taking.wait()
            client.received += len(message.get("body", b""))
            client.ended = not message.get("more_body", False)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await gallery.app(scope, receive, send)
        except Exception as error:
            client.error = error

    async with connected(app, url, send):
        yield client


async def test_an_original_that_breaks_off_ends_the_download_visibly(
    gallery: Gallery, owner: str
) -> None:
    first = await add_photo(gallery, owner, b"1" * READ_BYTES)
    second = await add_photo(gallery, owner, b"2" * READ_BYTES)
    ids = [first.photo_id, second.photo_id]

    deleted = await prepare(gallery, owner, ids=ids)
    await gallery.store.delete([key_of(second)])
    async with connect(gallery, deleted["url"]) as client:
        await eventually(lambda: client.error, "the response fails")
    assert client.status == 200
    assert READ_BYTES < client.received < deleted["size"]
    assert not client.ended

    await gallery.store.put(key_of(second), b"2" * READ_BYTES, content_type="image/jpeg")
    truncated = await prepare(gallery, owner, ids=ids)
    await gallery.store.put(key_of(second), b"2", content_type="image/jpeg")
    async with connect(gallery, truncated["url"]) as client:
        await eventually(lambda: client.error, "the response fails")
    assert not client.ended


async def test_an_original_that_is_gone_before_the_first_byte_is_a_problem(
    gallery: Gallery, owner: str
) -> None:
    story = await add_photo(gallery, owner, b"1")
    download = await prepare(gallery, owner, ids=[story.photo_id])
    await gallery.store.delete([key_of(story)])

    response = await fetch(gallery, download["url"])

    assert (response.status_code, response.json()["code"]) == (409, "original_gone")


async def test_a_client_that_goes_away_ends_the_work_and_frees_its_place(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(
        FakeClock(NOW), downloads=1, downloads_per_owner=1, download_wait_s=0.2
    )
    story = await add_photo(gallery, owner, b"1" * 20 * READ_BYTES)
    url = (await prepare(gallery, owner, ids=[story.photo_id]))["url"]
    reads = 0
    get_range = gallery.store.get_range

    async def counted(key: str, start: int, size: int) -> bytes:
        nonlocal reads
        reads += 1
        return await get_range(key, start, size)

    gallery.store.get_range = counted  # type: ignore[method-assign]
    async with connect(gallery, url, takes=False) as client:
        await eventually(lambda: client.status, "the response begins")
        refused = await fetch(gallery, url)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert "retry-after" in refused.headers
    assert reads <= 2
    assert not client.ended

    assert (await fetch(gallery, url)).status_code == 200


async def test_owners_share_what_a_process_sends(
    start_gallery: StartGallery, owner: str, stranger: str
) -> None:
    gallery = await start_gallery(
        FakeClock(NOW), downloads=2, downloads_per_owner=1, download_wait_s=0.2
    )
    urls = {}
    for owner_id in (owner, stranger):
        story = await add_photo(gallery, owner_id, b"1" * 4 * READ_BYTES)
        urls[owner_id] = (await prepare(gallery, owner_id, ids=[story.photo_id]))["url"]

    async with connect(gallery, urls[owner], takes=False) as client:
        await eventually(lambda: client.status, "the response begins")
        assert (await fetch(gallery, urls[stranger])).status_code == 200


async def test_head_says_the_size_and_takes_no_place(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery(
        FakeClock(NOW), downloads=1, downloads_per_owner=1, download_wait_s=0.2
    )
    story = await add_photo(gallery, owner, b"1" * 4 * READ_BYTES)
    download = await prepare(gallery, owner, ids=[story.photo_id])

    for _ in range(2):
        response = await gallery.http.head(download["url"])
        assert response.status_code == 200
        assert response.headers["content-length"] == str(download["size"])
        assert response.content == b""
    assert (await fetch(gallery, download["url"])).status_code == 200
