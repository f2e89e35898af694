"""What is refused, before any work, and what hostile input comes to."""

import asyncio
from typing import Any

import pytest


async def _assert_untouched(app: Any) -> None:
    assert app.store.objects == {} and app.multiparts() == []
    usage = await app.usage()
    assert (usage["bytes_used"], usage["bytes_reserved"], usage["open_uploads"]) == (0, 0, 0)


async def test_an_empty_file_is_refused(app: Any) -> None:
    response = await app.announce(b"")

    assert (response.status_code, response.json()["code"]) == (422, "empty_file")
    await _assert_untouched(app)


async def test_a_file_beyond_the_limit_is_refused(app: Any) -> None:
    response = await app.announce(b"x", size=(40 << 20) + 1)

    assert (response.status_code, response.json()["code"]) == (413, "file_too_large")
    assert response.json()["max_file_bytes"] == 40 << 20
    await _assert_untouched(app)


async def test_open_uploads_count_towards_the_quota_even_when_they_race(
    app: Any, factory: Any
) -> None:
    replica = await factory.make()
    replica.owner = app.owner

    responses = await asyncio.gather(
        *(
            each.announce(b"x", size=30 << 20, sha256=f"{number:064x}")
            for number, each in enumerate((app, replica) * 4)
        )
    )

    codes = sorted(response.status_code for response in responses)
    assert codes == [201] * 3 + [413] * 5
    refused = next(response for response in responses if response.status_code == 413)
    assert (refused.json()["code"], refused.json()["bytes_free"]) == ("quota_exceeded", 10 << 20)
    assert (await app.usage())["bytes_reserved"] == 90 << 20
    assert len(app.multiparts()) == 3


async def test_the_hourly_limit_says_when_to_come_back(factory: Any) -> None:
    app = await factory.make(uploads_per_hour=5)
    for number in range(5):
        data = app.picture(10, seed=str(number))
        await app.call("DELETE", f"/uploads/{(await app.begin(data, send=False)).id}")

    refused = await app.announce(app.picture(10, seed="more"))
    app.clock.advance(minutes=61)
    later = await app.announce(app.picture(10, seed="more"))

    assert (refused.status_code, refused.json()["code"]) == (429, "upload_rate_exceeded")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert later.status_code == 201


async def test_open_uploads_are_limited(factory: Any) -> None:
    app = await factory.make(open_uploads=5)
    for number in range(5):
        await app.begin(app.picture(10, seed=str(number)), send=False)

    refused = await app.announce(app.picture(10, seed="more"))
    resumed = await app.announce(app.picture(10, seed="3"))

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_open_uploads")
    assert resumed.status_code == 201


@pytest.mark.parametrize(
    ("content_type", "filename"),
    [
        ("image/JPEG; charset=x", "a.jpg"),
        ("application/octet-stream", "a.CR2"),
        ("", "IMG_1.HEIC"),
        ("image/x-dcraw", "a.nef"),
        ("image/tiff", "a.dng"),
        ("application/octet-stream", "no ending"),
    ],
)
async def test_kinds_of_pictures_are_taken_in_whatever_systems_call_them(
    app: Any, content_type: str, filename: str
) -> None:
    response = await app.announce(app.picture(), content_type=content_type, filename=filename)

    assert response.status_code == 201


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "image/svg+xml", "video/mp4", "text/html; x=image/jpeg", "image/x-evil", "\n"],
)
async def test_other_kinds_are_refused(app: Any, content_type: str) -> None:
    response = await app.announce(app.picture(), content_type=content_type + "x" * 3)

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    await _assert_untouched(app)


@pytest.mark.parametrize(
    ("client_name", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\b.jpg", "b.jpg"),
        ("a\x00b\r\nSet-Cookie: x.jpg", "ab Set-Cookie: x.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("..", "photo"),
        ("", "photo"),
        ("/", "photo"),
        ("\ufeff\u2066x\u2069.png", "x.png"),
        ("<script>alert(1)<.jpg", "<script>alert(1)<.jpg"),
        ("写真 👩‍👩‍👧.heic", "写真 👩‍👩‍👧.heic"),
    ],
)
async def test_hostile_names_are_shown_tame_and_are_never_part_of_a_key(
    app: Any, client_name: str, name: str
) -> None:
    upload = await app.begin(app.picture(), filename=client_name)
    await app.complete(upload)

    [event] = await app.published_events()

    assert event.filename == name
    [key] = app.store.objects
    assert key == f"originals/{app.owner}/{app.sha256(app.picture())}/{upload.id}.jpg"


async def test_a_name_of_ten_thousand_letters_is_shortened(app: Any) -> None:
    upload = await app.begin(app.picture(), filename="ü" * 10_000 + ".jpeg", send=False)

    name = (await app.call("GET", f"/uploads/{upload.id}")).json()["filename"]

    assert name.endswith("ü.jpeg") and 250 < len(name.encode()) <= 255


@pytest.mark.parametrize(
    "fields",
    [
        {"sha256": "ABC"},
        {"sha256": "g" * 64},
        {"sha256": "../" * 21 + "a"},
        {"size": -1},
        {"size": 1.5},
        {"size": 10**30},
        {"size": None},
        {"filename": "x" * 40_000},
        {"filename": 3},
        {"on_duplicate": "overwrite"},
        {"taken_at": "yesterday"},
        {"taken_at": "2024-01-01T00:00:00"},
        {"album_id": "../x"},
        {"lane": "fast"},
    ],
)
async def test_requests_that_cannot_be_read_are_refused(app: Any, fields: dict[str, Any]) -> None:
    response = await app.announce(app.picture(), **fields)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["errors"][0]["path"] == f"body.{next(iter(fields))}"
    await _assert_untouched(app)


@pytest.mark.parametrize(
    "body",
    [
        {"parts": [{"number": 0, "etag": "x"}]},
        {"parts": [{"number": "one", "etag": "x"}]},
        {"parts": [{"number": 1, "etag": "x" * 1000}]},
        {"parts": None},
        {"parts": [[]]},
    ],
)
async def test_completions_that_cannot_be_read_are_refused(app: Any, body: Any) -> None:
    upload = await app.begin(app.picture())

    response = await app.call("POST", f"/uploads/{upload.id}/complete", body)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


async def test_a_key_that_may_only_read_cannot_upload_and_one_that_may_only_write_can(
    app: Any,
) -> None:
    data = app.picture()
    upload = await app.begin(data)
    reading = app.authority.token(app.owner, scope="photos:read")
    writing = app.authority.token(app.owner, scope="photos:write")
    neither = app.authority.token(app.owner, scope="")

    async def call(token: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return await app.call(method, path, body, headers=headers, **more)

    path = f"/uploads/{upload.id}"
    file = {"file": ("a.jpg", data, "image/jpeg")}
    announcement = {"filename": "b.jpg", "size": 9, "sha256": "0" * 64}
    refused = [
        await call(reading, "POST", "/uploads", announcement),
        await call(reading, "POST", f"{path}/parts", {"numbers": [1]}),
        await call(reading, "POST", f"{path}/complete", {"parts": upload.parts}),
        await call(reading, "DELETE", path),
        await call(reading, "POST", "/photos", files=file),
        await call(neither, "GET", path),
        await call(writing, "POST", "/uploads/check", {"sha256": []}),
    ]

    for response in refused:
        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert (await call(reading, "POST", "/uploads/check", {"sha256": []})).status_code == 200
    assert (await call("", "GET", "/me/usage")).status_code == 401
    for token in (reading, writing):
        assert (await call(token, "GET", path)).status_code == 200
        assert (await call(token, "GET", "/me/usage")).status_code == 200
    complete = await call(writing, "POST", f"{path}/complete", {"parts": upload.parts})
    assert complete.status_code == 202


async def test_usage_of_an_owner_without_uploads_is_nothing_of_the_quota(app: Any) -> None:
    assert await app.usage() == {
        "bytes_used": 0,
        "bytes_reserved": 0,
        "quota_bytes": 100 << 20,
        "photos": 0,
        "open_uploads": 0,
        "uploads_last_hour": 0,
        "uploads_per_hour": 50,
        "max_file_bytes": 40 << 20,
    }
