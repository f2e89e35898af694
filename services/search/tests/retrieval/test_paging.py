"""Pages of one search, while the library changes under it."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.search.tests.fakes import changed_event, embedded_event

from pichaven_chassis.ids import new_id
from pichaven_contracts.event import Event
from pichaven_contracts.photo import Tag

pytestmark = pytest.mark.engines

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
LAKE = (Tag(name="lake", source="user"),)


def _lakes(owner: str, count: int) -> tuple[list[str], list[Event]]:
    """Photos with lexical hits, vector hits, and both."""
    ids: list[str] = []
    events: list[Event] = []
    for n in range(count):
        caption = ("lake", "the lake house", None)[n % 3]
        photo = changed_event(owner_id=owner, caption=caption, taken_at=NOON + timedelta(hours=n))
        events.append(photo)
        if n % 3 != 1:
            events.append(embedded_event(photo, "lake"))
        ids.append(photo.photo_id)
    return ids, events


def _decode(cursor: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return values


def _encode(values: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


async def test_later_pages_show_the_library_as_it_was_at_the_first(searching: Any) -> None:
    ids, events = _lakes(searching.owner, 45)
    await searching.index(*events)
    whole = await searching.ids(q="lake", limit=100)
    assert sorted(whole) == sorted(ids)

    page_ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await searching.get("/search", q="lake", limit=8, cursor=cursor)).json()
        page_ids += [item["photo"]["id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
        # One that would come first, one that would come last, and one that changes its position.
        first = changed_event(
            owner_id=searching.owner, caption="lake", taken_at=NOON + timedelta(days=9)
        )
        last = changed_event(
            owner_id=searching.owner, caption="lake", taken_at=NOON - timedelta(days=9)
        )
        moved = changed_event(
            owner_id=searching.owner,
            photo_id=whole[-1],
            version=2 + len(page_ids),
            caption="lake",
            taken_at=NOON + timedelta(days=10),
        )
        await searching.index(first, last, embedded_event(first, "lake"), moved)

    assert page_ids == whole


@pytest.mark.parametrize("q", ["", "tag:lake"])
async def test_later_pages_of_a_list_show_the_library_as_it_was_at_the_first(
    searching: Any, q: str
) -> None:
    photos = [
        changed_event(owner_id=searching.owner, tags=LAKE, taken_at=NOON + timedelta(hours=n))
        for n in range(20)
    ]
    await searching.index(*photos)

    first = (await searching.get("/search", q=q, limit=8)).json()
    from_first_page = photos[-1].model_copy(
        update={"version": 2, "taken_at": NOON - timedelta(days=9)}
    )
    from_second_page = photos[0].model_copy(
        update={"version": 2, "taken_at": NOON + timedelta(days=9)}
    )
    added = changed_event(
        owner_id=searching.owner, tags=LAKE, taken_at=NOON + timedelta(minutes=90)
    )
    await searching.index(from_first_page, from_second_page, added)
    second = (await searching.get("/search", q=q, limit=50, cursor=first["next_cursor"])).json()

    page_ids = [item["photo"]["id"] for item in (*first["items"], *second["items"])]
    assert page_ids == [photo.photo_id for photo in reversed(photos)]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("photos_of_a_time", [40, 100])
async def test_photos_of_one_time_keep_one_order_on_all_pages(
    searching: Any, photos_of_a_time: int
) -> None:
    photos = [
        changed_event(
            owner_id=searching.owner,
            caption="lake",
            taken_at=NOON + timedelta(hours=n // photos_of_a_time),
        )
        for n in range(100)
    ]
    await searching.index(*photos)

    page_ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await searching.get("/search", q="lake", limit=8, cursor=cursor)).json()
        page_ids += [item["photo"]["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    newest_first = sorted(photos, key=lambda each: (each.taken_at, each.photo_id), reverse=True)
    assert page_ids == [photo.photo_id for photo in newest_first]


async def test_a_later_page_continues_the_list_after_its_point_in_time_has_expired(
    searching: Any,
) -> None:
    _, events = _lakes(searching.owner, 20)
    await searching.index(*events)
    whole = await searching.ids(q="lake", limit=100)
    first = (await searching.get("/search", q="lake", limit=7)).json()
    pit_id = _decode(first["next_cursor"])["pit"]
    await searching.adapters.elastic.close_point_in_time(id=pit_id)

    second = (
        await searching.get("/search", q="lake", limit=50, cursor=first["next_cursor"])
    ).json()

    assert [item["photo"]["id"] for item in second["items"]] == whole[7:]
    assert second["next_cursor"] is None


async def test_a_later_page_is_unavailable_rather_than_repeat_hits_while_ml_is_away(
    searching: Any,
) -> None:
    _, events = _lakes(searching.owner, 20)
    await searching.index(*events)
    whole = await searching.ids(q="lake", limit=100)
    first = (await searching.get("/search", q="lake", limit=7)).json()

    searching.encoder.away = True
    away = await searching.get("/search", q="lake", limit=50, cursor=first["next_cursor"])
    searching.encoder.away = False
    second = await searching.get("/search", q="lake", limit=50, cursor=first["next_cursor"])

    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    assert [item["photo"]["id"] for item in second.json()["items"]] == whole[7:]


async def test_pages_that_began_by_words_go_on_by_words(searching: Any) -> None:
    _, events = _lakes(searching.owner, 20)
    await searching.index(*events)
    searching.encoder.away = True
    by_words = await searching.ids(q="lake", limit=100)
    first = (await searching.get("/search", q="lake", limit=7)).json()
    searching.encoder.away = False

    second = (
        await searching.get("/search", q="lake", limit=50, cursor=first["next_cursor"])
    ).json()

    assert [item["photo"]["id"] for item in (*first["items"], *second["items"])] == by_words


@pytest.mark.parametrize("pit_id", ["AAAA", "x" * 500, "not/a+snapshot=="])
async def test_a_forged_point_in_time_shows_nothing_but_the_owners_photos(
    searching: Any, pit_id: str
) -> None:
    ids, events = _lakes(searching.owner, 12)
    _, foreign = _lakes(new_id(), 12)
    await searching.index(*events, *foreign)
    first = (await searching.get("/search", q="lake", limit=5)).json()
    cursor = _encode(_decode(first["next_cursor"]) | {"pit": pit_id})

    answer = await searching.get("/search", q="lake", limit=50, cursor=cursor)

    assert answer.status_code == 200, answer.text
    assert {item["photo"]["id"] for item in answer.json()["items"]} <= set(ids)


async def test_another_owners_cursor_leads_nowhere_but_into_ones_own_library(
    searching: Any,
) -> None:
    other = new_id()
    _, mine = _lakes(searching.owner, 12)
    theirs, events = _lakes(other, 12)
    await searching.index(*mine, *events)
    first = (await searching.get("/search", q="lake", limit=5)).json()

    answer = await searching.get("/search", other, q="lake", limit=50, cursor=first["next_cursor"])

    assert answer.status_code == 200
    assert {item["photo"]["id"] for item in answer.json()["items"]} <= set(theirs)


async def test_a_question_ends_at_its_last_answer_however_many_it_has(searching: Any) -> None:
    photos = [
        changed_event(
            owner_id=searching.owner, caption="lake", taken_at=NOON + timedelta(minutes=n)
        )
        for n in range(120)
    ]
    other = [changed_event(owner_id=searching.owner, caption="forest") for _ in range(5)]
    await searching.index(*photos, *other)

    pages = await searching.pages(q="lake", limit=50)

    assert [len(page) for page in pages] == [50, 50, 20]
    assert [each for page in pages for each in page] == [
        photo.photo_id for photo in reversed(photos)
    ]


async def test_pages_have_every_hit_where_the_best_lexical_hits_are_vector_hits_too(
    searching: Any,
) -> None:
    """The best lexical hits are all vector hits as well, more than the overlap makes up for."""
    both = [
        changed_event(owner_id=searching.owner, caption="lake", taken_at=NOON + timedelta(hours=n))
        for n in range(130)
    ]
    by_words = [
        changed_event(
            owner_id=searching.owner, filename="lake.jpg", taken_at=NOON - timedelta(hours=n)
        )
        for n in range(1, 31)
    ]
    await searching.index(*both, *by_words, *(embedded_event(photo, "lake") for photo in both))

    answer = (await searching.get("/search", q="lake", limit=30, facets="months")).json()
    assert answer["total"] == 160
    assert sum(each["count"] for each in answer["facets"]["months"]) == 160
    pages = await searching.pages(q="lake", limit=30)

    assert [len(page) for page in pages] == [30, 30, 30, 30, 30, 10]
    assert [each for page in pages for each in page] == [
        *(photo.photo_id for photo in reversed(both)),
        *(photo.photo_id for photo in by_words),
    ]
