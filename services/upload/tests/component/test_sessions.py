"""From announcing a file to its durable receipt."""

import asyncio
from typing import Any

import pytest

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import Lane, PhotoUploaded
from pichaven_contracts.upload import UploadFailed


async def test_an_upload_becomes_a_photo_that_is_announced_once(app: Any) -> None:
    data = app.picture(12 << 20)
    upload = await app.begin(
        data, filename="Ferien/Öland 🏖.jpg", taken_at="2024-07-01T10:00:00+02:00"
    )

    first = await app.complete(upload)
    second = await app.complete(upload)

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json() == {"photo_id": upload.photo_id, "duplicate_of": None}
    [event] = await app.published_events()
    assert isinstance(event, PhotoUploaded)
    assert event.model_dump(exclude={"occurred_at", "object_key"}) == {
        "photo_id": upload.photo_id,
        "owner_id": app.owner,
        "revision": 1,
        "upload_id": upload.id,
        "filename": "Öland 🏖.jpg",
        "content_type": "image/jpeg",
        "size": len(data),
        "sha256": app.sha256(data),
        "taken_at": event.taken_at,
        "lane": Lane.INTERACTIVE,
        "album_id": None,
        "sidecar_key": None,
    }
    assert event.taken_at is not None and event.taken_at.isoformat() == "2024-07-01T10:00:00+02:00"
    assert event.object_key == f"originals/{app.owner}/{app.sha256(data)}/{upload.id}.jpg"
    assert app.store.objects == {event.object_key: data}
    assert app.multiparts() == []
    usage = await app.usage()
    assert (usage["bytes_used"], usage["bytes_reserved"], usage["photos"]) == (len(data), 0, 1)


async def test_the_answer_names_parts_with_urls_for_the_host_that_was_asked(app: Any) -> None:
    upload = await app.begin(app.picture(12 << 20), send=False)

    assert upload.session["part_size"] == app.PART
    assert upload.session["parts_total"] == 3
    assert [part["number"] for part in upload.session["parts"]] == [1, 2, 3]
    url = upload.session["parts"][1]["url"]
    assert url.startswith(f"http://test/pichaven-media/originals/{app.owner}/")
    assert "partNumber=2" in url and "X-Amz-Signature=" in url
    assert "X-Amz-SignedHeaders=content-length%3Bhost" in url


async def test_a_client_that_forgot_everything_goes_on_with_its_open_upload(app: Any) -> None:
    data = app.picture(12 << 20)
    session = await app.begin(data, send=False)
    await app.send(session, data, only={1, 3})

    again = (await app.announce(data)).json()

    assert again["upload_id"] == session.id
    assert again["parts_received"] == [1, 3]
    assert [part["number"] for part in again["parts"]] == [2]
    await app.send(session, data, only={2})
    status = (await app.call("GET", f"/uploads/{session.id}")).json()
    assert status["parts_received"] == [1, 2, 3]
    parts = [{"number": part["number"], "etag": part["etag"]} for part in status["parts"]]
    assert (await app.complete(session, parts=parts)).status_code == 202
    assert (await app.usage())["bytes_reserved"] == 0


async def test_the_album_travels_with_the_photo_into_it(app: Any) -> None:
    album = new_id()

    await app.photo(app.picture(), album_id=album)

    [event] = await app.published_events()
    assert event.album_id == album


@pytest.mark.parametrize("renamed", [False, True])
async def test_a_resumed_upload_keeps_its_album_until_another_is_named(
    app: Any, renamed: bool
) -> None:
    data = app.picture()
    first, second = new_id(), new_id()
    upload = await app.begin(data, album_id=first)

    again = await app.announce(data, **({"album_id": second} if renamed else {}))

    assert again.json()["upload_id"] == upload.id
    await app.complete(upload)
    [event] = await app.published_events()
    assert event.album_id == (second if renamed else first)


async def test_the_same_file_begun_many_times_at_once_is_one_upload(app: Any) -> None:
    data = app.picture(2000)

    responses = await asyncio.gather(*(app.announce(data) for _ in range(6)))

    assert {response.status_code for response in responses} == {201}
    assert len({response.json()["upload_id"] for response in responses}) == 1
    usage = await app.usage()
    assert (usage["bytes_reserved"], usage["open_uploads"]) == (2000, 1)
    assert len(app.multiparts()) == 1


async def test_an_upload_of_another_name_is_another_upload_but_one_photo(app: Any) -> None:
    data = app.picture()
    first = await app.begin(data, filename="a.jpg")
    second = await app.begin(data, filename="b.jpg")
    assert first.id != second.id

    responses = [await app.complete(first), await app.complete(second)]

    assert [response.json()["photo_id"] for response in responses] == [first.photo_id] * 2
    assert responses[1].json()["duplicate_of"] == first.photo_id
    assert len(app.store.objects) == 1
    assert len(await app.published_events()) == 1
    usage = await app.usage()
    assert (usage["bytes_used"], usage["bytes_reserved"], usage["photos"]) == (len(data), 0, 1)


async def test_many_completions_at_once_make_one_photo(app: Any, factory: Any) -> None:
    data = app.picture(12 << 20)
    upload = await app.begin(data)
    replica = await factory.make()
    replica.owner = app.owner

    responses = await asyncio.gather(
        *(each.complete(upload) for each in (app, replica) for _ in range(4))
    )

    assert {response.status_code for response in responses} == {202}
    assert {response.json()["photo_id"] for response in responses} == {upload.photo_id}
    assert len(await app.published_events()) == 1
    usage = await app.usage()
    assert (usage["bytes_used"], usage["bytes_reserved"], usage["photos"]) == (len(data), 0, 1)


async def test_a_completion_without_parts_is_refused(app: Any) -> None:
    upload = await app.begin(app.picture())

    response = await app.complete(upload, parts=[])

    assert (response.status_code, response.json()["code"]) == (422, "no_parts")


async def test_missing_parts_are_named_and_can_be_sent(app: Any) -> None:
    data = app.picture(12 << 20)
    upload = await app.begin(data, send=False)
    sent = await app.send(upload, data, only={1})
    unnamed = await app.complete(upload, parts=sent)
    claimed = [*sent, {"number": 2, "etag": "0" * 32}, {"number": 3, "etag": "0" * 32}]
    unsent = await app.complete(upload, parts=claimed)

    for response in (unnamed, unsent):
        assert (response.status_code, response.json()["code"]) == (409, "parts_missing")
        assert response.json()["missing_parts"] == [2, 3]
    sent += await app.send(upload, data, only={2, 3})
    assert (await app.complete(upload, parts=sent)).status_code == 202


@pytest.mark.parametrize(
    "parts",
    [
        [{"number": 1, "etag": "0" * 32}],
        [{"number": 1, "etag": "x"}, {"number": 1, "etag": "x"}],
        [{"number": 7, "etag": "x"}],
    ],
    ids=["wrong etag", "twice", "outside"],
)
async def test_parts_that_are_not_those_stored_are_refused(
    app: Any, parts: list[dict[str, Any]]
) -> None:
    upload = await app.begin(app.picture())

    response = await app.complete(upload, parts=parts)

    assert (response.status_code, response.json()["code"]) == (409, "invalid_parts")
    assert (await app.complete(upload)).status_code == 202


async def test_quoted_etags_are_understood(app: Any) -> None:
    upload = await app.begin(app.picture())
    quoted = [{"number": 1, "etag": f'"{upload.parts[0]["etag"]}"'}]

    assert (await app.complete(upload, parts=quoted)).status_code == 202


async def test_a_size_that_was_not_announced_fails_the_upload_and_leaves_nothing(app: Any) -> None:
    upload = await app.begin(app.picture(1000), send=False)
    parts = await app.send(upload, app.picture(900))

    first = await app.complete(upload, parts=parts)
    again = await app.complete(upload, parts=parts)

    for response in (first, again):
        assert (response.status_code, response.json()["code"]) == (422, "size_mismatch")
        assert response.json()["detail"] == "1,000 bytes were announced, 900 arrived."
    assert app.store.objects == {} and app.multiparts() == []
    [event] = await app.published_events()
    assert isinstance(event, UploadFailed) and event.code == "size_mismatch"
    status = (await app.call("GET", f"/uploads/{upload.id}")).json()
    assert (status["state"], status["failure"]["code"]) == ("failed", "size_mismatch")
    assert (await app.usage())["bytes_reserved"] == 0


async def test_a_file_that_only_its_bytes_name_is_judged_by_them(app: Any) -> None:
    text, picture = b"no picture" * 100, b"\x89PNG\r\n\x1a\n" + bytes(1000)
    unnamed = {"filename": "scan", "content_type": ""}
    refused = await app.begin(text, **unnamed)
    photo = await app.begin(picture, **unnamed)

    answers = [await app.complete(refused) for _ in range(2)]
    accepted = await app.complete(photo)

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
        assert "JPEG" in answer.json()["detail"]
    assert accepted.status_code == 202
    assert list(app.store.objects.values()) == [picture]
    events = await app.published_events()
    [code] = [event.code for event in events if isinstance(event, UploadFailed)]
    assert code == "unsupported_media_type"
    assert sum(isinstance(event, PhotoUploaded) for event in events) == 1
    assert (await app.usage())["bytes_reserved"] == 0


async def test_parts_lost_by_storage_are_asked_for_again(app: Any) -> None:
    data = app.picture()
    upload = await app.begin(data)
    app.store._multiparts.clear()

    lost = await app.complete(upload)
    status = (await app.call("GET", f"/uploads/{upload.id}")).json()

    assert (lost.status_code, lost.json()["missing_parts"]) == (409, [1])
    assert (status["state"], status["parts_received"]) == ("open", [])
    upload.parts = await app.send(upload, data)
    assert (await app.complete(upload)).status_code == 202


async def test_asking_after_an_upload_whose_parts_were_lost_opens_it_anew(app: Any) -> None:
    data = app.picture()
    upload = await app.begin(data)
    app.store._multiparts.clear()

    await asyncio.gather(*(app.call("GET", f"/uploads/{upload.id}") for _ in range(4)))
    resumed = await app.begin(data)

    assert len(app.multiparts()) == 1
    assert resumed.id == upload.id
    assert (await app.complete(resumed)).status_code == 202


async def test_fresh_urls_can_be_had_for_parts_of_the_upload_only(app: Any) -> None:
    upload = await app.begin(app.picture(12 << 20), send=False)
    path = f"/uploads/{upload.id}/parts"

    fresh = await app.call("POST", path, {"numbers": [3, 1, 3]})
    outside = await app.call("POST", path, {"numbers": [4]})

    assert [part["number"] for part in fresh.json()["parts"]] == [3, 1]
    assert (outside.status_code, outside.json()["code"]) == (409, "invalid_parts")


async def test_cancelling_removes_parts_and_may_be_repeated(app: Any) -> None:
    upload = await app.begin(app.picture())
    path = f"/uploads/{upload.id}"

    responses = [await app.call("DELETE", path) for _ in range(2)]

    assert [response.status_code for response in responses] == [204, 204]
    assert app.multiparts() == []
    assert (await app.usage())["bytes_reserved"] == 0
    [event] = await app.published_events()
    assert isinstance(event, UploadFailed) and event.code == "cancelled"
    late = await app.complete(upload)
    assert (late.status_code, late.json()["code"]) == (409, "upload_ended")
    assert (await app.begin(app.picture(), send=False)).id != upload.id


async def test_an_accepted_upload_cannot_be_cancelled(app: Any) -> None:
    upload = await app.begin(app.picture())
    await app.complete(upload)

    response = await app.call("DELETE", f"/uploads/{upload.id}")

    assert (response.status_code, response.json()["code"]) == (409, "upload_ended")
    assert len(app.store.objects) == 1


@pytest.mark.parametrize(
    ("method", "end", "body"),
    [
        ("GET", "", None),
        ("DELETE", "", None),
        ("POST", "/parts", {"numbers": [1]}),
        ("POST", "/complete", {"parts": [{"number": 1, "etag": "x"}]}),
    ],
)
async def test_anothers_upload_is_not_there(app: Any, method: str, end: str, body: Any) -> None:
    upload = await app.begin(app.picture())
    stranger = new_id()

    foreign = await app.call(method, f"/uploads/{upload.id}{end}", body, owner=stranger)
    unknown = await app.call(method, f"/uploads/{new_id()}{end}", body)
    malformed = await app.call(method, f"/uploads/..%2f..{end}", body)
    anonymous = await app.http.request(method, f"/uploads/{upload.id}{end}", json=body)

    assert [foreign.status_code, unknown.status_code, malformed.status_code] == [404, 404, 404]
    assert foreign.json()["detail"] == unknown.json()["detail"]
    assert anonymous.status_code == 401
    assert (await app.complete(upload)).status_code == 202


async def test_unchanged_status_is_not_sent_again(app: Any) -> None:
    upload = await app.begin(app.picture())
    path = f"/uploads/{upload.id}"
    tag = (await app.call("GET", path)).headers["ETag"]

    again = await app.call("GET", path, headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")


async def test_bulk_uploads_are_announced_in_their_own_lane(app: Any) -> None:
    await app.photo(app.picture(), lane="bulk")

    [event] = await app.published_events()

    assert event.topic.name == "pichaven.upload-bulk.v1"


async def test_an_owner_who_begins_very_many_uploads_queues_apart(app: Any) -> None:
    for number in range(10):
        await app.photo(app.picture(seed=str(number)))
    before = {event.topic.name for event in await app.published_events()}

    await app.photo(app.picture(seed="one more"))
    [demoted] = await app.published_events()
    app.clock.advance(minutes=11)
    await app.photo(app.picture(seed="later"))
    [later] = await app.published_events()

    assert before == {"pichaven.upload.v1"}
    assert demoted.topic.name == "pichaven.upload-bulk.v1"
    assert later.topic.name == "pichaven.upload.v1"


async def test_an_upload_is_cancelled_in_the_expected_state_alone(app: Any) -> None:
    upload = await app.begin(app.picture(10), send=False)
    path = f"/uploads/{upload.id}"
    tag = (await app.call("GET", path)).headers["etag"]

    broken = await app.call("DELETE", path, headers={"If-Match": tag.strip('"')})
    other = await app.call("DELETE", path, headers={"If-Match": '"other"'})
    same = await app.call("DELETE", path, headers={"If-Match": tag})

    assert (broken.status_code, broken.json()["code"]) == (400, "invalid_if_match")
    assert (other.status_code, other.json()["code"]) == (412, "precondition_failed")
    assert same.status_code == 204


@pytest.mark.parametrize("size", [True, "1", 1.0, None])
async def test_a_size_is_an_integer(app: Any, size: Any) -> None:
    response = await app.announce(b"x", size=size)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["errors"][0]["path"] == "body.size"
