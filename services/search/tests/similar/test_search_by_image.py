"""Search by a picture, on the real engine."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from services.search.tests.fakes import changed_event, embedded_event, to_png

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import Tag
from pichaven_search.ml_client.pictures import (
    MAX_PICTURE_BYTES,
    PictureTooLarge,
    TooManyPixels,
    UnreadablePicture,
)
from testing.disconnecting_client import send_and_disconnect
from testing.polling import eventually

pytestmark = pytest.mark.engines


async def _search(
    searching: Any, data: bytes, owner: str | None = None, **params: Any
) -> httpx.Response:
    answer: httpx.Response = await searching.send(
        "POST", "/search/image", owner, params=params, files={"file": ("a.png", data)}
    )
    return answer


async def test_the_likest_photos_come_first_with_their_likeness(searching: Any) -> None:
    shows = ["sunset beach", "sunset sea", "horse meadow"]
    photos = [changed_event(owner_id=searching.owner) for _ in shows]
    await searching.index(
        *photos, *(embedded_event(photo, text) for photo, text in zip(photos, shows, strict=True))
    )
    answer = await _search(searching, to_png("sunset beach"), limit=2)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [each["photo"]["id"] for each in body["items"]] == [
        photos[0].photo_id,
        photos[1].photo_id,
    ]
    assert body["items"][0]["score"] == pytest.approx(1, abs=1e-3)
    assert (body["model"], body["reason"]) == ("words-64", None)


async def test_filters_narrow_what_is_found(searching: Any) -> None:
    tag = (Tag(name="mine", source="user"),)
    one, other = (
        changed_event(owner_id=searching.owner, tags=tag),
        changed_event(owner_id=searching.owner),
    )
    await searching.index(one, other, embedded_event(one, "lake"), embedded_event(other, "lake"))
    answer = await _search(searching, to_png("lake"), tag="mine", variants="")
    assert [each["photo"]["id"] for each in answer.json()["items"]] == [one.photo_id]
    assert answer.json()["items"][0]["photo"]["variants"] == []
    assert (await _search(searching, to_png("lake"), variants="huge")).status_code == 400
    assert (await _search(searching, to_png("lake"), near="x")).status_code == 422


async def test_no_picture_finds_another_owners_photos(searching: Any) -> None:
    other = new_id()
    mine, theirs = changed_event(owner_id=searching.owner), changed_event(owner_id=other)
    await searching.index(
        mine, theirs, embedded_event(mine, "lake"), embedded_event(theirs, "lake")
    )
    for owner, own in ((searching.owner, mine), (other, theirs)):
        items = (await _search(searching, to_png("lake"), owner, limit=100)).json()["items"]
        assert [each["photo"]["id"] for each in items] == [own.photo_id]
    assert (await _search(searching, to_png("lake"), new_id())).json()["items"] == []


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "empty_file"),
        (b"no picture", 415, "unsupported_picture"),
        (b"GIF89a", 415, "unsupported_picture"),
        (b"RIFF0000WAVE", 415, "unsupported_picture"),
        (to_png("x" * MAX_PICTURE_BYTES), 413, "picture_too_large"),
    ],
)
async def test_what_is_no_picture_is_refused_before_ml_is_search(
    searching: Any, data: bytes, status: int, code: str
) -> None:
    searching.pictures.away = True
    answer = await _search(searching, data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (UnreadablePicture("It is damaged."), 422),
        (TooManyPixels("At most 50 megapixels."), 422),
        (PictureTooLarge(), 413),
    ],
)
async def test_a_refusal_of_ml_keeps_its_status_and_detail(
    searching: Any, refusal: Any, status: int
) -> None:
    searching.pictures.refusal = refusal
    answer = await _search(searching, to_png("lake"))
    assert (answer.status_code, answer.json()["code"]) == (status, refusal.code)
    assert answer.json()["detail"] == refusal.detail


async def test_a_search_by_image_is_unavailable_while_ml_runs_another_model(searching: Any) -> None:
    searching.pictures.current = "another"
    answer = await _search(searching, to_png("lake"))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]


async def test_a_body_without_end_is_cut_off(searching: Any) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        while sent < 4 * MAX_PICTURE_BYTES:
            sent += 1 << 20
            yield bytes(1 << 20)

    answer = await searching.http.post(
        "/api/v1/search/image",
        content=endless(),
        headers=searching.authority.headers(searching.owner)
        | {"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "picture_too_large")


async def test_an_owners_pictures_are_taken_in_one_by_one_and_hold_up_no_other_owner(
    searching: Any,
) -> None:
    bodies_read = 0
    headers = searching.authority.headers(searching.owner) | {
        "Content-Type": "multipart/form-data; boundary=b"
    }

    async def form() -> AsyncIterator[bytes]:
        nonlocal bodies_read
        bodies_read += 1
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        yield to_png("lake") + b"\r\n--b--\r\n"

    async def ask() -> httpx.Response:
        response: httpx.Response = await searching.http.post(
            "/api/v1/search/image", content=form(), headers=headers
        )
        return response

    searching.pictures.gate.clear()
    requests = [asyncio.create_task(ask()) for _ in range(20)]
    await eventually(lambda: sum(each.done() for each in requests) == 11, "eleven are refused")
    refused = [each.result() for each in requests if each.done()]
    assert {each.status_code for each in refused} == {429}
    assert all(each.headers["retry-after"] for each in refused)
    assert bodies_read == 1
    others = [asyncio.create_task(_search(searching, to_png("lake"), new_id())) for _ in range(3)]
    await eventually(lambda: searching.pictures.waiting == 4, "the others' pictures are looked at")
    searching.pictures.gate.set()
    assert [each.status_code for each in await asyncio.gather(*others)] == [200] * 3
    statuses = sorted(each.status_code for each in await asyncio.gather(*requests))
    assert statuses == [200] * 9 + [429] * 11


async def test_the_work_for_a_picture_ends_when_its_client_is_gone(searching: Any) -> None:
    searching.pictures.gate.clear()
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        + to_png("lake")
        + b"\r\n--b--\r\n"
    )
    headers = searching.authority.headers(searching.owner) | {
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": str(len(body)),
    }
    disconnect = asyncio.Event()
    request = asyncio.create_task(
        send_and_disconnect(searching.app, "/api/v1/search/image", headers, body, when=disconnect)
    )
    await eventually(lambda: searching.pictures.waiting == 1, "the picture is looked at")
    disconnect.set()
    assert await request == [499]
    assert searching.pictures.waiting == 0


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        ({"files": {"other": ("a.png", to_png("x"))}}, (422, "unknown_field")),
        ({"data": {"file": "text"}}, (415, "unsupported_body_type")),
        ({"json": {"file": "x"}}, (415, "unsupported_body_type")),
        ({"content": b"plain"}, (415, "unsupported_body_type")),
        (
            {"content": b"x", "headers_": {"Content-Type": "multipart/form-data"}},
            (422, "invalid_request"),
        ),
        (
            {"content": b"x", "headers_": {"Content-Type": "multipart/form-data; boundary=b"}},
            (422, "invalid_request"),
        ),
        (
            {"files": [("file", ("a.png", b"1")), ("file", ("b.png", b"2"))]},
            (422, "invalid_request"),
        ),
    ],
)
async def test_what_is_no_form_with_a_file_is_refused(
    searching: Any, sent: dict[str, Any], refusal: tuple[int, str]
) -> None:
    headers = searching.authority.headers(searching.owner) | sent.pop("headers_", {})
    answer = await searching.http.post("/api/v1/search/image", headers=headers, **sent)
    assert (answer.status_code, answer.json()["code"]) == refusal


async def test_it_needs_a_token(searching: Any) -> None:
    answer = await searching.http.post(
        "/api/v1/search/image", files={"file": ("a.png", to_png("lake"))}
    )
    assert answer.status_code == 401
