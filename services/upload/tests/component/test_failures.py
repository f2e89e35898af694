"""Every end of an upload without a photo is published exactly once, with a stable code."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pichaven_contracts.photo import PhotoUploaded
from pichaven_contracts.upload import UploadFailed

Fail = Callable[[Any, Any], Awaitable[None]]


async def _cancel(app: Any, upload: Any) -> None:
    await asyncio.gather(*(app.call("DELETE", f"/uploads/{upload.id}") for _ in range(4)))


async def _expire(app: Any, upload: Any) -> None:
    app.clock.advance(hours=25)
    await asyncio.gather(*(app.reconciler.sweep() for _ in range(3)))


async def _complete_short(app: Any, upload: Any) -> None:
    parts = await app.send(upload, app.picture(900))
    await asyncio.gather(*(app.complete(upload, parts=parts) for _ in range(4)))


@pytest.mark.parametrize(
    ("fail", "code"),
    [(_cancel, "cancelled"), (_expire, "expired"), (_complete_short, "size_mismatch")],
)
async def test_a_session_that_ends_without_a_photo_is_published_once(
    app: Any, fail: Fail, code: str
) -> None:
    upload = await app.begin(app.picture(1000), send=False)

    await fail(app, upload)
    await app.complete(upload, parts=[{"number": 1, "etag": "0" * 32}])
    await app.call("DELETE", f"/uploads/{upload.id}")
    app.clock.advance(hours=30)
    await app.reconciler.sweep()

    [event] = await app.published_events()
    assert isinstance(event, UploadFailed)
    assert (event.code, event.upload_id, event.photo_id) == (code, upload.id, upload.photo_id)
    status = (await app.call("GET", f"/uploads/{upload.id}")).json()
    assert (status["failure"]["code"], status["failure"]["message"]) == (code, event.message)


async def test_ends_that_race_publish_one_outcome(app: Any) -> None:
    uploads = [await app.begin(app.picture(seed=str(number))) for number in range(4)]
    app.clock.advance(hours=25)

    await asyncio.gather(
        *(app.complete(upload) for upload in uploads),
        *(app.call("DELETE", f"/uploads/{upload.id}") for upload in uploads),
        app.reconciler.sweep(),
    )
    app.clock.advance(hours=1)
    await app.reconciler.sweep()

    events = await app.published_events()
    assert sorted(event.upload_id for event in events) == sorted(upload.id for upload in uploads)
    for event in events:
        if not isinstance(event, PhotoUploaded):
            assert event.code in {"cancelled", "expired"}
    assert (await app.usage())["bytes_reserved"] == 0
