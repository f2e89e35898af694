"""The timeline's counts are exact under concurrency and crashes; pages are complete."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.gallery.tests.conftest import Gallery, StartGallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.mongo import MongoDatabase
from pichaven_gallery.photos.capture_time import EARLIEST, LATEST, whole_ms
from pichaven_gallery.timeline.counts import Counts, Recount, month_bounds
from pichaven_gallery.timeline.repository import TimelineRepository
from pichaven_gallery.timeline.windows import Bin, Windows


async def get_buckets(gallery: Gallery, owner: str) -> dict[str, int]:
    buckets = (await gallery.call(owner, "GET", "/timeline"))["buckets"]
    months = [bucket["month"] for bucket in buckets]
    assert months == sorted(months, reverse=True)
    return {bucket["month"]: bucket["count"] for bucket in buckets}


async def test_months_are_counted_as_photos_come_move_and_go(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    stories = [await gallery.add_ready_photo(owner) for _ in range(3)]
    await gallery.add_ready_photo(stranger)
    assert await get_buckets(gallery, owner) == {"2026-06": 3}

    path = f"/photos/{stories[0].photo_id}"
    await gallery.call(owner, "PATCH", path, json={"taken_at": "1969-07-20T20:17:00Z"})
    assert await get_buckets(gallery, owner) == {"2026-06": 2, "1969-07": 1}
    month = await gallery.call(owner, "GET", "/timeline/1969-07")
    assert (month["id"], month["count"]) == ([stories[0].photo_id], 1)

    await gallery.call(owner, "DELETE", path, status=204)
    assert await get_buckets(gallery, owner) == {"2026-06": 2}
    await gallery.call(owner, "POST", f"{path}/restore")
    await gallery.call(owner, "PATCH", path, json={"taken_at": None})
    assert await get_buckets(gallery, owner) == {"2026-06": 3}


async def test_counters_that_are_gone_are_made_anew(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    stories = [await gallery.add_ready_photo(each) for each in (owner, owner, owner, stranger)]
    await gallery.call(owner, "DELETE", f"/photos/{stories[0].photo_id}", status=204)
    before = [await get_buckets(gallery, each) for each in (owner, stranger)]
    assert before == [{"2026-06": 2}, {"2026-06": 1}]

    # A backup has no counters, no stored months and no inventory.
    for name in ("timelines", "month_pages", "inventory"):
        await gallery.database.drop_collection(name)
    for step in gallery.service.setup:
        await step()

    assert [await get_buckets(gallery, each) for each in (owner, stranger)] == before
    month = await gallery.call(owner, "GET", "/timeline/2026-06")
    assert set(month["id"]) == {story.photo_id for story in stories[1:3]}
    await gallery.call(owner, "POST", f"/photos/{stories[0].photo_id}/restore")
    assert await get_buckets(gallery, owner) == {"2026-06": 3}


@pytest.mark.parametrize("month", ["2026-13", "2026", "0000-01", "9999-12", "2026-1", "x"])
async def test_an_invalid_month_is_rejected(gallery: Gallery, owner: str, month: str) -> None:
    problem = await gallery.call(owner, "GET", f"/timeline/{month}", status=422)

    assert problem["code"] == "invalid_month"


async def test_counts_are_exact_after_everything_at_once(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery = await start_gallery()
    other = await start_gallery(clock=gallery.clock)
    chance = random.Random(5)
    stories = [Story(owner) for _ in range(12)]
    for story in stories:
        await gallery.add_ready_photo(owner, story)
        await other.store_variants(story.processed_event())

    async def live_on(story: Story) -> None:
        for _ in range(6):
            replica = chance.choice((gallery, other))
            path = f"/photos/{story.photo_id}"
            month = f"20{chance.randrange(10, 14)}-0{chance.randrange(1, 4)}-05T00:00:00Z"
            await replica.ingest(story.processed_event(), story.uploaded_event())
            match chance.randrange(4):
                case 0:
                    await replica.call(owner, "DELETE", path, status=204)
                case 1:
                    await replica.call(owner, "POST", f"{path}/restore")
                case _:
                    await replica.http.patch(
                        f"/api/v1{path}",
                        json={"taken_at": month},
                        headers=replica.authority.headers(owner),
                    )

    async def count_meanwhile(replica: Gallery) -> None:
        for _ in range(10):
            await replica.call(owner, "GET", "/timeline")

    await asyncio.gather(
        *(live_on(story) for story in stories), count_meanwhile(gallery), count_meanwhile(other)
    )

    listed = (await gallery.call(owner, "GET", "/photos", params={"limit": 500}))["items"]
    assert await get_buckets(gallery, owner) == Counter(item["taken_at"][:7] for item in listed)


async def test_a_crash_between_two_writes_leaves_exact_counts(
    gallery: Gallery, owner: str, mongo_database: MongoDatabase
) -> None:
    stories = [await gallery.add_ready_photo(owner) for _ in range(3)]
    photos = mongo_database["photos"]

    class Crash(Exception):
        pass

    class Crashing(TimelineRepository):
        async def _complete(self, owner_id: str, counters: dict[str, Any]) -> None:
            raise Crash

    with pytest.raises(Crash):
        await Crashing(mongo_database, photos).settle(owner, limit=10)
    slow = await mongo_database["timelines"].find_one({"_id": owner})
    assert slow is not None
    assert await get_buckets(gallery, owner) == {"2026-06": 3}

    # A process thought crashed completes late, after the photo has moved and come back.
    path = f"/photos/{stories[0].photo_id}"
    for status in (204, None):
        if status:
            await gallery.call(owner, "DELETE", path, status=status)
        else:
            await gallery.call(owner, "POST", f"{path}/restore")
        assert await get_buckets(gallery, owner) == {"2026-06": 2 if status else 3}
    await TimelineRepository(mongo_database, photos)._complete(owner, slow)
    await gallery.call(owner, "DELETE", path, status=204)

    assert await get_buckets(gallery, owner) == {"2026-06": 2}
    assert await photos.count_documents({"count_due": {"$exists": True}}) == 0


def test_moves_leave_no_zeros() -> None:
    counts = Counts({"2026-05": 1}, {"2026-06-01": 1})

    moved = counts.apply([Recount("a", 0, "2026-05|2026-06-01", "2026-04|2026-06-01")], "v2")

    assert moved == Counts({"2026-04": 1}, {"2026-06-01": 1}, {"2026-04": "v2"})


@settings(max_examples=200)
@given(
    bins=st.dictionaries(st.integers(1, 12), st.integers(1, 5_000), max_size=6),
    low=st.integers(0, 500),
    span=st.integers(0, 500),
    descending=st.booleans(),
    limit=st.integers(1, 500),
)
def test_windows_cover_everything_once(
    bins: dict[int, int], low: int, span: int, descending: bool, limit: int
) -> None:
    start = datetime(2025, 12, 1, tzinfo=UTC)
    bottom, top = start + timedelta(days=low), start + timedelta(days=low + span)
    by_month = [
        Bin(*month_bounds(f"2026-{month:02}"), count) for month, count in sorted(bins.items())
    ]
    windows = Windows(by_month, bottom, top, descending=descending)
    covered = []
    while window := windows.next(limit):
        covered.append(window)
        assert len(covered) < 200

    ordered = covered[::-1] if descending else covered
    assert ordered[0][0] == bottom
    assert ordered[-1][1] == top
    for before, after in pairwise(ordered):
        assert after[0] - before[1] == timedelta(milliseconds=1)
        assert before[0] <= before[1]


_BEYOND = (
    datetime(1, 1, 1, tzinfo=UTC),
    EARLIEST,
    UPLOADED_AT,
    LATEST,
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
)


@settings(max_examples=200)
@given(
    bounds=st.tuples(
        *2 * (st.tuples(st.sampled_from(_BEYOND[1:-1]), st.integers(-5_000_000, 5_000_000)),)
    ).map(lambda them: sorted(moment + timedelta(microseconds=by) for moment, by in them))
    | st.tuples(st.sampled_from(_BEYOND), st.sampled_from(_BEYOND)).map(sorted),
    descending=st.booleans(),
    limit=st.integers(1, 500),
)
def test_windows_end_whatever_the_bounds(
    bounds: list[datetime], descending: bool, limit: int
) -> None:
    low, high = bounds
    by_month = [Bin(*month_bounds(month), 3) for month in ("0001-01", "2026-06", "9999-11")]
    windows = Windows(by_month, low, high, descending=descending)
    covered = []
    while window := windows.next(limit):
        covered.append(window)
        assert len(covered) < 50

    ordered = covered[::-1] if descending else covered
    assert (ordered[0][0], ordered[-1][1]) == (whole_ms(low), whole_ms(high))
    for before, after in pairwise(ordered):
        assert after[0] - before[1] == timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/timeline/0001-01", {}),
        ("/timeline/9999-11", {}),
        ("/photos", {"from": "0001-01-01"}),
        ("/photos", {"to": "0001-01-01"}),
        ("/photos", {"order": "asc", "to": "9999-12-31T00:00:00Z"}),
        ("/photos", {"order": "asc", "to": "2026-06-01T12:00:00.123456Z"}),
    ],
)
async def test_a_list_at_the_end_of_the_calendar_ends(
    gallery: Gallery, owner: str, path: str, query: dict[str, str]
) -> None:
    async with asyncio.timeout(10):
        page = await gallery.call(owner, "GET", path, params=query)

    assert page.get("items", page.get("id")) == []


def test_a_window_ends_where_enough_photos_are_estimated() -> None:
    june = Bin(*month_bounds("2026-06"), 30_000)

    windows = Windows([june], UPLOADED_AT - timedelta(days=900), UPLOADED_AT, descending=True)

    window = windows.next(50)
    assert window is not None
    assert window[1] - window[0] == timedelta(days=30) * (100 / 30_000)
