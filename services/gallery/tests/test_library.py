"""The library by its HTTP surface."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from services.gallery.tests.conftest import Gallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.ids import new_id
from pichaven_chassis.pagination import encode_cursor
from pichaven_contracts.photo import (
    Location,
    PhotoChanged,
    PhotoReprocessRequested,
    TakenAt,
)


async def pages(gallery: Gallery, owner: str, path: str, **query: Any) -> list[list[str]]:
    """Return the ids on each page of a list."""
    pages_of_ids: list[list[str]] = []
    cursor = None
    while True:
        params = {name: value for name, value in query.items() if value is not None}
        if cursor:
            params["cursor"] = cursor
        page = await gallery.call(owner, "GET", path, params=params)
        pages_of_ids.append([item["id"] for item in page["items"]])
        cursor = page["next_cursor"]
        if cursor is None:
            return pages_of_ids


async def add_photos(gallery: Gallery, owner: str) -> list[Story]:
    """Add nine photos: taken 40 days apart except for four of one moment, uploaded daily."""
    stories = []
    for number in range(9):
        story = Story(owner, at=UPLOADED_AT + timedelta(days=number))
        moment = UPLOADED_AT - timedelta(days=40 * (number if number < 6 else 5))
        await gallery.add_ready_photo(owner, story, taken_at=TakenAt(at=moment))
        stories.append(story)
    return stories


async def test_a_photo_has_all_fields_of_the_api(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(
        owner, location=Location(lat=48.1, lon=11.6, city="Munich")
    )
    await gallery.ingest(story.tagged_event("dog"))

    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")

    variant = photo["variants"][0]
    assert variant.keys() == {"name", "format", "width", "height", "bytes", "url"}
    assert variant["url"].startswith("http://photos.test/pichaven-media/derived/")
    assert "X-Amz-Signature" in photo["original_url"]
    assert "beach.jpg" in photo["original_url"]
    expected = {
        "id": story.photo_id,
        "owner_id": owner,
        "status": "ready",
        "failure": None,
        "filename": "beach.jpg",
        "content_type": "image/jpeg",
        "size": 4_000,
        "width": 1_200,
        "favorite": False,
        "hidden": False,
        "colors": ["#336699"],
        "tags": [{"name": "dog", "source": "ai", "confidence": 0.8}],
        "analysis": {"state": "done", "model": "pichaven-tiny", "tagging": "done"},
        "taken_at": "2026-06-01T12:00:00Z",
        "version": 3,
    }
    assert {name: photo[name] for name in expected} == expected
    assert photo["location"]["city"] == "Munich"
    assert photo["exif"]["camera"] == "Pinhole 1"


async def test_a_photo_has_all_variants_and_a_list_the_one_for_a_grid(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(owner)
    path = f"/photos/{story.photo_id}"

    async def urls(of: str, method: str = "GET", **arguments: Any) -> dict[str, str]:
        photo = await gallery.call(owner, method, of, **arguments)
        [photo] = photo.get("items", [photo])
        return {variant["name"]: variant["url"] for variant in photo["variants"]}

    every = await urls(path)
    assert list(every) == ["150", "400", "800"]
    assert await urls(path, params={"variants": "800"}) == {"800": every["800"]}
    assert await urls(path, "PATCH", json={"favorite": True}) == every
    chosen = {"params": {"variants": "1920,150", "format": "jpeg"}}
    assert list(await urls(path, "PATCH", json={"rating": 1}, **chosen)) == ["800", "150"]
    assert await urls("/photos") == {"400": every["400"]}
    assert list(await urls("/photos", **chosen)) == ["800", "150"]
    assert await urls("/photos", params={"variants": ""}) == {}
    await gallery.call(owner, "DELETE", path, status=204)
    assert await urls("/trash") == {"400": every["400"]}
    assert list(await urls("/trash", **chosen)) == ["800", "150"]


async def test_a_rejected_photo_has_a_failure(gallery: Gallery, owner: str) -> None:
    story = Story(owner)
    await gallery.ingest(story.uploaded_event(), story.rejected_event())

    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")

    assert photo["status"] == "failed"
    assert photo["failure"] == {
        "code": "damaged_file",
        "message": "The file ends in the middle of the picture.",
    }
    assert photo["original_url"] is None


@pytest.mark.parametrize("sort", ["taken_at", "created_at"])
@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_pages_have_every_photo_once_and_in_order(
    gallery: Gallery, owner: str, stranger: str, sort: str, order: str
) -> None:
    stories = await add_photos(gallery, owner)
    await gallery.add_ready_photo(stranger)

    def key(story: Story) -> tuple[Any, str]:
        number = stories.index(story)
        return (-min(number, 5) if sort == "taken_at" else number), story.photo_id

    expected = [story.photo_id for story in sorted(stories, key=key, reverse=order == "desc")]
    for limit in (1, 2, 4, 50):
        listed = await pages(gallery, owner, "/photos", sort=sort, order=order, limit=limit)
        assert [photo for page in listed for photo in page] == expected
    # Now with counts to size the windows.
    await gallery.call(owner, "GET", "/timeline")
    listed = await pages(gallery, owner, "/photos", sort=sort, order=order, limit=2)
    assert [photo for page in listed for photo in page] == expected
    assert all(len(page) == 2 for page in listed[:-1])


async def test_filters_apply_to_lists(gallery: Gallery, owner: str) -> None:
    stories = await add_photos(gallery, owner)
    ids = [story.photo_id for story in stories]
    await gallery.call(owner, "PATCH", f"/photos/{ids[1]}", json={"favorite": True})
    await gallery.call(owner, "PATCH", f"/photos/{ids[2]}", json={"tags_add": ["Ada  Lovelace"]})
    failed = Story(owner)
    await gallery.ingest(failed.uploaded_event(), failed.rejected_event())

    async def ids_of(**query: Any) -> set[str]:
        page = await gallery.call(owner, "GET", "/photos", params=query)
        return {item["id"] for item in page["items"]}

    assert await ids_of(favorite=True) == {ids[1]}
    assert ids[1] not in await ids_of(favorite=False)
    assert await ids_of(tag="ada lovelace") == {ids[2]}
    assert await ids_of(status="failed") == {failed.photo_id}
    second = (UPLOADED_AT - timedelta(days=40)).isoformat()
    assert await ids_of(**{"from": second}) == {ids[0], ids[1], failed.photo_id}
    assert await ids_of(**{"from": second, "to": "2026-04-22"}) == {ids[1]}
    assert await ids_of(sort="created_at", to="2026-04-22", tag="Ada Lovelace") == {ids[2]}


def _cursor_at(moment: datetime, kind: str = "taken_at.desc") -> str:
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return encode_cursor({"k": kind, "t": milliseconds, "i": new_id()})


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"cursor": "nonsense"}, "invalid_cursor"),
        ({"cursor": _cursor_at(datetime(1, 1, 1, tzinfo=UTC))}, "invalid_cursor"),
        ({"cursor": _cursor_at(datetime(9999, 12, 31, tzinfo=UTC))}, "invalid_cursor"),
        ({"sort": "size"}, "invalid_request"),
        ({"cursor": "x" * 5000}, "invalid_cursor"),
        ({"from": "yesterday"}, "invalid_date"),
        ({"from": "2" * 100}, "invalid_date"),
        ({"limit": 501}, "invalid_request"),
        ({"status": "gone"}, "invalid_request"),
        ({"variants": "400,large"}, "unknown_name"),
        ({"format": "gif"}, "unknown_name"),
    ],
)
async def test_invalid_queries_are_rejected_with_their_code(
    gallery: Gallery, owner: str, query: dict[str, Any], code: str
) -> None:
    response = await gallery.http.get(
        "/api/v1/photos", params=query, headers=gallery.authority.headers(owner)
    )

    assert response.json()["code"] == code


async def test_a_cursor_works_on_its_own_list_only(gallery: Gallery, owner: str) -> None:
    await add_photos(gallery, owner)
    page = await gallery.call(owner, "GET", "/photos", params={"limit": 1})

    problem = await gallery.call(
        owner, "GET", "/trash", params={"cursor": page["next_cursor"]}, status=400
    )

    assert problem["code"] == "invalid_cursor"


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


async def test_no_call_reaches_anothers_photo(gallery: Gallery, owner: str, stranger: str) -> None:
    story = await gallery.add_ready_photo(owner)
    trashed = await gallery.add_ready_photo(owner)
    await gallery.call(owner, "DELETE", f"/photos/{trashed.photo_id}", status=204)
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")

    for photo_id in (story.photo_id, trashed.photo_id, new_id(), "nonsense"):
        for method, path, arguments in (
            ("GET", f"/photos/{photo_id}", {}),
            ("PATCH", f"/photos/{photo_id}", {"json": {"caption": "mine"}}),
            ("DELETE", f"/photos/{photo_id}", {}),
            ("POST", f"/photos/{photo_id}/restore", {}),
            ("POST", f"/photos/{photo_id}/reprocess", {}),
            ("DELETE", f"/trash/{photo_id}", {}),
        ):
            problem = await gallery.call(stranger, method, path, status=404, **arguments)
            assert problem["code"] == "not_found"
    for path in ("/photos", "/trash", "/timeline/2026-06"):
        assert (await gallery.call(stranger, "GET", path))["items"] == []
    assert (await gallery.call(stranger, "GET", "/timeline"))["buckets"] == []
    await gallery.call(stranger, "DELETE", "/trash", status=204)
    assert len((await gallery.call(owner, "GET", "/trash"))["items"]) == 1
    assert await gallery.call(owner, "GET", f"/photos/{story.photo_id}") == photo


async def test_every_route_needs_credentials(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)

    for method, path in (
        ("GET", "/photos"),
        ("GET", f"/photos/{story.photo_id}"),
        ("PATCH", f"/photos/{story.photo_id}"),
        ("DELETE", f"/photos/{story.photo_id}"),
        ("POST", "/photos/batch"),
        ("GET", "/trash"),
        ("DELETE", "/trash"),
        ("GET", "/timeline"),
        ("GET", "/timeline/2026-06"),
        ("GET", "/events"),
    ):
        response = await gallery.http.request(method, f"/api/v1{path}", json={})
        assert (response.status_code, response.json()["code"]) == (401, "unauthorized"), path


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
