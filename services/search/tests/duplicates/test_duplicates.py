"""Near duplicates on real Elasticsearch: groups, pages, and each owner's own."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.search.tests.fakes import changed_event, embedded_event

from pichaven_chassis.ids import new_id
from pichaven_chassis.pagination import encode_cursor
from pichaven_contracts.event import Event
from pichaven_contracts.photo import Exif, PhotoChanged

pytestmark = pytest.mark.engines

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
LATER = datetime(2024, 8, 1, 12, tzinfo=UTC)


class Library:
    """Photos of one owner with hashes and pictures chosen by the test."""

    def __init__(self, owner: str, seed: int = 1) -> None:
        self.owner = owner
        self.events: list[Event] = []
        self._random = random.Random(seed)

    def photo(self, shows: str, phash: int | None = None, **fields: Any) -> PhotoChanged:
        defaults = {
            "taken_at": NOON + timedelta(days=len(self.events)),
            "created_at": LATER,
            "phash": f"{self._random.getrandbits(64) if phash is None else phash:016x}",
        }
        photo = changed_event(owner_id=self.owner, **(defaults | fields))
        self.events += [photo, embedded_event(photo, shows)]
        return photo


async def _groups(searching: Any, owner: str | None = None, **params: Any) -> list[Any]:
    response = await searching.get("/duplicates", owner, **params)
    assert response.status_code == 200, response.text
    items: list[Any] = response.json()["items"]
    return items


def _ids(group: Any) -> set[str]:
    return {photo["id"] for photo in group["photos"]}


async def test_one_picture_in_several_files_is_a_group_with_a_keeper(searching: Any) -> None:
    library = Library(searching.owner)
    original = library.photo("sunset beach", 0xABC, width=4000, height=3000, exif=Exif(camera="X"))
    smaller = library.photo("sunset beach", 0xABD)
    saved = library.photo("sunset beach", 0xABF, filename="copy.webp", content_type="image/webp")
    library.photo("horse meadow", 0xABC)
    library.photo("sunset beach")
    await searching.index(*library.events)
    [group] = await _groups(searching)
    assert _ids(group) == {original.photo_id, smaller.photo_id, saved.photo_id}
    assert (group["tier"], group["count"]) == ("same", 3)
    assert group["keeper"] == original.photo_id
    assert group["why"] == ["more_pixels", "camera_data", "better_format"]
    assert group["likeness"] == pytest.approx(1, abs=1e-3)
    assert "X-Amz-Signature" in group["photos"][0]["original_url"]
    assert [each["name"] for each in group["photos"][0]["variants"]] == ["400"]
    [group] = await _groups(searching, variants="")
    assert all(photo["variants"] == [] for photo in group["photos"])


async def test_similar_photos_of_one_minute_are_a_moment(searching: Any) -> None:
    library = Library(searching.owner)
    first = library.photo("sunset beach", taken_at=NOON)
    second = library.photo("sunset beach", taken_at=NOON + timedelta(seconds=9))
    library.photo("horse meadow", taken_at=NOON + timedelta(seconds=12))
    library.photo("sunset beach", taken_at=NOON + timedelta(minutes=20))
    await searching.index(*library.events)
    [group] = await _groups(searching, tier="moment")
    assert _ids(group) == {first.photo_id, second.photo_id}
    assert await _groups(searching, tier="same") == []


async def test_copies_count_once_at_their_moment(searching: Any) -> None:
    library = Library(searching.owner)
    library.photo("sunset beach", 0xABC, taken_at=NOON)
    library.photo("sunset beach", 0xABD, taken_at=NOON)
    other = library.photo("sunset beach", taken_at=NOON + timedelta(seconds=5))
    await searching.index(*library.events)
    [moment] = await _groups(searching, tier="moment")
    assert other.photo_id in _ids(moment)
    assert moment["count"] == 2


async def test_photos_without_a_capture_time_are_no_moment(searching: Any) -> None:
    library = Library(searching.owner)
    for _ in range(2):
        library.photo("sunset beach", taken_at=LATER, created_at=LATER)
    await searching.index(*library.events)
    assert await _groups(searching, tier="moment") == []


async def test_groups_are_read_page_by_page_from_one_comparison(searching: Any) -> None:
    library = Library(searching.owner)
    expected = []
    for number in range(7):
        one = library.photo(f"scene{number} thing{number}", number << 40)
        two = library.photo(f"scene{number} thing{number}", number << 40 | 1)
        expected.append({one.photo_id, two.photo_id})
    await searching.index(*library.events)
    groups: list[set[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        response = await searching.get("/duplicates", limit=3, cursor=cursor)
        body = response.json()
        assert body["total"] == 7
        assert body["complete"]
        groups += map(_ids, body["items"])
        cursor = body["next_cursor"]
        more = Library(searching.owner, seed=len(groups))
        more.photo("new picture", 0xFFFF, taken_at=LATER)
        more.photo("new picture", 0xFFFE, taken_at=LATER)
        await searching.index(*more.events)
    assert groups == expected[::-1]


async def test_a_page_is_bounded_by_photos_too(searching: Any) -> None:
    library = Library(searching.owner)
    for number in range(12):
        for _ in range(51):
            library.photo(f"scene{number} thing{number}", number << 40)
        await searching.index(*library.events)
        library.events.clear()
    sizes: list[list[int]] = []
    cursor: str | None = ""
    while cursor is not None:
        body = (await searching.get("/duplicates", cursor=cursor)).json()
        sizes.append([len(group["photos"]) for group in body["items"]])
        cursor = body["next_cursor"]
    assert sizes == [[50] * 10, [50] * 2]


async def test_a_group_with_one_photo_left_is_not_listed(searching: Any) -> None:
    library = Library(searching.owner)
    one = library.photo("sunset", 1)
    library.photo("sunset", 3)
    await searching.index(*library.events)
    assert len(await _groups(searching)) == 1
    await searching.index(one.model_copy(update={"trashed": True, "version": 2}))
    assert await _groups(searching) == []


async def test_photos_without_an_analysis_or_hash_are_in_no_group(searching: Any) -> None:
    same = {"owner_id": searching.owner, "phash": f"{1:016x}", "created_at": LATER}
    photos = [changed_event(**same), changed_event(**same)]
    library = Library(searching.owner)
    for _ in range(2):
        unhashed = changed_event(owner_id=searching.owner, created_at=LATER)
        library.events += [unhashed, embedded_event(unhashed, "horse")]
    await searching.index(*photos, *library.events)
    assert await _groups(searching) == []


async def test_no_group_holds_or_tells_of_another_owners_photos(searching: Any) -> None:
    other, nobody = new_id(), new_id()
    mine, theirs = Library(searching.owner), Library(other)
    single = mine.photo("sunset beach", 0xABC, taken_at=NOON)
    for _ in range(3):
        theirs.photo("sunset beach", 0xABC, taken_at=NOON)
    await searching.index(*mine.events, *theirs.events)
    for tier in ("same", "moment"):
        response = (await searching.get("/duplicates", tier=tier)).json()
        assert (response["items"], response["total"]) == ([], 0)
        assert (await searching.get("/duplicates", nobody, tier=tier)).json()["total"] == 0
    [group] = await _groups(searching, other)
    assert single.photo_id not in _ids(group)
    assert {photo["owner_id"] for photo in group["photos"]} == {other}
    cursor = encode_cursor({"t": 2**40, "i": group["id"]})
    assert await _groups(searching, cursor=cursor) == []


async def test_a_small_library_needs_ml_and_is_unavailable_without_it(searching: Any) -> None:
    library = Library(searching.owner)
    library.photo("sunset", 1)
    library.photo("sunset", 3)
    await searching.index(*library.events)
    searching.pictures.away = True
    response = await searching.get("/duplicates")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    searching.pictures.away = False
    assert len(await _groups(searching)) == 1


async def test_a_large_library_needs_no_ml(searching: Any) -> None:
    searching.pictures.away = True
    library = Library(searching.owner)
    for number in range(40):
        library.photo(f"scene{number} thing{number}")
    library.photo("sunset", 1)
    library.photo("sunset", 3)
    await searching.index(*library.events)
    assert len(await _groups(searching)) == 1


@pytest.mark.parametrize(
    "cursor",
    ["x", encode_cursor({}), encode_cursor({"t": "1", "i": new_id()}),
     encode_cursor({"t": 10**30, "i": new_id()}), encode_cursor({"t": 1, "i": "../x"})],
)  # fmt: skip
async def test_an_invalid_cursor_is_rejected(searching: Any, cursor: str) -> None:
    response = await searching.get("/duplicates", cursor=cursor)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("params", [{"tier": "all"}, {"limit": 0}, {"limit": 101}])
async def test_invalid_parameters_are_rejected(searching: Any, params: dict[str, Any]) -> None:
    response = await searching.get("/duplicates", **params)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


async def test_it_needs_a_token(searching: Any) -> None:
    assert (await searching.http.get("/api/v1/duplicates")).status_code == 401
