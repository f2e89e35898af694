"""On this day: photos of a month and day in earlier years, by the wall time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from services.gallery.tests.conftest import Gallery
from services.gallery.tests.story import Story

from pichaven_contracts.photo import TakenAt
from pichaven_gallery.timeline.on_this_day import spans

_PATH = "/timeline/on-this-day"


async def add_photo(gallery: Gallery, owner: str, local: str, offset: int = 0) -> str:
    at = datetime.fromisoformat(local).replace(tzinfo=UTC) - timedelta(minutes=offset)
    taken_at = TakenAt(at=at, offset_minutes=offset)
    return (await gallery.add_ready_photo(owner, taken_at=taken_at)).photo_id


async def ids_by_year(gallery: Gallery, owner: str, **params: Any) -> dict[int, list[str]]:
    page = await gallery.call(owner, "GET", _PATH, params=params)
    assert page["next_cursor"] is None
    return {year["year"]: [item["id"] for item in year["photos"]] for year in page["items"]}


async def test_photos_of_earlier_years_come_by_year_the_latest_first(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    morning = await add_photo(gallery, owner, "2024-11-29T08:00")
    evening = await add_photo(gallery, owner, "2024-11-29T23:59:59.999")
    older = await add_photo(gallery, owner, "1999-11-29T00:00")
    for other in ("2026-11-29T08:00", "2027-11-29T08:00", "2024-11-28T23:59", "2024-11-30T00:00"):
        await add_photo(gallery, owner, other)
    await add_photo(gallery, stranger, "2024-11-29T08:00")

    page = await gallery.call(owner, "GET", _PATH, params={"date": "2026-11-29"})

    assert page["date"] == "2026-11-29"
    assert [(year["year"], [item["id"] for item in year["photos"]]) for year in page["items"]] == [
        (2024, [evening, morning]),
        (1999, [older]),
    ]
    assert page["items"][0]["photos"][0]["thumbnail_url"].startswith("http://photos.test/")


async def test_the_day_is_that_of_the_clock_where_a_photo_was_taken(
    gallery: Gallery, owner: str
) -> None:
    tokyo = await add_photo(gallery, owner, "2024-01-01T00:30", 540)
    honolulu = await add_photo(gallery, owner, "2023-12-31T23:30", -600)

    assert await ids_by_year(gallery, owner, date="2026-01-01") == {2024: [tokyo]}
    assert await ids_by_year(gallery, owner, date="2026-12-31") == {2023: [honolulu]}


async def test_a_leap_day_is_on_the_day_before_in_a_year_without_one(
    gallery: Gallery, owner: str
) -> None:
    leap = await add_photo(gallery, owner, "2024-02-29T12:00")
    before = await add_photo(gallery, owner, "2024-02-28T12:00")
    common = await add_photo(gallery, owner, "2023-02-28T12:00")
    await add_photo(gallery, owner, "2023-03-01T12:00")

    assert await ids_by_year(gallery, owner, date="2026-02-28") == {
        2024: [leap, before],
        2023: [common],
    }
    assert await ids_by_year(gallery, owner, date="2028-02-28") == {
        2024: [before],
        2023: [common],
    }
    assert await ids_by_year(gallery, owner, date="2028-02-29") == {2024: [leap]}


async def test_without_a_date_it_is_today_in_the_home_zone(gallery: Gallery, owner: str) -> None:
    first = await add_photo(gallery, owner, "2025-06-01T08:00")
    second = await add_photo(gallery, owner, "2025-06-02T08:00")
    gallery.clock.now = datetime(2026, 6, 1, 22, tzinfo=UTC)

    assert await ids_by_year(gallery, owner) == {2025: [first]}
    await gallery.call(owner, "PUT", "/timeline/settings", json={"home_zone": "Asia/Tokyo"})
    assert await ids_by_year(gallery, owner) == {2025: [second]}


async def test_a_year_goes_on_on_the_next_page(gallery: Gallery, owner: str) -> None:
    expected = [
        await add_photo(gallery, owner, local)
        for local in (
            *("2025-05-05T12:00", "2025-05-05T12:00", "2025-05-05T12:00"),
            *("2024-05-05T12:00", "2023-05-05T23:00", "2023-05-05T12:00"),
        )
    ]
    for limit in (1, 2, 3, 6):
        listed: list[tuple[int, str]] = []
        params: dict[str, Any] = {"date": "2026-05-05", "limit": limit}
        while True:
            page = await gallery.call(owner, "GET", _PATH, params=params)
            photos = [(y["year"], item["id"]) for y in page["items"] for item in y["photos"]]
            assert len(photos) <= limit
            listed += photos
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]

        assert sorted(photo_id for _, photo_id in listed) == sorted(expected)
        assert [year for year, _ in listed] == [2025, 2025, 2025, 2024, 2023, 2023]


async def test_a_cursor_is_valid_for_its_day_alone(gallery: Gallery, owner: str) -> None:
    for _ in range(2):
        await add_photo(gallery, owner, "2025-05-05T12:00")
    page = await gallery.call(owner, "GET", _PATH, params={"date": "2026-05-05", "limit": 1})

    params = {"date": "2026-05-06", "cursor": page["next_cursor"]}
    problem = await gallery.call(owner, "GET", _PATH, params=params, status=400)

    assert problem["code"] == "invalid_cursor"


async def test_the_trash_and_photos_that_are_not_ready_are_left_out(
    gallery: Gallery, owner: str
) -> None:
    trashed = await add_photo(gallery, owner, "2024-05-05T12:00")
    await gallery.call(owner, "DELETE", f"/photos/{trashed}", status=204)
    at = datetime(2024, 5, 5, 12, tzinfo=UTC)
    await gallery.ingest(Story(owner).uploaded_event(taken_at=at))

    assert await ids_by_year(gallery, owner, date="2026-05-05") == {}


async def test_the_same_day_is_not_sent_twice(gallery: Gallery, owner: str) -> None:
    await add_photo(gallery, owner, "2024-05-05T12:00")
    headers = gallery.authority.headers(owner)
    url = f"/api/v1{_PATH}?date=2026-05-05"
    first = await gallery.http.get(url, headers=headers)

    again = await gallery.http.get(url, headers=headers | {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await add_photo(gallery, owner, "2023-05-05T12:00")
    changed = await gallery.http.get(
        url, headers=headers | {"If-None-Match": first.headers["etag"]}
    )
    assert changed.status_code == 200


@pytest.mark.parametrize(
    "text", ["2026-02-29", "2026-13-01", "0000-01-01", "05-05", "20260505", "2026-W10-1", "x", " "]
)
async def test_an_invalid_date_is_rejected(gallery: Gallery, owner: str, text: str) -> None:
    problem = await gallery.call(owner, "GET", _PATH, params={"date": text}, status=422)

    assert problem["code"] == "invalid_date"


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "0001-02-28"])
async def test_the_ends_of_the_calendar_are_days_too(
    gallery: Gallery, owner: str, text: str
) -> None:
    await add_photo(gallery, owner, "2024-05-05T12:00")

    assert await ids_by_year(gallery, owner, date=text) == {}


def test_only_years_with_photos_near_that_month_are_looked_at() -> None:
    months = ["2024-01", "2021-12", "2019-06", "2018-02"]

    years = [start.year for start, _ in spans(date(2026, 1, 1), months)]

    assert years == [2024, 2022, 2018]
