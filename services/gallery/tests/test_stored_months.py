"""Months are stored once for each version, and what is stored is never behind."""

import random
from datetime import UTC, datetime
from typing import Any

from services.gallery.tests.conftest import Gallery, StartGallery
from services.gallery.tests.story import Story
from services.gallery.tests.test_month import months_of, pages_of, read

from pichaven_chassis.pagination import TimeCursor
from pichaven_contracts.photo import TakenAt
from pichaven_gallery.timeline.commands import StoreMonths
from pichaven_gallery.timeline.counts import Recount
from pichaven_gallery.timeline.month import MonthRequest
from pichaven_gallery.timeline.recent_changes import (
    ChangeBatch,
    MonthChange,
    newest,
    photos_between,
)
from pichaven_gallery.timeline.repository import TimelineRepository
from pichaven_gallery.timeline.schemas import MonthPhotos
from pichaven_gallery.timeline.stored_months import StoredMonths

QUIET_S = 11


async def names(gallery: Gallery, owner: str) -> dict[str, str]:
    month = (await read(gallery, owner)).json()
    return dict(zip(month["id"], month["name"], strict=True))


async def stored(gallery: Gallery, owner: str) -> set[str]:
    return {key.month for key in await StoredMonths(gallery.database).list(owner)}


def store_months(gallery: Gallery, page_size: int) -> StoreMonths:
    timeline = TimelineRepository(gallery.database, gallery.database["photos"], gallery.clock)
    return StoreMonths(
        timeline, pages_of(gallery, page_size), StoredMonths(gallery.database), gallery.clock
    )


async def test_another_process_reads_a_month_without_its_photos(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery()
    story = await gallery.add_ready_photo(owner)
    before = await read(gallery, owner)
    await gallery.database["photos"].delete_one({"_id": story.photo_id})

    after = await read(await start_gallery(clock=gallery.clock), owner)

    assert after.headers["etag"] == before.headers["etag"]
    assert after.json() == before.json()


async def test_after_a_change_only_what_has_changed_is_read(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery()
    changed, other, moved = [await gallery.add_ready_photo(owner) for _ in range(3)]
    await read(gallery, owner)
    # Who reads all photos would miss it.
    await gallery.database["photos"].delete_one({"_id": other.photo_id})

    path = f"/photos/{changed.photo_id}"
    await gallery.call(owner, "PATCH", path, json={"caption": "dunes"})
    await gallery.call(owner, "GET", "/timeline")
    await gallery.call(owner, "DELETE", f"/photos/{moved.photo_id}", status=204)
    added = await gallery.add_ready_photo(owner)

    assert await names(await start_gallery(clock=gallery.clock), owner) == {
        changed.photo_id: "dunes",
        other.photo_id: "beach.jpg",
        added.photo_id: "beach.jpg",
    }


async def test_a_page_of_another_form_is_read_from_the_photos(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    edition = (
        await TimelineRepository(gallery.database, gallery.database["photos"]).read(
            owner, "2026-06"
        )
    ).edition(owner, "2026-06")
    await pages_of(gallery).store(edition)
    await gallery.database["month_pages"].update_many({}, {"$set": {"form": 0, "rows": b""}})

    assert await names(gallery, owner) == {story.photo_id: "beach.jpg"}


async def test_months_are_stored_when_their_owner_is_quiet(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.add_ready_photo(owner, taken_at=TakenAt(at=datetime(2020, 6, 1, tzinfo=UTC)))
    await gallery.container.settle_counts()

    assert (await gallery.container.store_months()).count == 0
    gallery.clock.advance(seconds=QUIET_S)
    assert (await gallery.container.store_months()).count == 1
    assert await stored(gallery, owner) == {"2026-06", "2020-06"}
    assert (await gallery.container.store_months()).count == 0

    await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)
    await gallery.container.settle_counts()
    gallery.clock.advance(seconds=QUIET_S)
    await gallery.container.store_months()
    assert await stored(gallery, owner) == {"2020-06"}


async def test_pages_stay_whole_while_a_library_changes(gallery: Gallery, owner: str) -> None:
    """Any changes, stored after some of them, page by page."""
    chance = random.Random(5)
    get_month, store = months_of(gallery, page_size=3), store_months(gallery, page_size=3)
    stories: list[Story] = []

    async def change() -> None:
        kind = chance.randrange(4)
        if kind == 0 or len(stories) < 6:
            moment = datetime(2026, 6, chance.randint(1, 3), tzinfo=UTC)
            stories.append(await gallery.add_ready_photo(owner, taken_at=TakenAt(at=moment)))
            return
        path = f"/photos/{chance.choice(stories).photo_id}"
        if kind == 1:
            await gallery.call(owner, "POST", f"{path}/restore")
            await gallery.call(owner, "PATCH", path, json={"caption": str(chance.random())})
        elif kind == 2:
            await gallery.call(owner, "POST", f"{path}/restore")
            moved = f"2026-0{chance.choice((5, 6))}-0{chance.randint(1, 3)}T00:00:00Z"
            await gallery.call(owner, "PATCH", path, json={"taken_at": moved})
        else:
            await gallery.call(owner, "DELETE", path, status=204)

    async def listed() -> list[tuple[str, str]]:
        rows: list[tuple[str, str]] = []
        cursor = None
        while True:
            request = MonthRequest(owner, "2026-06", "http://photos.test", cursor)
            body = (await get_month(request, lambda _: False)).body
            assert body is not None
            month = MonthPhotos.model_validate_json(body.plain())
            rows += zip(month.id, month.name, strict=True)
            if month.next_cursor is None:
                return rows
            assert month.id
            cursor = TimeCursor.decode(month.next_cursor, "month.2026-06")

    for step in range(40):
        await change()
        if step % 3 == 0:
            await gallery.container.settle_counts()
            gallery.clock.advance(seconds=QUIET_S)
            await store()
        if step % 2 == 0:
            assert await listed() == await expected(gallery, owner)

    await get_month.close()


async def expected(gallery: Gallery, owner: str) -> list[tuple[str, str]]:
    params: dict[str, Any] = {
        "sort": "taken_at_local",
        "from": "2026-06-01",
        "to": "2026-07-01",
        "limit": 500,
    }
    photos = (await gallery.call(owner, "GET", "/photos", params=params))["items"]
    return [(photo["id"], photo["caption"] or photo["filename"]) for photo in photos]


def test_a_chain_of_batches_tells_what_changed() -> None:
    moved = Recount("p1", 0, "2026-06|2026-11-01", "2026-05|2026-11-01", 1)
    first = ChangeBatch.of([moved], {"2026-06": "a"}, "b")
    assert first.months == {
        "2026-06": MonthChange("a", ("p1",)),
        "2026-05": MonthChange(None, ("p1",)),
    }
    second = ChangeBatch("c", {"2026-05": MonthChange("b", ("p2",))})
    third = ChangeBatch("d", {"2026-06": MonthChange("b", ("p3",))})
    batches = [ChangeBatch.from_document(each.to_document()) for each in (first, second, third)]
    assert batches == [first, second, third]

    assert photos_between(batches, "2026-06", "a", "d") == {"p1", "p3"}
    assert photos_between(batches, "2026-06", "b", "d") == {"p3"}
    assert photos_between(batches, "2026-06", "a", "b") == {"p1"}
    assert photos_between(batches, "2026-06", "d", "d") == frozenset()
    assert photos_between(batches, "2026-05", "b", "c") == {"p2"}
    # A step is missing: it was too long ago, or made by a process that writes no batches.
    assert photos_between(batches[1:], "2026-06", "a", "d") is None
    assert photos_between(batches, "2026-06", "a", "x") is None
    assert photos_between([], "2026-06", "a", "d") is None


def test_a_batch_is_remembered_whole_or_not_at_all() -> None:
    small = ChangeBatch("b", {"2026-06": MonthChange("a", ("p1", "p2"))})
    large = ChangeBatch("c", {"2026-06": MonthChange("b", ("p1", "p2", "p3"))})

    assert newest([small, small], limit=4) == [small, small]
    assert newest([small, large], limit=4) == [large]
    assert newest([small, large], limit=2) == []
