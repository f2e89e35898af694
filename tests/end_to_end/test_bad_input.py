"""Files and requests that cannot become photos: each fails by name and leaves nothing."""

import hashlib
from typing import Any

import pytest

from pichaven_local.stack import Stack
from testing.api_client import ApiClient
from testing.images import decompression_bomb, jpeg, truncated_jpeg
from testing.polling import eventually
from testing.storage import object_keys

HOSTILE_NAMES = [
    "../../../etc/passwd.jpg",
    "..\\..\\boot.jpg",
    "a\x00b.jpg",
    "\u202egpj.exe",
    "x" * 5000 + ".jpg",
    "con.jpg\r\nX-Evil: 1",
    "<img src=x onerror=alert(1)>.jpg",
    " .jpg",
]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("half.jpg", truncated_jpeg(1), "damaged_file"),
        ("letter.jpg", b"Dear all, this is no picture.\n" * 40, "unsupported_media_type"),
        ("bomb.png", decompression_bomb(), "too_many_pixels"),
    ],
)
async def test_a_file_that_is_no_photo_fails_by_name_and_leaves_nothing(
    person: ApiClient, stack: Stack, name: str, data: bytes, code: str
) -> None:
    photo_id = await person.upload(name, data, content_type="image/jpeg")

    photo = await person.wait_until_processed(photo_id)

    assert photo["status"] == "failed"
    assert photo["failure"]["code"] == code
    assert photo["failure"]["message"]
    await eventually(lambda: _nothing_is_left(stack, person), "storage and usage hold nothing")


async def _nothing_is_left(stack: Stack, person: ApiClient) -> bool:
    usage = await person.json("GET", "/me/usage")
    keys = await object_keys(stack, person.user_id)
    return (usage["bytes_used"], usage["photos"], keys) == (0, 0, set())


async def test_a_wrong_hash_fails_the_photo(person: ApiClient, stack: Stack) -> None:
    claimed = hashlib.sha256(b"something else").hexdigest()

    photo_id = await person.upload("a.jpg", jpeg(2), sha256=claimed)
    photo = await person.wait_until_processed(photo_id)

    assert photo["failure"]["code"] == "hash_mismatch"
    await eventually(lambda: _nothing_is_left(stack, person), "storage and usage hold nothing")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"size": 0}, 422, "empty_file"),
        ({"size": -1}, 422, "invalid_request"),
        ({"size": 600_000_000}, 413, "file_too_large"),
        ({"sha256": "xyz"}, 422, "invalid_request"),
        ({"content_type": "text/html"}, 415, "unsupported_media_type"),
        ({"on_duplicate": "explode"}, 422, "invalid_request"),
    ],
)
async def test_an_impossible_upload_is_refused_before_it_begins(
    person: ApiClient, stack: Stack, fields: dict[str, Any], status: int, code: str
) -> None:
    response = await person.open_upload("a.jpg", b"x" * 10, **fields)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert await object_keys(stack, person.user_id) == set()


async def test_completing_without_parts_is_refused(person: ApiClient) -> None:
    session = (await person.open_upload("a.jpg", jpeg(3))).json()

    response = await person.http.post(
        f"/uploads/{session['upload_id']}/complete", json={"parts": []}
    )

    assert response.status_code in {409, 422}
    assert response.json()["code"] == "no_parts"


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_a_hostile_filename_is_only_a_label(
    person: ApiClient, stack: Stack, name: str
) -> None:
    data = jpeg(sum(name.encode()) % 10_000)
    photo_id = await person.upload(name, data, content_type="image/jpeg")

    photo = await person.wait_until_ready(photo_id)

    filename = photo["filename"]
    assert filename
    assert not set(filename) & set("/\\\x00\r\n\u202e")
    assert len(filename.encode()) <= 255
    for key in await object_keys(stack, person.user_id):
        assert ".." not in key
        assert set(key) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._")


async def test_storage_takes_no_more_bytes_than_were_announced(
    person: ApiClient, stack: Stack
) -> None:
    data = jpeg(3)
    session = (await person.open_upload("a.jpg", data)).json()
    url = session["parts"][0]["url"]

    refusals = [await person.storage.put(url, content=data + more) for more in (b"x", data)]
    refusals.append(await person.storage.put(url, content=data[:-1]))
    status = await person.json("GET", f"/uploads/{session['upload_id']}")
    parts = await person.put_parts(session, data)
    receipt = await person.json(
        "POST", f"/uploads/{session['upload_id']}/complete", json={"parts": parts}
    )

    assert [refusal.status_code for refusal in refusals] == [403, 403, 403]
    assert status["parts_received"] == []
    await person.wait_until_ready(receipt["photo_id"])
