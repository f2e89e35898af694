"""A whole upload in one request."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from pichaven_chassis.ids import new_id
from pichaven_chassis.problems import Unauthorized
from pichaven_contracts.upload import UploadFailed
from testing.disconnecting_client import send_and_disconnect
from testing.polling import eventually

BOUNDARY = "x" * 20


async def _post(
    app: Any,
    data: bytes,
    fields: dict[str, str] | None = None,
    filename: str = "a.jpg",
    content_type: str = "image/jpeg",
) -> httpx.Response:
    return await app.call(
        "POST",
        "/photos",
        data=fields or {},
        files={"file": (filename, data, content_type)},
    )


def _form(*parts: bytes, end: bool = True) -> bytes:
    body = b"".join(b"--" + BOUNDARY.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return body + (b"--" + BOUNDARY.encode() + b"--\r\n" if end else b"")


def _part(name: str, value: bytes, more: str = "") -> bytes:
    return f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value


def _file(data: bytes, name: str = "a.jpg", content_type: str = "image/jpeg") -> bytes:
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
    return head.encode() + f"Content-Type: {content_type}\r\n\r\n".encode() + data


async def _raw(app: Any, body: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return await app.call("POST", "/photos", content=body, headers=kind | headers)


async def _in_pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@pytest.mark.parametrize("size", [1, 1000, (5 << 20) - 1, 5 << 20, (5 << 20) + 1, 17 << 20])
@pytest.mark.parametrize("claimed", [False, True])
async def test_a_file_becomes_a_photo(app: Any, size: int, claimed: bool) -> None:
    data = app.picture(size)

    response = await _post(app, data, {"sha256": app.sha256(data)} if claimed else None)

    assert response.status_code == 202
    [event] = await app.published_events()
    assert response.json() == {"photo_id": event.photo_id}
    assert (event.size, event.sha256) == (size, app.sha256(data))
    key = f"originals/{app.owner}/{app.sha256(data)}/{event.upload_id}.jpg"
    assert app.store.objects == {key: data} and event.object_key == key
    assert app.multiparts() == []
    usage = await app.usage()
    assert (usage["bytes_used"], usage["bytes_reserved"], usage["photos"]) == (size, 0, 1)


async def test_any_cut_of_the_stream_gives_the_same_file(app: Any) -> None:
    data = b"\r\n--" + BOUNDARY[:-1].encode() + b"\r\n" + app.picture(300)
    body = _form(_part("lane", b"bulk"), _file(data), _part("on_duplicate", b"keep"))

    for size in (1, 7, 64):
        assert (await _raw(app, _in_pieces(body, size))).status_code == 202

    events = await app.published_events()
    assert {event.sha256 for event in events} == {app.sha256(data)}
    assert {event.lane for event in events} == {"bulk"}
    assert len({event.photo_id for event in events}) == 3


@pytest.mark.parametrize("size", [1000, 12 << 20])
@pytest.mark.parametrize("before", [False, True])
async def test_the_album_travels_with_the_photo_into_it(app: Any, size: int, before: bool) -> None:
    album = new_id()
    field, file = _part("album_id", album.encode()), _file(app.picture(size))

    response = await _raw(app, _form(field, file) if before else _form(file, field))

    assert response.status_code == 202
    [event] = await app.published_events()
    assert event.album_id == album


@pytest.mark.parametrize("size", [1000, 12 << 20])
async def test_bytes_that_are_there_give_the_photo_they_are(app: Any, size: int) -> None:
    data = app.picture(size)
    photo = await app.photo(data)

    response = await _post(app, data)

    assert (response.status_code, response.json()) == (
        200,
        {"photo_id": photo, "duplicate_of": photo},
    )
    assert len(app.store.objects) == 1 and app.multiparts() == []
    assert len(await app.published_events()) == 1
    assert (await app.usage())["bytes_reserved"] == 0


@pytest.mark.parametrize("size", [1000, 12 << 20])
@pytest.mark.parametrize("before", [False, True])
async def test_another_digest_than_the_one_given_is_refused(
    app: Any, size: int, before: bool
) -> None:
    digest = _part("sha256", b"0" * 64)
    file = _file(app.picture(size))

    response = await _raw(app, _form(digest, file) if before else _form(file, digest))

    assert (response.status_code, response.json()["code"]) == (422, "hash_mismatch")
    assert app.store.objects == {} and app.multiparts() == []
    assert (await app.usage())["bytes_reserved"] == 0


@pytest.mark.parametrize("declared", [False, True])
async def test_a_file_is_not_read_beyond_the_limit(app: Any, declared: bool) -> None:
    body = _form(_file(app.picture((40 << 20) + 1)))

    response = await _raw(app, body if declared else _in_pieces(body, 1 << 20))

    assert (response.status_code, response.json()["code"]) == (413, "file_too_large")
    assert app.store.objects == {} and app.multiparts() == []
    assert (await app.usage())["bytes_reserved"] == 0


async def test_the_quota_holds(app: Any, factory: Any) -> None:
    small = await factory.make(quota_bytes=6 << 20)

    responses = [await _post(small, app.picture(size)) for size in (5 << 20, 2 << 20, 12 << 20)]

    assert [response.status_code for response in responses] == [202, 413, 413]
    assert responses[1].json()["code"] == "quota_exceeded"
    assert small.multiparts() == []


async def test_an_empty_file_and_another_kind_are_refused(app: Any) -> None:
    empty = await _post(app, b"")
    text = await _post(app, b"hello", content_type="text/plain")

    assert (empty.status_code, empty.json()["code"]) == (422, "empty_file")
    assert (text.status_code, text.json()["code"]) == (415, "unsupported_media_type")


async def test_a_file_of_no_claimed_kind_is_judged_by_its_ending_and_its_first_bytes(
    app: Any,
) -> None:
    unknown = "application/octet-stream"
    by_ending = await _raw(app, _form(_file(app.picture(), "a.mp4", unknown)))
    by_bytes = await _raw(app, _form(_file(b"hello, no picture", "a", unknown)))
    taken = await _raw(app, _form(_file(b"\xff\xd8\xff" + app.picture(), "a", unknown)))

    for refusal in (by_ending, by_bytes):
        assert (refusal.status_code, refusal.json()["code"]) == (415, "unsupported_media_type")
    assert taken.status_code == 202


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_request"),
        (b"hello", "invalid_request"),
        (_form(), "file_missing"),
        (_form(_part("sha256", b"0" * 64)), "file_missing"),
        (_form(_part("file2", b"x", '; filename="a.jpg"')), "file_missing"),
        (_form(_file(b"abc"), end=False), "invalid_request"),
        (_form(_file(b"abc"), _file(b"def")), "invalid_request"),
        (_form(_part("sha256", b"0" * 5000), _file(b"abc")), "invalid_request"),
        (_form(_part("sha256", b"xyz"), _file(b"abc")), "invalid_request"),
        (_form(_part("taken_at", b"0001-01-01T00:00:00+14:00"), _file(b"a")), "invalid_request"),
        (_form(_part("lane", b"fast"), _file(b"abc")), "invalid_request"),
        (_form(_part("album_id", b"../x"), _file(b"abc")), "invalid_request"),
        (_form(_part("album", b"x"), _file(b"abc")), "unknown_field"),
        (_form(_part("lane", b"bulk"), _part("lane", b"bulk"), _file(b"a")), "invalid_request"),
        (_form(*[_part(f"f{n}", b"x") for n in range(40)], _file(b"abc")), "invalid_request"),
        (_form(b"X: " + b"y" * 70_000 + b"\r\n\r\nabc"), "invalid_request"),
        (_form(b"\xff\xfe\x00: x\r\n\r\nabc"), "invalid_request"),
    ],
)
async def test_forms_that_cannot_be_read_are_refused(app: Any, body: bytes, code: str) -> None:
    response = await _raw(app, body)

    assert (response.status_code, response.json()["code"]) == (422, code)
    assert app.store.objects == {}
    assert (await app.usage())["bytes_reserved"] == 0


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        ("application/json", (415, "unsupported_body_type")),
        ("multipart/form-data", (422, "invalid_request")),
        ("multipart/form-data; boundary=" + "b" * 999, (422, "invalid_request")),
    ],
)
async def test_a_body_that_is_no_form_is_refused(
    app: Any, kind: str, refusal: tuple[int, str]
) -> None:
    response = await app.call("POST", "/photos", content=b"{}", headers={"Content-Type": kind})

    assert (response.status_code, response.json()["code"]) == refusal


async def test_a_hostile_name_in_a_form_is_tamed(app: Any) -> None:
    await _post(app, app.picture(), filename="../../" + "é" * 5000 + ".jpg")

    [event] = await app.published_events()

    assert event.filename.endswith("é.jpg") and len(event.filename.encode()) <= 255


@pytest.mark.parametrize("sent", [1000, 6 << 20, 11 << 20])
async def test_a_client_that_goes_away_leaves_nothing(app: Any, sent: int) -> None:
    await _post_without_end(app, _form(_file(app.picture(sent)), end=False))

    assert app.store.objects == {} and app.multiparts() == []
    assert (await app.usage())["bytes_reserved"] == 0
    assert all(isinstance(event, UploadFailed) for event in await app.published_events())


async def _post_without_end(app: Any, body: bytes) -> None:
    """A request whose connection ends before its body does."""
    headers = app.authority.headers(app.owner) | {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(body) + 1000),
    }
    await send_and_disconnect(app.asgi, "/api/v1/photos", headers, body, unsent=True)


@pytest.mark.parametrize("sent", [1000, 11 << 20])
@pytest.mark.parametrize("ends", ["session", "API key"])
async def test_an_upload_in_progress_ends_with_its_credentials_and_leaves_nothing(
    app: Any, sent: int, ends: str
) -> None:
    session_id = new_id()
    claims = {} if ends == "session" else {"key_exp": time.time() + 2}
    token = app.authority.token(app.owner, session_id=session_id, **claims)

    async def is_refused() -> bool:
        try:
            await app.authority.authenticator.verify(token, via="token")
        except Unauthorized:
            return True
        return False

    async def slow() -> AsyncIterator[bytes]:
        yield _form(_file(app.picture(sent)), end=False)
        if ends == "session":
            app.authority.ended_sessions.append(session_id)
        await eventually(is_refused, "the token is refused")
        yield b"more of the file"

    response = await _raw(app, slow(), Authorization=f"Bearer {token}")

    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")
    assert app.store.objects == {} and app.multiparts() == []
    assert (await app.usage())["bytes_reserved"] == 0


@pytest.mark.parametrize("sent", [1000, 11 << 20])
async def test_a_client_that_stops_sending_gives_its_slot_up(factory: Any, sent: int) -> None:
    app = await factory.make(stream_idle_s=0.1, streams=1)

    async def stuck() -> AsyncIterator[bytes]:
        yield _form(_file(app.picture(sent)), end=False)
        await asyncio.Event().wait()

    stalled = await _raw(app, stuck())
    after = await _post(app, app.picture())

    assert (stalled.status_code, stalled.json()["code"]) == (408, "upload_stalled")
    assert after.status_code == 202
    assert len(app.store.objects) == 1 and app.multiparts() == []
    assert (await app.usage())["bytes_reserved"] == 0


async def test_a_client_that_trickles_gives_its_slot_up(factory: Any) -> None:
    app = await factory.make(stream_idle_s=0.2, stream_bytes_per_s=1000, streams=1)

    async def trickle() -> AsyncIterator[bytes]:
        yield _form(_file(b"\xff\xd8"), end=False)
        async with asyncio.timeout(10):
            while True:
                await asyncio.sleep(0.02)
                yield b"x"

    stalled = await _raw(app, trickle())
    after = await _post(app, app.picture())

    assert (stalled.status_code, stalled.json()["code"]) == (408, "upload_stalled")
    assert after.status_code == 202


async def test_one_owners_streams_leave_room_for_anothers(factory: Any) -> None:
    app = await factory.make(streams=3, streams_per_owner=2)
    go_on = asyncio.Event()

    async def waiting(seed: str) -> AsyncIterator[bytes]:
        body = _form(_file(app.picture(seed=seed)))
        yield body[:-10]
        await go_on.wait()
        yield body[-10:]

    greedy = [asyncio.create_task(_raw(app, waiting(str(n)))) for n in range(5)]
    other = await app.call(
        "POST", "/photos", files={"file": ("a.jpg", app.picture())}, owner=new_id()
    )
    go_on.set()

    assert other.status_code == 202
    assert {response.status_code for response in await asyncio.gather(*greedy)} == {202}


@pytest.mark.slow
@pytest.mark.parametrize("sent", [1000, 11 << 20])
async def test_a_slow_stream_ends_for_another_owner_and_leaves_nothing(
    factory: Any, sent: int
) -> None:
    app = await factory.make(streams=2, streams_per_owner=2, stream_wait_s=8)
    ended = asyncio.Event()
    in_slots: set[str] = set()

    async def slow(seed: str) -> AsyncIterator[bytes]:
        yield _form(_file(app.picture(sent, seed=seed)), end=False)
        in_slots.add(seed)
        while not ended.is_set():
            await asyncio.sleep(0.05)
            yield b"x" * 200
        yield f"\r\n--{BOUNDARY}--\r\n".encode()

    greedy = [asyncio.create_task(_raw(app, slow(str(n)))) for n in range(2)]
    await eventually(lambda: len(in_slots) == 2, "both are received")
    other = await app.call(
        "POST", "/photos", files={"file": ("a.jpg", app.picture())}, owner=new_id()
    )
    ended.set()
    responses = sorted(await asyncio.gather(*greedy), key=lambda each: each.status_code)

    assert other.status_code == 202
    assert [each.status_code for each in responses] == [202, 503]
    assert responses[1].headers["content-type"] == "application/problem+json"
    assert responses[1].headers["retry-after"]
    assert len(app.store.objects) == 2 and app.multiparts() == []
    assert (await app.usage())["bytes_reserved"] == 0


async def test_who_finds_no_place_in_time_is_told_so(factory: Any) -> None:
    app = await factory.make(streams=1, streams_per_owner=1, stream_wait_s=0.2)
    in_slot, go_on = asyncio.Event(), asyncio.Event()

    async def waiting() -> AsyncIterator[bytes]:
        body = _form(_file(app.picture()))
        yield body[:-10]
        in_slot.set()
        await go_on.wait()
        yield body[-10:]

    first = asyncio.create_task(_raw(app, waiting()))
    await in_slot.wait()
    own, others = await asyncio.gather(
        _post(app, app.picture(seed="b")),
        app.call("POST", "/photos", files={"file": ("a.jpg", app.picture())}, owner=new_id()),
    )
    go_on.set()

    assert [each.status_code for each in (own, others)] == [429, 503]
    assert all(each.headers["retry-after"] for each in (own, others))
    assert (await first).status_code == 202


async def test_a_form_whose_file_does_not_begin_is_ended(factory: Any) -> None:
    app = await factory.make(stream_idle_s=0.1)

    async def trickle() -> AsyncIterator[bytes]:
        yield f"--{BOUNDARY}\r\n".encode()
        while True:
            await asyncio.sleep(0.02)
            yield b"X"

    response = await _raw(app, trickle())

    assert (response.status_code, response.json()["code"]) == (408, "upload_stalled")


async def test_few_streams_are_read_at_once(app: Any, factory: Any) -> None:
    roomy = await factory.make(quota_bytes=1 << 40)
    active = most = 0

    async def count_active(body: bytes) -> AsyncIterator[bytes]:
        nonlocal active, most
        pieces = _in_pieces(body, 1 << 20)
        # The form's head is read before the file has to wait.
        yield await anext(pieces)
        active += 1
        most = max(most, active)
        async for piece in pieces:
            active -= piece.endswith(b"--\r\n")
            yield piece

    bodies = [_form(_file(app.picture(7 << 20, seed=str(n)))) for n in range(6)]
    responses = await asyncio.gather(*(_raw(roomy, count_active(body)) for body in bodies))

    assert {response.status_code for response in responses} == {202}
    assert most <= 2
    assert len(app.store.objects) == 6


LARGE = 11 << 20


async def _of_another_digest(app: Any) -> None:
    await _raw(app, _form(_file(app.picture(LARGE)), _part("sha256", b"0" * 64)))


async def _of_a_wrong_field(app: Any) -> None:
    await _raw(app, _form(_file(app.picture(LARGE)), _part("lane", b"fast")))


async def _too_large(app: Any) -> None:
    await _raw(app, _in_pieces(_form(_file(app.picture((40 << 20) + 1))), 1 << 20))


async def _too_slow(app: Any) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield _form(_file(app.picture(LARGE)), end=False)
        await asyncio.Event().wait()

    await _raw(app, stuck())


async def _break_off(app: Any) -> None:
    await _post_without_end(app, _form(_file(app.picture(LARGE)), end=False))


async def _refused_by_storage(app: Any) -> None:
    async def put(key: str, data: bytes, *, content_type: str) -> None:
        raise OSError("storage refuses")

    app.store.put = put
    await _post(app, app.picture())


async def _cut_by_storage(app: Any) -> None:
    put = app.store.put

    async def put_less(key: str, data: bytes, *, content_type: str) -> None:
        await put(key, data[:-1], content_type=content_type)

    app.store.put = put_less
    await _post(app, app.picture())


@pytest.mark.parametrize(
    ("fail", "code"),
    [
        (_of_another_digest, "hash_mismatch"),
        (_of_a_wrong_field, "invalid_request"),
        (_too_large, "file_too_large"),
        (_too_slow, "upload_stalled"),
        (_break_off, "interrupted"),
        (_refused_by_storage, "interrupted"),
        (_cut_by_storage, "size_mismatch"),
    ],
)
async def test_an_upload_that_ends_without_a_photo_is_published_once(
    factory: Any, fail: Any, code: str
) -> None:
    app = await factory.make(stream_idle_s=0.2 if fail is _too_slow else 30)

    await fail(app)
    app.clock.advance(hours=30)
    await app.reconciler.sweep()
    await app.reconciler.sweep()

    [event] = await app.published_events()
    assert isinstance(event, UploadFailed) and event.code == code
    assert (event.owner_id, event.filename) == (app.owner, "a.jpg")
    assert app.store.objects == {} and app.multiparts() == []
    assert (await app.usage())["bytes_reserved"] == 0
