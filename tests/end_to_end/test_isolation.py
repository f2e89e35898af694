"""No request of one user reads, changes, finds or presigns another user's photo."""

from typing import Any, Final

import pytest

from testing.api_client import ApiClient
from testing.images import jpeg
from testing.polling import eventually

WORLD: Final = "/map?bbox=-180,-85,180,85&zoom=1"


@pytest.fixture
async def secret(person: ApiClient) -> dict[str, Any]:
    photo_id = await person.upload("secret-meeting.jpg", jpeg(11))
    await person.wait_until_ready(photo_id)
    changes = {"caption": "quokka", "tags_add": ["quokka"], "location": {"lat": -32, "lon": 115.5}}
    await person.json("PATCH", f"/photos/{photo_id}", json=changes)
    await person.wait_for_hit(photo_id, q="quokka")
    return await person.wait_until_analyzed(photo_id)


async def test_no_request_reaches_anothers_photo(
    person: ApiClient, stranger: ApiClient, secret: dict[str, Any]
) -> None:
    photo = secret["id"]
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"/photos/{photo}", {}),
        ("PATCH", f"/photos/{photo}", {"json": {"caption": "mine"}}),
        ("DELETE", f"/photos/{photo}", {}),
        ("POST", f"/photos/{photo}/restore", {}),
        ("POST", f"/photos/{photo}/reprocess", {}),
        ("DELETE", f"/trash/{photo}", {}),
        ("GET", f"/photos/{photo}/similar", {}),
    ]
    for method, path, arguments in requests:
        response = await stranger.http.request(method, path, **arguments)
        assert response.status_code == 404, f"{method} {path}: {response.status_code}"
        assert photo not in response.text

    batch = await stranger.json("POST", "/photos/batch", json={"ids": [photo], "action": "trash"})
    assert "not_found" in str(batch)
    download = await stranger.http.post("/downloads", json={"ids": [photo]})
    assert download.status_code == 404
    assert photo not in download.text
    assert (await person.photo(photo))["caption"] == "quokka"


async def test_no_list_count_or_suggestion_contains_it(
    person: ApiClient, stranger: ApiClient, secret: dict[str, Any]
) -> None:
    own = await person.json("GET", f"{WORLD}&tag=quokka")
    assert (own["total"], own["clusters"][0]["cover"]["id"]) == (1, secret["id"])

    # What names "quokka" itself comes last: the stranger's own history has it from then on.
    for path in (
        "/photos",
        "/timeline",
        f"/timeline/{secret['taken_at_local'][:7]}",
        "/trash",
        "/search",
        "/search/suggest?q=quo",
        "/search/suggest?q=",
        "/search/history",
        "/search?tag=quokka",
        "/search?q=quokka",
        WORLD,
        f"{WORLD}&tag=quokka",
        "/duplicates",
        "/duplicates?tier=moment",
    ):
        response = await stranger.http.get(path)
        assert response.status_code == 200, f"{path}: {response.text}"
        assert secret["id"] not in response.text
        assert "quokka" not in response.text.replace('"query":"quokka"', "")
        assert response.json().get("total", 0) == 0, path


async def test_the_same_picture_finds_the_photo_for_its_owner_alone(
    person: ApiClient, stranger: ApiClient, secret: dict[str, Any]
) -> None:
    sent = {"files": {"file": ("x.jpg", jpeg(11), "image/jpeg")}}

    async def is_found() -> bool:
        own = await person.json("POST", "/search/image", **sent)
        return [item["photo"]["id"] for item in own["items"]] == [secret["id"]]

    await eventually(is_found, "its owner finds the photo by the picture", 30)
    foreign = await stranger.json("POST", "/search/image", **sent)
    assert secret["id"] not in str(foreign)


async def test_a_known_hash_reveals_nothing(stranger: ApiClient, secret: dict[str, Any]) -> None:
    checked = await stranger.json("POST", "/uploads/check", json={"sha256": [secret["sha256"]]})

    assert checked["items"] == []


async def test_an_upload_belongs_to_the_user_who_opened_it(
    person: ApiClient, stranger: ApiClient
) -> None:
    session = (await person.open_upload("a.jpg", jpeg(12))).json()
    upload = session["upload_id"]

    for method, path, body in (
        ("GET", f"/uploads/{upload}", None),
        ("POST", f"/uploads/{upload}/parts", {"numbers": [1]}),
        ("POST", f"/uploads/{upload}/complete", {"parts": [{"number": 1, "etag": "x"}]}),
        ("DELETE", f"/uploads/{upload}", None),
    ):
        response = await stranger.http.request(method, path, json=body)
        assert response.status_code == 404, f"{method} {path}"
    assert (await person.json("GET", f"/uploads/{upload}"))["state"] == "open"


async def test_a_presigned_url_opens_nothing_but_its_own_object(
    person: ApiClient, secret: dict[str, Any]
) -> None:
    url = secret["variants"][0]["url"]
    other = secret["variants"][-1]["url"].split("?")[0] + "?" + url.split("?")[1]
    assert (await person.storage.get(other)).status_code == 403
    assert (await person.storage.get(url.split("?")[0])).status_code == 404


async def test_requests_without_credentials_are_refused(
    person: ApiClient, secret: dict[str, Any]
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
        response = await person.storage.get(str(person.http.base_url) + path)
        assert response.status_code == 401, path
        assert response.json()["code"] == "unauthorized"
