"""One owner cannot see, change, search or presign another's photo by any call."""

from typing import Any, Final

import pytest

from testing.api_client import Person
from testing.images import jpeg

WORLD: Final = "/map?bbox=-180,-85,180,85&zoom=1"


@pytest.fixture
async def secret(person: Person) -> dict[str, Any]:
    photo_id = await person.upload("secret-meeting.jpg", jpeg(11))
    await person.ready(photo_id)
    told = {"caption": "quokka", "tags_add": ["quokka"], "location": {"lat": -32, "lon": 115.5}}
    await person.json("PATCH", f"/photos/{photo_id}", json=told)
    await person.found(photo_id, q="quokka")
    return await person.analyzed(photo_id)


async def test_no_call_reaches_anothers_photo(
    person: Person, stranger: Person, secret: dict[str, Any]
) -> None:
    photo = secret["id"]
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"/photos/{photo}", {}),
        ("PATCH", f"/photos/{photo}", {"json": {"caption": "mine"}}),
        ("DELETE", f"/photos/{photo}", {}),
        ("POST", f"/photos/{photo}/restore", {}),
        ("POST", f"/photos/{photo}/reprocess", {}),
        ("DELETE", f"/trash/{photo}", {}),
        ("GET", f"/photos/{photo}/similar", {}),
    ]
    for method, path, arguments in calls:
        answer = await stranger.http.request(method, path, **arguments)
        assert answer.status_code == 404, f"{method} {path}: {answer.status_code}"
        assert photo not in answer.text

    batch = await stranger.json("POST", "/photos/batch", json={"ids": [photo], "action": "trash"})
    assert "not_found" in str(batch)
    assert (await person.photo(photo))["caption"] == "quokka"


async def test_no_list_count_or_suggestion_tells_of_it(
    person: Person, stranger: Person, secret: dict[str, Any]
) -> None:
    own = await person.json("GET", f"{WORLD}&tag=quokka")
    assert (own["total"], own["clusters"][0]["cover"]["id"]) == (1, secret["id"])

    for path in (
        "/photos",
        "/timeline",
        f"/timeline/{secret['taken_at'][:7]}",
        "/trash",
        "/search",
        "/search?q=quokka",
        "/search?tag=quokka",
        "/search/suggest?q=quo",
        "/search/suggest?q=",
        "/search/history",
        WORLD,
        f"{WORLD}&tag=quokka",
        "/duplicates",
        "/duplicates?tier=moment",
    ):
        answer = await stranger.http.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        assert secret["id"] not in answer.text
        assert "quokka" not in answer.text.replace('"query":"quokka"', "")
        assert answer.json().get("total", 0) == 0, path


async def test_the_same_picture_finds_the_photo_for_its_owner_alone(
    person: Person, stranger: Person, secret: dict[str, Any]
) -> None:
    sent = {"files": {"file": ("x.jpg", jpeg(11), "image/jpeg")}}
    own = await person.json("POST", "/search/image", **sent)
    assert own["items"][0]["photo"]["id"] == secret["id"]

    foreign = await stranger.json("POST", "/search/image", **sent)
    assert secret["id"] not in str(foreign)


async def test_knowing_a_hash_tells_nothing(stranger: Person, secret: dict[str, Any]) -> None:
    checked = await stranger.json("POST", "/uploads/check", json={"sha256": [secret["sha256"]]})

    assert checked["items"] == []


async def test_an_upload_belongs_to_who_opened_it(person: Person, stranger: Person) -> None:
    session = (await person.open_upload("a.jpg", jpeg(12))).json()
    upload = session["upload_id"]

    for method, path, body in (
        ("GET", f"/uploads/{upload}", None),
        ("POST", f"/uploads/{upload}/parts", {"numbers": [1]}),
        ("POST", f"/uploads/{upload}/complete", {"parts": [{"number": 1, "etag": "x"}]}),
        ("DELETE", f"/uploads/{upload}", None),
    ):
        answer = await stranger.http.request(method, path, json=body)
        assert answer.status_code == 404, f"{method} {path}"
    assert (await person.json("GET", f"/uploads/{upload}"))["state"] == "open"


async def test_a_presigned_url_opens_nothing_but_what_it_was_signed_for(
    person: Person, secret: dict[str, Any]
) -> None:
    url = secret["variants"][0]["url"]
    other = secret["variants"][-1]["url"].split("?")[0] + "?" + url.split("?")[1]
    assert (await person.storage.get(other)).status_code == 403
    assert (await person.storage.get(url.split("?")[0])).status_code == 404


async def test_without_credentials_everything_is_closed(
    person: Person, secret: dict[str, Any]
) -> None:
    for path in (
        "/photos",
        f"/photos/{secret['id']}",
        f"/photos/{secret['id']}/similar",
        "/search",
        "/search/suggest",
        "/search/history",
        "/search/history/settings",
        WORLD,
        "/duplicates",
        "/me",
        "/uploads/x",
        "/events",
    ):
        answer = await person.storage.get(str(person.http.base_url) + path)
        assert answer.status_code == 401, path
        assert answer.json()["code"] == "unauthorized"
