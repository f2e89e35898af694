"""The library by its HTTP surface."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.gallery.tests.conftest import Gallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.ids import new_id
from pichaven_chassis.pagination import encode_cursor
from pichaven_contracts.photo import (
    Location,
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
    for path in ("/photos", "/trash"):
        assert (await gallery.call(stranger, "GET", path))["items"] == []
    assert (await gallery.call(stranger, "GET", "/timeline/2026-06"))["id"] == []
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


async def test_the_photos_of_a_list_are_counted(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    stories = [await gallery.add_ready_photo(owner) for _ in range(4)]
    await gallery.add_ready_photo(stranger)
    body = {"ids": [story.photo_id for story in stories[:3]], "action": "favorite"}
    await gallery.call(owner, "POST", "/photos/batch", json=body)
    await gallery.call(owner, "DELETE", f"/photos/{stories[0].photo_id}", status=204)

    async def count(**query: Any) -> int:
        page = await gallery.call(owner, "GET", "/photos/count", params=query)
        number: int = page["count"]
        return number

    assert [await count(), await count(favorite=True), await count(favorite=False)] == [3, 2, 1]
    assert [await count(to="2026-05-31"), await count(**{"from": "2026-06-01"})] == [0, 3]
    assert [await count(trashed=True), await count(tag="none")] == [1, 0]
    gallery.clock.advance(seconds=1)
    await gallery.call(owner, "DELETE", "/trash", status=204)
    assert await count(trashed=True) == 0
