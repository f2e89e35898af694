"""Photos that were stored before photos had wall times."""

from datetime import timedelta
from typing import Any

import pytest
from services.gallery.tests.conftest import Gallery, StartGallery
from services.gallery.tests.story import Story
from services.gallery.tests.test_timeline import get_buckets
from services.gallery.tests.test_wall_time import (
    CAMERA,
    IN_TOKYO,
    NEW_YEAR,
    TOKYO,
    get_photo,
    times,
)

from pichaven_contracts.photo import TakenAt
from testing.month_rows import to_rows


async def write_without_wall_times(gallery: Gallery, owner: str, *stories: Story) -> None:
    """Store photos of New Year as documents had them before: counted by the instant's month."""
    photos = gallery.database["photos"]
    for story in stories:
        await photos.update_one(
            {"_id": story.photo_id},
            {
                "$unset": dict.fromkeys(("taken_at_local", "tile", "count_due", "due_months"), ""),
                "$set": {"cell": "2023-12|2026-06-01", "counted": "2023-12|2026-06-01"},
            },
        )
    await gallery.database["timelines"].update_one(
        {"_id": owner},
        {"$set": {"months": {"2023-12": len(stories)}}, "$unset": {"versions": ""}},
    )


async def test_older_documents_get_their_wall_time_and_search_is_told(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery()
    tokyo = await gallery.add_ready_photo(owner, taken_at=NEW_YEAR)
    camera = await gallery.add_ready_photo(owner, taken_at=CAMERA)
    edited = await gallery.add_ready_photo(owner, taken_at=CAMERA, location=TOKYO)
    await gallery.call(owner, "GET", "/timeline")
    await write_without_wall_times(gallery, owner, tokyo, camera, edited)
    await gallery.database["photos"].update_one(
        {"_id": edited.photo_id}, {"$set": {"edits": {"taken_at": NEW_YEAR.at}}}
    )
    assert times(await get_photo(gallery, owner, tokyo)) == IN_TOKYO
    await gallery.published_events()

    other = await start_gallery(clock=gallery.clock)

    assert await get_buckets(other, owner) == {"2024-01": 3}
    page = await other.call(owner, "GET", "/timeline/2024-01")
    assert {row["id"]: (row["taken_at_local"], row["offset"]) for row in to_rows(page)} == {
        tokyo.photo_id: (IN_TOKYO[1], 9 * 60),
        edited.photo_id: (IN_TOKYO[1], 9 * 60),
        camera.photo_id: ("2024-01-01T00:30:00", None),
    }
    events = {event.key: event for event in await other.published_events()}
    # The camera's wall time is its instant in UTC, as the old event says.
    assert set(events) == {tokyo.photo_id, edited.photo_id}
    assert (await get_photo(other, owner, tokyo))["version"] == 3
    assert (await get_photo(other, owner, camera))["version"] == 2
    assert (await other.container.migrate_times()).count == 0


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/timeline/2024-01", None),
        ("/photos", {"sort": "taken_at_local"}),
        ("/photos", {"sort": "taken_at_local", "order": "asc", "to": "2024-01-02"}),
        ("/photos", {"from": "2024-01-01"}),
        ("/photos", {"sort": "created_at", "from": "2024-01-01"}),
    ],
)
async def test_a_list_by_wall_time_has_older_documents_before_the_worker_comes_to_them(
    gallery: Gallery, owner: str, stranger: str, path: str, params: dict[str, Any] | None
) -> None:
    tokyo = [
        await gallery.add_ready_photo(
            owner, taken_at=NEW_YEAR.model_copy(update={"at": NEW_YEAR.at + timedelta(minutes=i)})
        )
        for i in range(5)
    ]
    theirs = await gallery.add_ready_photo(stranger, taken_at=NEW_YEAR)
    await gallery.call(owner, "GET", "/timeline")
    await gallery.call(stranger, "GET", "/timeline")
    await write_without_wall_times(gallery, owner, *tokyo)
    await write_without_wall_times(gallery, stranger, theirs)

    listed: list[str] = []
    query: dict[str, Any] = params | {"limit": 2} if params is not None else {}
    while True:
        page = await gallery.call(owner, "GET", path, params=query)
        listed += page["id"] if "id" in page else [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert sorted(listed) == sorted(story.photo_id for story in tokyo)
    assert len(set(listed)) == len(listed)
    assert await get_buckets(gallery, owner) == {"2024-01": 5}
    document = await gallery.database["photos"].find_one({"_id": theirs.photo_id})
    assert document is not None
    assert "taken_at_local" not in document


async def test_a_new_year_of_an_older_document_is_on_this_day(gallery: Gallery, owner: str) -> None:
    later = TakenAt(at=NEW_YEAR.at + timedelta(hours=3), offset_minutes=540)
    stories = [await gallery.add_ready_photo(owner, taken_at=time) for time in (NEW_YEAR, later)]
    await gallery.call(owner, "GET", "/timeline")
    await write_without_wall_times(gallery, owner, *stories)

    page = await gallery.call(owner, "GET", "/timeline/on-this-day", params={"date": "2026-01-01"})

    [year] = page["items"]
    assert year["year"] == 2024
    assert [item["id"] for item in year["photos"]] == [story.photo_id for story in stories[::-1]]
