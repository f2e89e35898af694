"""Changes of photos by the HTTP surface."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from services.gallery.tests.conftest import Gallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import (
    PhotoChanged,
    PhotoReprocessRequested,
)


async def test_only_the_fields_that_are_sent_change(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner, title="The title", caption="Of the file", rating=3)
    path = f"/photos/{story.photo_id}"

    photo = await gallery.call(owner, "PATCH", path, json={"favorite": True, "rating": 5})
    assert (photo["caption"], photo["rating"], photo["favorite"]) == ("Of the file", 5, True)
    photo = await gallery.call(
        owner,
        "PATCH",
        path,
        json={
            "caption": None,
            "location": {"lat": 1, "lon": 2},
            "taken_at": "1999-12-31T23:00:00-05:00",
            "tags_add": ["Ada"],
        },
    )
    assert (photo["title"], photo["caption"], photo["rating"]) == ("The title", None, 5)
    assert photo["taken_at"] == "2000-01-01T04:00:00Z"
    assert photo["location"] == {
        "lat": 1.0,
        "lon": 2.0,
        "altitude": None,
        "city": None,
        "region": None,
        "country": None,
    }
    version = photo["version"]
    same = await gallery.call(owner, "PATCH", path, json={"favorite": True})
    assert same["version"] == version
    [*_, event] = await gallery.published_events()
    assert isinstance(event, PhotoChanged)
    assert (event.version, event.favorite, event.rating) == (version, True, 5)


@pytest.mark.parametrize(
    "body",
    [
        {"rating": 6},
        {"favorite": None},
        {"location": {"lat": 91, "lon": 0}},
        {"taken_at": "0999-12-31T00:00:00"},
        {"taken_at": 1_700_000_000},
        {"taken_at": "1700000000"},
        {"taken_at": "1700000000000"},
        {"taken_at": "2024-01-01"},
        {"taken_at": "2020-01-01T00:00:00+15:00"},
        {"hidden": True},
        {"tags_add": [" "]},
        {"caption": "x" * 5_001},
    ],
)
async def test_an_invalid_change_is_rejected(
    gallery: Gallery, owner: str, body: dict[str, Any]
) -> None:
    story = await gallery.add_ready_photo(owner)

    await gallery.call(owner, "PATCH", f"/photos/{story.photo_id}", json=body, status=422)


async def test_etags_save_reads_and_guard_writes(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    path, headers = f"/api/v1/photos/{story.photo_id}", gallery.authority.headers(owner)
    first = await gallery.http.get(path, headers=headers)
    tag = first.headers["etag"]

    again = await gallery.http.get(path, headers=headers | {"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    changed = await gallery.http.patch(
        path, headers=headers | {"If-Match": tag}, json={"caption": "one"}
    )
    assert changed.status_code == 200
    late = await gallery.http.patch(
        path, headers=headers | {"If-Match": tag}, json={"caption": "two"}
    )
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    by_version = {"If-Match": f'"{changed.json()["version"]}"'}
    assert (
        await gallery.http.patch(path, headers=headers | by_version, json={"caption": "three"})
    ).status_code == 200


_CHANGES = [
    ("PATCH", "/photos/{}", {"caption": "one"}),
    ("DELETE", "/photos/{}", None),
    ("POST", "/photos/{}/restore", None),
    ("POST", "/photos/{}/reprocess", None),
]


@pytest.mark.parametrize(("method", "path", "body"), _CHANGES)
async def test_every_change_of_a_photo_is_made_in_the_expected_version_alone(
    gallery: Gallery, owner: str, method: str, path: str, body: dict[str, str] | None
) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.store.put(story.uploaded_event().object_key, b"x", content_type="image/jpeg")
    url, headers = f"/api/v1{path.format(story.photo_id)}", gallery.authority.headers(owner)
    tag = (await gallery.http.get(f"/api/v1/photos/{story.photo_id}", headers=headers)).headers[
        "etag"
    ]

    async def change(if_match: str) -> httpx.Response:
        return await gallery.http.request(
            method, url, headers=headers | {"If-Match": if_match}, json=body
        )

    other = await change('"99", W/"98-a,b"')
    broken = [await change(header) for header in ("", "3", '"3', '"3" "4"', "*, *", '"3",W"4"')]
    unchanged = await gallery.http.get(f"/api/v1/photos/{story.photo_id}", headers=headers)
    expected = await change(f'"99", {tag}')
    any_version = await change("*")

    assert (other.status_code, other.json()["code"]) == (412, "precondition_failed")
    assert {each.status_code for each in broken} == {400}
    assert {each.json()["code"] for each in broken} == {"invalid_if_match"}
    assert unchanged.headers["etag"] == tag
    assert expected.is_success, expected.text
    assert any_version.is_success or any_version.json()["code"] == "photo_in_trash"


async def test_a_photo_is_purged_in_the_expected_version_alone(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(owner)
    headers = gallery.authority.headers(owner)
    photo_url, url = (f"/api/v1/{each}/{story.photo_id}" for each in ("photos", "trash"))
    before = (await gallery.http.get(photo_url, headers=headers)).headers["etag"]
    await gallery.http.delete(photo_url, headers=headers)
    trashed = (await gallery.http.get(photo_url, headers=headers)).headers["etag"]

    late = await gallery.http.delete(url, headers=headers | {"If-Match": before})
    purged = await gallery.http.delete(url, headers=headers | {"If-Match": trashed})

    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert purged.status_code == 204


async def test_concurrent_changes_are_all_kept(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    path = f"/photos/{story.photo_id}"

    await asyncio.gather(
        *(
            gallery.call(owner, "PATCH", path, json={"tags_add": [f"tag {number}"]})
            for number in range(8)
        )
    )

    photo = await gallery.call(owner, "GET", path)
    assert len(photo["tags"]) == 8
    assert photo["version"] == 10


async def test_a_batch_has_a_result_for_each_photo(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    mine, other = await gallery.add_ready_photo(owner), await gallery.add_ready_photo(owner)
    foreign = await gallery.add_ready_photo(stranger)
    ids = [mine.photo_id, foreign.photo_id, other.photo_id, new_id(), "nonsense", mine.photo_id]

    async def batch(action: str, **more: Any) -> dict[str, Any]:
        response = await gallery.call(
            owner, "POST", "/photos/batch", json={"ids": ids, "action": action, **more}
        )
        return {result["id"]: result for result in response["results"]}

    results = await batch("favorite")
    assert len(results) == 5
    assert results[mine.photo_id]["ok"]
    assert results[mine.photo_id]["version"] == 3
    assert results[foreign.photo_id]["code"] == results["nonsense"]["code"] == "not_found"
    for action, more in (("add_tags", {"tags": ["Ada"]}), ("unfavorite", {}), ("trash", {})):
        assert (await batch(action, **more))[other.photo_id]["ok"]
    assert (await gallery.call(owner, "GET", "/photos"))["items"] == []
    assert (await batch("favorite"))[mine.photo_id]["code"] == "photo_in_trash"
    assert (await batch("restore"))[mine.photo_id]["ok"]
    photo = await gallery.call(owner, "GET", f"/photos/{mine.photo_id}")
    assert (photo["tags"][0]["name"], photo["favorite"]) == ("Ada", False)
    untouched = await gallery.call(stranger, "GET", f"/photos/{foreign.photo_id}")
    assert untouched["version"] == 2
    for wrong in ({"ids": [], "action": "trash"}, {"ids": ids, "action": "add_tags"}):
        await gallery.call(owner, "POST", "/photos/batch", json=wrong, status=422)


async def test_a_rejected_photo_is_reprocessed_if_its_original_is_stored(
    gallery: Gallery, owner: str
) -> None:
    story = Story(owner)
    await gallery.ingest(story.uploaded_event(), story.rejected_event())
    path = f"/photos/{story.photo_id}/reprocess"

    problem = await gallery.call(owner, "POST", path, status=409)
    assert problem["code"] == "original_gone"
    await gallery.store.put(story.uploaded_event().object_key, b"x", content_type="image/jpeg")
    photo = await gallery.call(owner, "POST", path, status=202)

    assert photo["status"] == "processing"
    [*_, changed, request] = await gallery.published_events()
    assert isinstance(changed, PhotoChanged)
    assert isinstance(request, PhotoReprocessRequested)
    assert request.original == story.uploaded_event()
    await gallery.ingest(story.processed_event(occurred_at=UPLOADED_AT + timedelta(hours=1)))
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["status"] == "ready"


async def test_repeated_reprocess_requests_make_no_more_work_than_one(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.store.put(story.uploaded_event().object_key, b"x", content_type="image/jpeg")
    path = f"/photos/{story.photo_id}/reprocess"

    async def requests() -> int:
        events = await gallery.published_events()
        return sum(isinstance(event, PhotoReprocessRequested) for event in events)

    gallery.clock.advance(minutes=1)
    for _ in range(3):
        await gallery.call(owner, "POST", path, status=202)
    assert await requests() == 1
    gallery.clock.advance(minutes=10)
    await gallery.call(owner, "POST", path, status=202)
    assert await requests() == 2
    gallery.clock.advance(minutes=1)
    await gallery.ingest(story.processed_event(occurred_at=gallery.clock()))
    await gallery.call(owner, "POST", path, status=202)
    assert await requests() == 3


async def test_texts_are_cleaned_and_emoji_sequences_stay(gallery: Gallery, owner: str) -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    story = await gallery.add_ready_photo(
        owner, title=f"{family}\u202e", caption="of\x00 the\u2066 file", keywords=("sea\u200b",)
    )
    path = f"/photos/{story.photo_id}"

    before = await gallery.call(owner, "GET", path)
    after = await gallery.call(
        owner,
        "PATCH",
        path,
        json={
            "caption": f" {scotland} \u202eone\x07\r\ntwo ",
            "tags_add": [f"{family} day", "sea\u2069side"],
            "location": {"lat": 1, "lon": 2, "city": "Ed\u202einburgh"},
        },
    )
    cleared = await gallery.call(owner, "PATCH", path, json={"caption": "\u202e\u200b"})

    assert (before["title"], before["caption"]) == (family, "of the file")
    assert after["caption"] == f"{scotland} one\ntwo"
    names = {tag["name"] for tag in after["tags"]}
    assert {f"{family} day", "seaside", "sea"} <= names
    assert after["location"]["city"] == "Edinburgh"
    assert cleared["caption"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"favorite": 1},
        {"rating": "3"},
        {"rating": 3.0},
        {"rating": True},
        {"location": {"lat": "1", "lon": 2}},
        {"taken_at": 1_700_000_000},
    ],
)
async def test_no_type_of_json_stands_for_another(
    gallery: Gallery, owner: str, body: dict[str, Any]
) -> None:
    story = await gallery.add_ready_photo(owner)

    problem = await gallery.call(owner, "PATCH", f"/photos/{story.photo_id}", json=body, status=422)

    assert problem["code"] == "invalid_request"
    assert problem["errors"][0]["path"].startswith(f"body.{next(iter(body))}")
