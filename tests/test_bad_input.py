"""Files and requests that cannot become photos: each a named failure, and nothing left."""

import hashlib
from typing import Any

import pytest

from pichaven_chassis.testing import eventually
from pichaven_local.stack import Stack
from testing.api_client import Person
from testing.images import bomb, jpeg, truncated_jpeg
from testing.storage import keys_of

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
        ("bomb.png", bomb(), "too_many_pixels"),
    ],
)
async def test_a_file_that_is_no_photo_fails_by_name_and_leaves_nothing(
    person: Person, stack: Stack, name: str, data: bytes, code: str
) -> None:
    photo_id = await person.upload(name, data, content_type="image/jpeg")

    photo = await person.settled(photo_id)

    assert photo["status"] == "failed"
    assert photo["failure"]["code"] == code
    assert photo["failure"]["message"]
    await eventually(lambda: _is_empty(stack, person), "storage holds nothing of it")
    usage = await person.json("GET", "/me/usage")
    assert (usage["bytes_used"], usage["photos"]) == (0, 0)


async def _is_empty(stack: Stack, person: Person) -> bool:
    return await keys_of(stack, person.user_id) == set()


async def test_a_wrong_hash_is_found_out(person: Person, stack: Stack) -> None:
    claimed = hashlib.sha256(b"something else").hexdigest()

    photo_id = await person.upload("a.jpg", jpeg(2), sha256=claimed)
    photo = await person.settled(photo_id)

    assert photo["failure"]["code"] == "hash_mismatch"
    await eventually(lambda: _is_empty(stack, person), "storage holds nothing of it")


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
async def test_an_upload_that_cannot_be_is_refused_before_it_begins(
    person: Person, stack: Stack, fields: dict[str, Any], status: int, code: str
) -> None:
    answer = await person.open_upload("a.jpg", b"x" * 10, **fields)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await keys_of(stack, person.user_id) == set()


async def test_completing_without_parts_is_refused(person: Person) -> None:
    session = (await person.open_upload("a.jpg", jpeg(3))).json()

    answer = await person.http.post(f"/uploads/{session['upload_id']}/complete", json={"parts": []})

    assert answer.status_code in {409, 422}
    assert answer.json()["code"] == "no_parts"


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_a_hostile_name_is_only_ever_a_label(person: Person, stack: Stack, name: str) -> None:
    data = jpeg(sum(name.encode()) % 10_000)
    photo_id = await person.upload(name, data, content_type="image/jpeg")

    photo = await person.ready(photo_id)

    shown = photo["filename"]
    assert shown
    assert not set(shown) & set("/\\\x00\r\n\u202e")
    assert len(shown.encode()) <= 255
    for key in await keys_of(stack, person.user_id):
        assert ".." not in key
        assert set(key) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._")
