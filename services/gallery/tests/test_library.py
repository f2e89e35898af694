"""The library by its HTTP surface."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.gallery.tests.conftest import Gallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.ids import new_id
from pichaven_chassis.pages import encode_cursor
from pichaven_contracts.photo import (
    Location,
    PhotoChanged,
    PhotoReprocessRequested,
    TakenAt,
)


async def pages(gallery: Gallery, owner: str, path: str, **query: Any) -> list[list[str]]:
    """The ids on each page, until there is no next one."""
    found: list[list[str]] = []
    cursor = None
    while True:
        params = {name: value for name, value in query.items() if value is not None}
        if cursor:
            params["cursor"] = cursor
        page = await gallery.call(owner, "GET", path, params=params)
        found.append([item["id"] for item in page["items"]])
        cursor = page["next_cursor"]
        if cursor is None:
            return found


async def given_photos(gallery: Gallery, owner: str) -> list[Story]:
    """Nine photos, taken 40 days apart but for three of one moment; uploaded a day apart."""
    stories = []
    for number in range(9):
        story = Story(owner, at=UPLOADED_AT + timedelta(days=number))
        moment = UPLOADED_AT - timedelta(days=40 * (number if number < 6 else 5))
        await gallery.ready(owner, story, taken_at=TakenAt(at=moment))
        stories.append(story)
    return stories


async def test_a_photo_is_told_as_promised(gallery: Gallery, owner: str) -> None:
    story = await gallery.ready(owner, location=Location(lat=48.1, lon=11.6, city="Munich"))
    await gallery.feed(story.analyzed("dog"))

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


async def test_a_refused_photo_says_why_in_words(gallery: Gallery, owner: str) -> None:
    story = Story(owner)
    await gallery.feed(story.uploaded(), story.rejected())

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
    stories = await given_photos(gallery, owner)
    await gallery.ready(stranger)

    def key(story: Story) -> tuple[Any, str]:
        number = stories.index(story)
        return (-min(number, 5) if sort == "taken_at" else number), story.photo_id

    expected = [story.photo_id for story in sorted(stories, key=key, reverse=order == "desc")]
    for limit in (1, 2, 4, 50):
        found = await pages(gallery, owner, "/photos", sort=sort, order=order, limit=limit)
        assert [photo for page in found for photo in page] == expected
    # With and without knowing where the photos are.
    await gallery.call(owner, "GET", "/timeline")
    found = await pages(gallery, owner, "/photos", sort=sort, order=order, limit=2)
    assert [photo for page in found for photo in page] == expected
    assert all(len(page) == 2 for page in found[:-1])


async def test_lists_are_narrowed_by_what_is_asked_for(gallery: Gallery, owner: str) -> None:
    stories = await given_photos(gallery, owner)
    ids = [story.photo_id for story in stories]
    await gallery.call(owner, "PATCH", f"/photos/{ids[1]}", json={"favorite": True})
    await gallery.call(owner, "PATCH", f"/photos/{ids[2]}", json={"tags_add": ["Ada  Lovelace"]})
    failed = Story(owner)
    await gallery.feed(failed.uploaded(), failed.rejected())

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
        ({"from": "yesterday"}, "invalid_request"),
        ({"limit": 501}, "invalid_request"),
        ({"status": "gone"}, "invalid_request"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(
    gallery: Gallery, owner: str, query: dict[str, Any], code: str
) -> None:
    answer = await gallery.http.get(
        "/api/v1/photos", params=query, headers=gallery.authority.headers(owner)
    )

    assert answer.json()["code"] == code


async def test_a_cursor_works_on_its_own_list_only(gallery: Gallery, owner: str) -> None:
    await given_photos(gallery, owner)
    page = await gallery.call(owner, "GET", "/photos", params={"limit": 1})

    problem = await gallery.call(
        owner, "GET", "/trash", params={"cursor": page["next_cursor"]}, status=400
    )

    assert problem["code"] == "invalid_cursor"


async def test_only_what_is_named_is_changed(gallery: Gallery, owner: str) -> None:
    story = await gallery.ready(owner, caption="Of the file", rating=3)
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
    assert (photo["caption"], photo["rating"]) == (None, 5)
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
    [*_, event] = await gallery.published()
    assert isinstance(event, PhotoChanged)
    assert (event.version, event.favorite, event.rating) == (version, True, 5)


@pytest.mark.parametrize(
    "body",
    [
        {"rating": 6},
        {"favorite": None},
        {"location": {"lat": 91, "lon": 0}},
        {"taken_at": "2020-01-01T00:00:00"},
        {"hidden": True},
        {"tags_add": [" "]},
        {"tags_add": ["a\nb\x00"]},
        {"caption": "x" * 5_001},
    ],
)
async def test_a_change_that_cannot_be_is_refused(
    gallery: Gallery, owner: str, body: dict[str, Any]
) -> None:
    story = await gallery.ready(owner)

    await gallery.call(owner, "PATCH", f"/photos/{story.photo_id}", json=body, status=422)


async def test_who_has_the_state_gets_nothing_and_who_has_an_old_one_changes_nothing(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.ready(owner)
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


async def test_changes_at_the_same_time_are_all_kept(gallery: Gallery, owner: str) -> None:
    story = await gallery.ready(owner)
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


async def test_a_batch_answers_for_each_photo(gallery: Gallery, owner: str, stranger: str) -> None:
    mine, other = await gallery.ready(owner), await gallery.ready(owner)
    foreign = await gallery.ready(stranger)
    ids = [mine.photo_id, foreign.photo_id, other.photo_id, new_id(), "nonsense", mine.photo_id]

    async def batch(action: str, **more: Any) -> dict[str, Any]:
        answer = await gallery.call(
            owner, "POST", "/photos/batch", json={"ids": ids, "action": action, **more}
        )
        return {result["id"]: result for result in answer["results"]}

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


async def test_a_refused_photo_is_tried_again_if_its_original_is_there(
    gallery: Gallery, owner: str
) -> None:
    story = Story(owner)
    await gallery.feed(story.uploaded(), story.rejected())
    path = f"/photos/{story.photo_id}/reprocess"

    problem = await gallery.call(owner, "POST", path, status=409)
    assert problem["code"] == "original_gone"
    await gallery.store.put(story.uploaded().object_key, b"x", content_type="image/jpeg")
    photo = await gallery.call(owner, "POST", path, status=202)

    assert photo["status"] == "processing"
    [*_, changed, asked] = await gallery.published()
    assert isinstance(changed, PhotoChanged)
    assert isinstance(asked, PhotoReprocessRequested)
    assert asked.original == story.uploaded()
    await gallery.feed(story.processed(occurred_at=UPLOADED_AT + timedelta(hours=1)))
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["status"] == "ready"


async def test_asking_repeatedly_for_a_photo_makes_no_more_work_than_once(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.ready(owner)
    await gallery.store.put(story.uploaded().object_key, b"x", content_type="image/jpeg")
    path = f"/photos/{story.photo_id}/reprocess"

    async def requests() -> int:
        events = await gallery.published()
        return sum(isinstance(event, PhotoReprocessRequested) for event in events)

    gallery.clock.advance(minutes=1)
    for _ in range(3):
        await gallery.call(owner, "POST", path, status=202)
    assert await requests() == 1
    gallery.clock.advance(minutes=10)
    await gallery.call(owner, "POST", path, status=202)
    assert await requests() == 2
    gallery.clock.advance(minutes=1)
    await gallery.feed(story.processed(occurred_at=gallery.clock()))
    await gallery.call(owner, "POST", path, status=202)
    assert await requests() == 3


async def test_no_call_reaches_anothers_photo(gallery: Gallery, owner: str, stranger: str) -> None:
    story = await gallery.ready(owner)
    trashed = await gallery.ready(owner)
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


async def test_without_credentials_everything_is_closed(gallery: Gallery, owner: str) -> None:
    story = await gallery.ready(owner)

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
        answer = await gallery.http.request(method, f"/api/v1{path}", json={})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), path
