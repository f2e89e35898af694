"""A session that has ended takes its streams, uploads and tokens with it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from testing.api_client import PASSWORD, ApiClient
from testing.images import jpeg
from testing.polling import eventually

_HEAD = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
    b"Content-Type: image/jpeg\r\n\r\n"
)


async def _read_stream(person: ApiClient, headers: dict[str, str], opened: asyncio.Event) -> str:
    """Return all that a stream sends until the server ends it."""
    url = f"{person.http.base_url}events"
    text = ""
    async with person.storage.stream("GET", url, headers=headers, timeout=60) as response:
        assert response.status_code == 200
        async for chunk in response.aiter_text():
            text += chunk
            if "stream.opened" in text:
                opened.set()
    return text


async def _log_in(person: ApiClient) -> dict[str, str]:
    """Return the headers of another session of the person."""
    tokens = await person.json(
        "POST", "/auth/login", json={"email": person.email, "password": PASSWORD}
    )
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def _log_out(person: ApiClient, headers: dict[str, str]) -> None:
    response = await person.storage.post(f"{person.http.base_url}auth/logout", headers=headers)
    assert response.status_code == 204


async def test_a_stream_an_upload_and_a_picture_end_with_their_session(person: ApiClient) -> None:
    other = await _log_in(person)
    opened = asyncio.Event()
    begun = asyncio.Semaphore(0)

    async def slow_body(same_service: str) -> AsyncIterator[bytes]:
        async def is_refused() -> bool:
            url = f"{person.http.base_url}{same_service}"
            return (await person.storage.get(url, headers=other)).status_code == 401

        yield _HEAD + jpeg(47)[:1000]
        begun.release()
        await eventually(is_refused, "the token of the ended session is refused", 30)
        yield b"more of the file"

    async def send(path: str, same_service: str) -> int:
        response = await person.storage.post(
            f"{person.http.base_url}{path}",
            headers=other | {"Content-Type": "multipart/form-data; boundary=x"},
            content=slow_body(same_service),
            timeout=60,
        )
        return response.status_code

    stream = asyncio.create_task(_read_stream(person, other, opened))
    uploading = asyncio.create_task(send("photos", "me/usage"))
    searching = asyncio.create_task(send("search/image", "search/history"))
    async with asyncio.timeout(30):
        await opened.wait()
        await begun.acquire()
        await begun.acquire()

    await _log_out(person, other)

    async with asyncio.timeout(60):
        assert "stream.opened" in await stream
        assert await asyncio.gather(uploading, searching) == [401, 401]
    assert (await person.json("GET", "/photos"))["items"] == []


async def test_a_stream_ends_when_its_api_key_is_deleted(person: ApiClient) -> None:
    created = await person.json("POST", "/me/api-keys", json={"name": "deleted"})
    key, opened = {"X-Api-Key": created["api_key"]}, asyncio.Event()
    stream = asyncio.create_task(_read_stream(person, key, opened))
    async with asyncio.timeout(30):
        await opened.wait()

    await person.json("DELETE", f"/me/api-keys/{created['id']}")

    async with asyncio.timeout(60):
        assert "stream.opened" in await stream
    refused = await person.storage.get(f"{person.http.base_url}photos", headers=key)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")


async def test_a_stream_ends_when_its_api_key_expires(person: ApiClient) -> None:
    expires_at = datetime.now(UTC) + timedelta(seconds=8)
    created = await person.json(
        "POST", "/me/api-keys", json={"name": "short", "expires_at": expires_at.isoformat()}
    )
    key = {"X-Api-Key": created["api_key"]}

    async with asyncio.timeout(60):
        assert "stream.opened" in await _read_stream(person, key, asyncio.Event())

    async def is_refused() -> bool:
        response = await person.storage.get(f"{person.http.base_url}photos", headers=key)
        return response.status_code == 401

    # Sooner than gallery forgets the exchange of the key.
    await eventually(is_refused, "the key is refused")
