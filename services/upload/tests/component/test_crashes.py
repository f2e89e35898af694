"""A process killed between any two steps: whatever was half done is repeated or removed.

The repositories and the object store are wrapped so that from a chosen call on every call fails,
as for a process that is gone. Then either the client repeats what it did, through another process,
or only the reconciler deals with it.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

import httpx
import pytest

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import PhotoUploaded
from pichaven_contracts.upload import UploadFailed

PART = 1024
DATA_SIZE = 2560


class Killed(Exception):
    pass


class Countdown:
    left = 0

    def tick(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


class Mortal:
    """A store whose process is killed when the countdown is over."""

    def __init__(self, store: Any, countdown: Countdown) -> None:
        self._store = store
        self._countdown = countdown

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._store, name)
        if not inspect.iscoroutinefunction(attribute):
            return attribute

        async def call(*args: Any, **kwargs: Any) -> Any:
            self._countdown.tick()
            return await attribute(*args, **kwargs)

        return call


Act = Callable[[Any, bytes], Awaitable[None]]


def _check(response: httpx.Response, *statuses: int) -> None:
    """Check the status. Raises `Killed` for a 500: in its place a client sees a lost connection."""
    if response.status_code == 500:
        raise Killed
    assert response.status_code in statuses, response.text


async def _upload(app: Any, data: bytes, **wishes: str) -> None:
    """As a client does that remembers nothing; it may be repeated."""
    response = await app.announce(data, **wishes)
    _check(response, 200, 201)
    if response.status_code == 200:
        return
    session = response.json()
    stored = await app.repositories.uploads.get(session["upload_id"])
    missing = {part["number"] for part in session["parts"]}
    for number in sorted(missing):
        piece = data[(number - 1) * PART : number * PART]
        await app.store.upload_part(stored.key, stored.multipart_id, number, piece)
    stored_parts = await app.store.list_parts(stored.key, stored.multipart_id)
    parts = [{"number": part.number, "etag": part.etag} for part in stored_parts]
    path = f"/uploads/{session['upload_id']}/complete"
    completed = await app.call("POST", path, {"parts": parts})
    _check(completed, 202)


async def _post(app: Any, data: bytes, **form: str) -> None:
    response = await app.call(
        "POST", "/photos", data=form, files={"file": ("a.jpg", data, "image/jpeg")}
    )
    _check(response, 200, 202)


async def _post_claimed(app: Any, data: bytes) -> None:
    await _post(app, data, sha256=app.sha256(data))


async def _post_small(app: Any, data: bytes) -> None:
    await _post(app, data[:1000])


async def _replace(app: Any, data: bytes) -> None:
    await _upload(app, data, on_duplicate="replace")


async def _keep(app: Any, data: bytes) -> None:
    photo = await app.repositories.photos.find_live(app.owner, app.sha256(data))
    if photo is None:
        await _upload(app, data)
        return
    if await app.database["photos"].count_documents({"owner_id": app.owner}) == 1:
        await _upload(app, data, on_duplicate="keep")


async def _cancel(app: Any, data: bytes) -> None:
    response = await app.announce(data)
    if response.status_code == 201:
        await app.call("DELETE", f"/uploads/{response.json()['upload_id']}")


async def _purge(app: Any, data: bytes) -> None:
    async for photo in app.database["photos"].find({"owner_id": app.owner}):
        await app.container.purge_photo(photo["_id"])


async def _with_photo(app: Any, data: bytes) -> None:
    await app.photo(data)


async def _with_verified_photo(app: Any, data: bytes) -> None:
    photo = await app.photo(data)
    stored = await app.repositories.photos.get(photo)
    await app.container.verify_photo(photo, 1, stored.key, stored.sha256)


async def _with_nothing(app: Any, data: bytes) -> None:
    """An owner without photos."""


SCENARIOS: dict[str, tuple[Act, Act]] = {
    "upload": (_with_nothing, _upload),
    "replace": (_with_photo, _replace),
    "replace verified": (_with_verified_photo, _replace),
    "keep verified": (_with_verified_photo, _keep),
    "cancel": (_with_nothing, _cancel),
    "purge": (_with_photo, _purge),
    "small request": (_with_nothing, _post_small),
    "large request": (_with_nothing, _post),
    "large request with digest": (_with_nothing, _post_claimed),
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(factory: Any, name: str) -> None:
    prepare, act = SCENARIOS[name]
    data = _picture(name)
    settings = {"uploads_per_hour": 10_000, "part_bytes": PART}
    countdown = Countdown()
    repositories = factory.repositories()
    mortal = {
        field.name: Mortal(getattr(repositories, field.name), countdown)
        for field in fields(repositories)
    }
    healthy = await factory.make(**settings)
    doomed = await factory.make(
        replace(repositories, **mortal), Mortal(factory.store, countdown), **settings
    )
    for calls in range(200):
        healthy.owner = doomed.owner = new_id()
        await prepare(healthy, data)
        countdown.left = calls
        repeated = calls % 2 == 0
        try:
            await act(doomed, data)
        except Killed:
            assert countdown.left < 0
        survived = countdown.left >= 0

        if repeated:
            await act(healthy, data)
        await _confirm_photos(healthy)
        factory.clock.advance(hours=30)
        await healthy.reconciler.sweep()
        await healthy.reconciler.sweep()
        await healthy.reconciler.sweep_deep()

        await _consistent(healthy, name, calls, complete=repeated or survived)
        if survived:
            assert calls > 3
            return
    raise AssertionError("the scenario does not end")


async def _confirm_photos(app: Any) -> None:
    """Do as the library does, for which no photo is published again."""
    async for photo in app.database["photos"].find({"confirm_at": {"$exists": True}}):
        await app.container.confirm_photo(photo["_id"], ready_revision=photo["revision"])


def _picture(seed: str) -> bytes:
    return (sha256(seed.encode()).digest() * (DATA_SIZE // 32))[:DATA_SIZE]


async def _consistent(app: Any, name: str, calls: int, *, complete: bool) -> None:
    where = f"{name}, killed before call {calls}"
    photos = [
        photo
        async for photo in app.database["photos"].find({"owner_id": app.owner})
        if photo["state"] in {"accepted", "verified"}
    ]
    published = [event for event in await app.published_events() if event.owner_id == app.owner]
    events = [event for event in published if isinstance(event, PhotoUploaded)]
    # Every revision of every photo was announced once, whether or not the client got a receipt.
    revisions_published = sorted((event.photo_id, event.revision) for event in events)
    assert len(set(revisions_published)) == len(revisions_published), where
    for photo in photos:
        revisions = [
            revision for photo_id, revision in revisions_published if photo_id == photo["_id"]
        ]
        assert revisions == list(range(1, photo["revision"] + 1)), where
    # So was every upload that ended without a photo, unless its bytes were there already.
    failures = [event.upload_id for event in published if isinstance(event, UploadFailed)]
    failed = app.database["uploads"].find(
        {
            "owner_id": app.owner,
            "state": {"$in": ["cancelled", "expired", "failed"]},
            "failure.code": {"$ne": "duplicate"},
        }
    )
    assert sorted(failures) == sorted([upload["_id"] async for upload in failed]), where
    objects = {key for key in app.store.objects if f"/{app.owner}/" in key}
    assert objects == {photo["key"] for photo in photos}, where
    blobs = {blob["_id"] async for blob in app.database["blobs"].find({"owner_id": app.owner})}
    assert blobs == objects, where
    assert app.multiparts() == [], where
    usage = await app.usage()
    assert usage["bytes_used"] == sum(photo["size"] for photo in photos), where
    assert (usage["photos"], usage["bytes_reserved"]) == (len(photos), 0), where
    unfinished = {
        "owner_id": app.owner,
        "$or": [
            {"tidy_at": {"$exists": True}},
            {"state": {"$in": ["open", "completing", "stored"]}},
        ],
    }
    assert await app.database["uploads"].count_documents(unfinished) == 0, where
    if complete:
        wanted = {"cancel": 0, "purge": 0, "keep verified": 2}.get(name, 1)
        assert len(photos) == wanted, where
