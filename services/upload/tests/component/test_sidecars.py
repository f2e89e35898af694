"""An XMP sidecar comes with its photo and goes with it."""

import asyncio
from typing import Any

import pytest

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import PhotoPurged, PhotoRejected, PhotoUploaded
from pichaven_upload.sessions.attach_sidecar import MAX_SIDECAR_BYTES

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


async def _attach(app: Any, upload_id: str, data: bytes = XMP, **more: Any) -> Any:
    headers = {"Content-Type": "application/rdf+xml"}
    path = f"/uploads/{upload_id}/sidecar"
    return await app.call("PUT", path, content=data, headers=headers, **more)


async def _photo_with_sidecar(app: Any, data: bytes, **fields: Any) -> PhotoUploaded:
    upload = await app.begin(data, **fields)
    assert (await _attach(app, upload.id)).status_code == 204
    assert (await app.complete(upload)).status_code == 202
    [event] = await app.published_events()
    assert isinstance(event, PhotoUploaded)
    return event


def _sidecars(app: Any) -> list[str]:
    return [key for key in app.store.objects if key.endswith(".xmp")]


async def test_a_sidecar_is_stored_beside_the_original_as_it_is(app: Any) -> None:
    event = await _photo_with_sidecar(app, app.picture())

    assert event.sidecar_key == event.object_key.replace(".jpg", ".xmp")
    assert app.store.objects[event.sidecar_key] == XMP
    assert app.store.content_types[event.sidecar_key] == "application/rdf+xml"


async def test_a_photo_without_a_sidecar_names_none(app: Any) -> None:
    await app.photo(app.picture())

    [event] = await app.published_events()
    assert event.sidecar_key is None


@pytest.mark.parametrize("size", [1000, (5 << 20) + 1])
@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize("is_first", [False, True])
async def test_one_request_may_have_a_sidecar_before_or_after_the_file(
    app: Any, size: int, claimed: bool, is_first: bool
) -> None:
    data = app.picture(size)
    files = [
        ("file", ("a.jpg", data, "image/jpeg")),
        ("sidecar", ("a.jpg.xmp", XMP, "application/rdf+xml")),
    ]
    fields = {"sha256": app.sha256(data)} if claimed else {}

    response = await app.call(
        "POST", "/photos", data=fields, files=files[::-1] if is_first else files
    )

    assert response.status_code == 202, response.text
    [event] = await app.published_events()
    assert app.store.objects[event.sidecar_key] == XMP
    assert event.sidecar_key.rpartition("/")[0] == event.object_key.rpartition("/")[0]


async def test_the_last_sidecar_of_an_upload_counts(app: Any) -> None:
    upload = await app.begin(app.picture())
    await _attach(app, upload.id, b"<first/>")
    await _attach(app, upload.id, XMP)
    await app.complete(upload)

    [event] = await app.published_events()
    assert app.store.objects[event.sidecar_key] == XMP


async def test_a_purged_photo_leaves_no_sidecar(app: Any) -> None:
    event = await _photo_with_sidecar(app, app.picture())

    await app.handle(PhotoPurged(photo_id=event.photo_id, owner_id=event.owner_id))

    assert app.store.objects == {}


async def test_a_rejected_photo_leaves_no_sidecar(app: Any) -> None:
    event = await _photo_with_sidecar(app, app.picture())

    await app.handle(
        PhotoRejected(
            photo_id=event.photo_id,
            owner_id=event.owner_id,
            revision=1,
            sha256=event.sha256,
            object_key=event.object_key,
            code="damaged_file",
            message="The file is damaged.",
        )
    )

    assert app.store.objects == {}


async def test_a_cancelled_upload_leaves_no_sidecar(app: Any) -> None:
    upload = await app.begin(app.picture())
    await _attach(app, upload.id)

    await app.call("DELETE", f"/uploads/{upload.id}")

    assert app.store.objects == {}


async def test_an_expired_upload_leaves_no_sidecar(app: Any) -> None:
    upload = await app.begin(app.picture())
    await _attach(app, upload.id)

    app.clock.advance(days=2)
    await app.reconciler.sweep()

    assert app.store.objects == {}


async def test_a_duplicate_that_turns_out_late_leaves_the_sidecar_of_the_first(app: Any) -> None:
    data = app.picture()
    one, other = await app.begin(data), await app.begin(data, filename="b.jpg")
    await _attach(app, one.id)
    await _attach(app, other.id, b"<other/>")

    await app.complete(one)
    duplicate = await app.complete(other)

    assert duplicate.json()["duplicate_of"] == one.photo_id
    assert [app.store.objects[key] for key in _sidecars(app)] == [XMP]


async def test_photos_that_share_an_original_have_their_own_sidecars(app: Any) -> None:
    data = app.picture()
    first = await _photo_with_sidecar(app, data)
    await app.container.verify_photo(first.photo_id, 1, first.object_key, first.sha256)
    second = await _photo_with_sidecar(app, data, on_duplicate="keep")
    assert first.object_key == second.object_key
    assert first.sidecar_key != second.sidecar_key

    await app.handle(PhotoPurged(photo_id=first.photo_id, owner_id=first.owner_id))

    assert set(app.store.objects) == {second.object_key, second.sidecar_key}
    third = await app.begin(data, on_duplicate="keep")
    await app.complete(third)
    [event] = await app.published_events()
    assert (event.object_key, event.sidecar_key) == (second.object_key, None)


async def test_a_replaced_original_brings_its_own_sidecar(app: Any) -> None:
    data = app.picture()
    first = await _photo_with_sidecar(app, data)

    second = await _photo_with_sidecar(app, data, on_duplicate="replace")

    assert (second.photo_id, second.revision) == (first.photo_id, 2)
    assert _sidecars(app) == [second.sidecar_key]


async def test_a_completion_at_the_same_time_leaves_no_sidecar_without_a_photo(app: Any) -> None:
    for seed in "abcdefgh":
        upload = await app.begin(app.picture(seed=seed))
        attached, completed = await asyncio.gather(_attach(app, upload.id), app.complete(upload))
        assert completed.status_code == 202
        assert attached.status_code in {204, 409}

    events = await app.published_events()
    named = {event.sidecar_key for event in events if event.sidecar_key}
    assert set(_sidecars(app)) == named


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "invalid_sidecar"),
        (b"\xff\xd8\xff\xe1", 422, "invalid_sidecar"),
        (b"{}", 422, "invalid_sidecar"),
    ],
)
async def test_what_is_no_sidecar_is_refused(app: Any, data: bytes, status: int, code: str) -> None:
    upload = await app.begin(app.picture())

    response = await _attach(app, upload.id, data)

    assert (response.status_code, response.json()["code"]) == (status, code)
    files = [
        ("file", ("a.jpg", app.picture(), "image/jpeg")),
        ("sidecar", ("a.xmp", data, "application/rdf+xml")),
    ]
    if data:
        response = await app.call("POST", "/photos", files=files)
        assert (response.status_code, response.json()["code"]) == (status, code)
    assert app.store.objects == {}


async def test_a_large_sidecar_is_refused(app: Any) -> None:
    upload, data = await app.begin(app.picture()), b"<" + b"a" * MAX_SIDECAR_BYTES

    alone = await _attach(app, upload.id, data)
    files = [
        ("file", ("a.jpg", app.picture(), "image/jpeg")),
        ("sidecar", ("a.xmp", data, "application/rdf+xml")),
    ]
    in_form = await app.call("POST", "/photos", files=files)

    assert (alone.status_code, alone.json()["code"]) == (413, "body_too_large")
    assert (in_form.status_code, in_form.json()["code"]) == (413, "sidecar_too_large")


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf\r\n<x/>", "\ufeff<x/>".encode("utf-16-le"), b"\0<\0x\0/\0>"]
)
async def test_a_sidecar_may_have_any_encoding_of_unicode(app: Any, data: bytes) -> None:
    upload = await app.begin(app.picture())

    assert (await _attach(app, upload.id, data)).status_code == 204


async def test_a_sidecar_comes_before_the_completion_and_from_its_owner(app: Any) -> None:
    upload = await app.begin(app.picture())
    assert (await _attach(app, upload.id, owner=new_id())).status_code == 404
    await app.complete(upload)

    response = await _attach(app, upload.id)

    assert (response.status_code, response.json()["code"]) == (409, "upload_ended")
    assert _sidecars(app) == []
