"""A photo has the wall time where it was taken, its offset, and the instant."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.gallery.tests.conftest import Gallery
from services.gallery.tests.story import Story
from services.gallery.tests.test_timeline import get_buckets

from pichaven_contracts.photo import Location, PhotoChanged, TakenAt
from testing.month_rows import to_rows

TOKYO = Location(lat=35.6586, lon=139.7454, city="Tokyo")
NEW_YORK = Location(lat=40.7128, lon=-74.006, city="New York")
NEW_YEAR = TakenAt(at=datetime(2023, 12, 31, 15, 30, tzinfo=UTC), offset_minutes=540)
"""Half past midnight in Tokyo."""
CAMERA = TakenAt(at=datetime(2024, 1, 1, 0, 30, tzinfo=UTC))
"""A clock without a zone."""
IN_TOKYO = ("2023-12-31T15:30:00Z", "2024-01-01T00:30:00", "+09:00")


def times(photo: dict[str, Any]) -> tuple[str, str, str | None]:
    return photo["taken_at"], photo["taken_at_local"], photo["taken_at_offset"]


async def get_photo(gallery: Gallery, owner: str, story: Story) -> dict[str, Any]:
    photo: dict[str, Any] = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    return photo


@pytest.mark.parametrize(
    ("facts", "source"),
    [
        ({"taken_at": NEW_YEAR}, "file"),
        ({"taken_at": NEW_YEAR.model_copy(update={"offset_source": "file"})}, "file"),
        ({"taken_at": CAMERA, "location": TOKYO}, "gps"),
        (
            {
                "taken_at": NEW_YEAR.model_copy(update={"offset_source": "gps"}),
                "location": TOKYO,
            },
            "gps",
        ),
        # Satellite time is an instant.
        (
            {"taken_at": TakenAt(at=NEW_YEAR.at, offset_minutes=0, source="gps")}
            | {"location": TOKYO},
            "gps",
        ),
    ],
)
async def test_new_year_in_tokyo_is_in_january(
    gallery: Gallery, owner: str, facts: dict[str, Any], source: str
) -> None:
    story = await gallery.add_ready_photo(owner, **facts)

    photo = await get_photo(gallery, owner, story)

    assert (*times(photo), photo["taken_at_source"]) == (*IN_TOKYO, source)
    assert await get_buckets(gallery, owner) == {"2024-01": 1}
    [row] = to_rows(await gallery.call(owner, "GET", "/timeline/2024-01"))
    assert (row["taken_at_local"], row["offset"]) == (IN_TOKYO[1], 9 * 60)
    assert (await gallery.call(owner, "GET", "/timeline/2023-12"))["id"] == []
    event = (await gallery.published_events())[-1]
    assert isinstance(event, PhotoChanged)
    assert event.taken_at == NEW_YEAR.at
    assert event.wall_time == datetime(2024, 1, 1, 0, 30)
    assert (event.taken_at_offset, event.taken_at_source) == ("+09:00", source)


async def test_dates_are_compared_with_the_wall_time_and_instants_with_the_instant(
    gallery: Gallery, owner: str
) -> None:
    tokyo = await gallery.add_ready_photo(owner, taken_at=NEW_YEAR)
    # In New York it is still the old year, nine hours later.
    later = datetime(2024, 1, 1, 4, tzinfo=UTC)
    new_york = await gallery.add_ready_photo(owner, taken_at=TakenAt(at=later, offset_minutes=-300))

    async def ids(**params: str) -> list[str]:
        page = await gallery.call(owner, "GET", "/photos", params=params)
        return [item["id"] for item in page["items"]]

    for sort in ("taken_at", "taken_at_local", "created_at"):
        assert await ids(sort=sort, **{"from": "2024-01-01"}) == [tokyo.photo_id]
        assert await ids(sort=sort, to="2023-12-31") == [new_york.photo_id]
        assert await ids(sort=sort, **{"from": "2024-01-01T00:30:00"}) == [tokyo.photo_id]
        assert await ids(sort=sort, **{"from": "2024-01-01T00:31:00"}) == []
        assert await ids(sort=sort, **{"from": "2024-01-01T04:00:00Z"}) == [new_york.photo_id]
        assert await ids(sort=sort, to="2024-01-01T00:00:00Z") == [tokyo.photo_id]
    assert await ids() == [new_york.photo_id, tokyo.photo_id]
    assert await ids(sort="taken_at_local") == [tokyo.photo_id, new_york.photo_id]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["taken_at", "taken_at_local"])
async def test_pages_are_complete_whatever_the_offsets(
    gallery: Gallery, owner: str, sort: str, order: str
) -> None:
    expected = []
    for number, offset in enumerate((840, -720, 0, None, 345, 540, -300)):
        at = NEW_YEAR.at + timedelta(hours=number)
        story = await gallery.add_ready_photo(owner, taken_at=TakenAt(at=at, offset_minutes=offset))
        local = at + timedelta(minutes=offset or 0)
        expected.append((at if sort == "taken_at" else local, story.photo_id))
    expected.sort(reverse=order == "desc")

    listed: list[str] = []
    params: dict[str, Any] = {"sort": sort, "order": order, "limit": 2}
    while True:
        page = await gallery.call(owner, "GET", "/photos", params=params)
        listed += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]

    assert listed == [photo_id for _, photo_id in expected]


async def test_an_owner_gives_a_wall_time_with_or_without_its_offset(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(owner, taken_at=CAMERA, location=NEW_YORK)
    path = f"/photos/{story.photo_id}"

    async def patch(value: Any) -> tuple[Any, ...]:
        photo = await gallery.call(owner, "PATCH", path, json={"taken_at": value})
        return *times(photo), photo["taken_at_source"]

    assert await patch("2024-01-01T00:30:00+09:00") == (*IN_TOKYO, "user")
    assert await get_buckets(gallery, owner) == {"2024-01": 1}
    # Without an offset it is that of the photo's position, by the season.
    assert await patch("2024-07-01T12:00:00") == (
        "2024-07-01T16:00:00Z", "2024-07-01T12:00:00", "-04:00", "gps",
    )  # fmt: skip
    assert await patch(None) == ("2024-01-01T05:30:00Z", "2024-01-01T00:30:00", "-05:00", "gps")


async def test_a_moved_photo_keeps_its_clock_and_gets_the_zone_of_its_place(
    gallery: Gallery, owner: str
) -> None:
    by_position = TakenAt(
        at=datetime(2024, 1, 1, 5, 30, tzinfo=UTC), offset_minutes=-300, offset_source="gps"
    )
    story = await gallery.add_ready_photo(owner, taken_at=by_position, location=NEW_YORK)
    path = f"/photos/{story.photo_id}"

    place = {"lat": TOKYO.lat, "lon": TOKYO.lon}
    moved = await gallery.call(owner, "PATCH", path, json={"location": place})
    assert times(moved) == IN_TOKYO
    nowhere = await gallery.call(owner, "PATCH", path, json={"location": None})
    assert (*times(nowhere), nowhere["taken_at_source"]) == (
        "2024-01-01T00:30:00Z", "2024-01-01T00:30:00", None, "none",
    )  # fmt: skip


async def batch(gallery: Gallery, owner: str, *stories: Story, **body: Any) -> list[dict[str, Any]]:
    ids = [story.photo_id for story in stories]
    response = await gallery.call(owner, "POST", "/photos/batch", json={"ids": ids, **body})
    results: list[dict[str, Any]] = response["results"]
    return results


async def test_a_batch_shifts_wrong_clocks(gallery: Gallery, owner: str) -> None:
    at = datetime(2024, 3, 31, 0, 30, tzinfo=UTC)
    vienna = Location(lat=48.2086, lon=16.3724)
    plain = await gallery.add_ready_photo(owner, taken_at=TakenAt(at=at))
    placed = await gallery.add_ready_photo(owner, taken_at=TakenAt(at=at), location=vienna)
    zoned = await gallery.add_ready_photo(owner, taken_at=TakenAt(at=at, offset_minutes=60))
    stories = (plain, placed, zoned)

    results = await batch(gallery, owner, *stories, action="shift_time", shift="PT3H")

    assert all(result["ok"] for result in results)
    assert [times(await get_photo(gallery, owner, story)) for story in stories] == [
        ("2024-03-31T03:30:00Z", "2024-03-31T03:30:00", None),
        # Across the beginning of summer time.
        ("2024-03-31T01:30:00Z", "2024-03-31T03:30:00", "+02:00"),
        ("2024-03-31T03:30:00Z", "2024-03-31T04:30:00", "+01:00"),
    ]
    await batch(gallery, owner, *stories, action="shift_time", shift="-P1DT3H")
    assert (await get_photo(gallery, owner, plain))["taken_at_local"] == "2024-03-30T00:30:00"

    far = await batch(gallery, owner, plain, action="shift_time", shift="-P73000D")
    assert far[0]["ok"]
    for _ in range(5):
        [result] = await batch(gallery, owner, plain, action="shift_time", shift="-P73000D")
    assert (result["ok"], result["code"]) == (False, "time_out_of_range")


async def test_a_batch_sets_the_zone(gallery: Gallery, owner: str) -> None:
    camera = await gallery.add_ready_photo(owner, taken_at=CAMERA)
    wrong = await gallery.add_ready_photo(owner, taken_at=TakenAt(at=CAMERA.at, offset_minutes=0))
    satellite = await gallery.add_ready_photo(
        owner, taken_at=TakenAt(at=NEW_YEAR.at, offset_minutes=0, source="gps")
    )
    stories = (camera, wrong, satellite)

    for zone in ("Asia/Tokyo", "+09:00"):
        results = await batch(gallery, owner, *stories, action="set_time_zone", time_zone=zone)
        assert all(result["ok"] for result in results)
        for story in stories:
            photo = await get_photo(gallery, owner, story)
            assert (*times(photo), photo["taken_at_source"]) == (*IN_TOKYO, "user")
    assert await get_buckets(gallery, owner) == {"2024-01": 3}


@pytest.mark.parametrize(
    "body",
    [
        {"action": "shift_time"},
        {"action": "shift_time", "shift": "three hours"},
        {"action": "shift_time", "shift": "P80000D"},
        {"action": "shift_time", "shift": "8:00:00"},
        {"action": "shift_time", "shift": "1 day"},
        {"action": "shift_time", "shift": "P1M"},
        {"action": "shift_time", "shift": "P"},
        {"action": "shift_time", "shift": "PT1H", "time_zone": "Asia/Tokyo"},
        {"action": "favorite", "shift": "PT1H"},
        {"action": "trash", "tags": ["beach"]},
        {"action": "shift_time", "shift": 3600},
        {"action": "set_time_zone"},
        {"action": "set_time_zone", "time_zone": "Mars/Olympus"},
        {"action": "set_time_zone", "time_zone": "Factory"},
        {"action": "set_time_zone", "time_zone": "posixrules"},
        {"action": "set_time_zone", "time_zone": "right/UTC"},
        {"action": "set_time_zone", "time_zone": "+14:30"},
        {"action": "set_time_zone", "time_zone": "../../etc/passwd"},
    ],
)
async def test_an_invalid_time_for_a_batch_is_rejected(
    gallery: Gallery, owner: str, body: dict[str, Any]
) -> None:
    story = await gallery.add_ready_photo(owner)

    await gallery.call(
        owner, "POST", "/photos/batch", json={"ids": [story.photo_id], **body}, status=422
    )


async def test_a_conflict_does_not_shift_twice(gallery: Gallery, owner: str) -> None:
    stories = [await gallery.add_ready_photo(owner, taken_at=CAMERA) for _ in range(4)]
    photos = gallery.database["photos"]
    bulk_write = photos.bulk_write

    async def conflicting(operations: Any, **options: Any) -> Any:
        await photos.update_one({"_id": stories[0].photo_id}, {"$inc": {"seq": 1}})
        return await bulk_write(operations, **options)

    repository = gallery.container.run_batch._change._photos
    repository.collection = _Replaced(photos, conflicting)  # type: ignore[assignment]
    await batch(gallery, owner, *stories, action="shift_time", shift="PT9H")

    for story in stories:
        photo = await get_photo(gallery, owner, story)
        assert photo["taken_at_local"] == "2024-01-01T09:30:00"


class _Replaced:
    """A collection with another `bulk_write`."""

    def __init__(self, collection: Any, bulk_write: Any) -> None:
        self._collection = collection
        self.bulk_write = bulk_write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)


async def test_the_home_zone_dates_what_has_no_zone(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    camera = await gallery.add_ready_photo(owner, taken_at=CAMERA)
    undated = await gallery.add_ready_photo(owner)
    placed = await gallery.add_ready_photo(owner, taken_at=CAMERA, location=NEW_YORK)
    theirs = await gallery.add_ready_photo(stranger, taken_at=CAMERA)
    settings = await gallery.call(owner, "GET", "/timeline/settings")
    assert settings == {"home_zone": None}

    await gallery.call(owner, "PUT", "/timeline/settings", json={"home_zone": "Asia/Tokyo"})
    before = await get_photo(gallery, owner, camera)
    while (await gallery.container.apply_home_zones()).has_more:
        pass

    photo = await get_photo(gallery, owner, camera)
    assert (*times(photo), photo["taken_at_source"]) == (*IN_TOKYO, "home")
    assert photo["version"] == before["version"] + 1
    assert times(await get_photo(gallery, owner, undated)) == (
        "2026-06-01T12:00:00Z", "2026-06-01T21:00:00", "+09:00",
    )  # fmt: skip
    assert (await get_photo(gallery, owner, placed))["taken_at_source"] == "gps"
    assert (await get_photo(gallery, stranger, theirs))["taken_at_source"] == "none"
    # New photos have it from the start.
    new = await gallery.add_ready_photo(owner, taken_at=CAMERA)
    assert times(await get_photo(gallery, owner, new)) == IN_TOKYO

    await gallery.call(owner, "PUT", "/timeline/settings", json={"home_zone": None})
    await gallery.container.apply_home_zones()
    assert (await get_photo(gallery, owner, new))["taken_at_source"] == "none"
    assert (await gallery.container.apply_home_zones()).count == 0


@pytest.mark.parametrize("zone", ["Mars/Olympus", "+09:00", "", 9])
async def test_an_unknown_home_zone_is_rejected(gallery: Gallery, owner: str, zone: Any) -> None:
    await gallery.call(owner, "PUT", "/timeline/settings", json={"home_zone": zone}, status=422)


async def test_a_claim_of_the_client_has_the_offset_that_it_gave(
    gallery: Gallery, owner: str
) -> None:
    story = Story(owner)
    claim = datetime.fromisoformat("2024-01-01T00:30:00+09:00")
    await gallery.ingest(
        story.uploaded_event(taken_at=claim),
        story.processed_event(taken_at=TakenAt(at=claim, source="client"), location=NEW_YORK),
    )

    photo = await get_photo(gallery, owner, story)

    assert (*times(photo), photo["taken_at_source"]) == (*IN_TOKYO, "client")
    await batch(gallery, owner, story, action="shift_time", shift="PT1H")
    photo = await get_photo(gallery, owner, story)
    assert times(photo) == ("2023-12-31T16:30:00Z", "2024-01-01T01:30:00", "+09:00")


async def test_a_claim_in_utc_is_an_instant(gallery: Gallery, owner: str) -> None:
    story = Story(owner)
    await gallery.ingest(
        story.uploaded_event(taken_at=NEW_YEAR.at), story.processed_event(location=TOKYO)
    )

    assert times(await get_photo(gallery, owner, story)) == IN_TOKYO
