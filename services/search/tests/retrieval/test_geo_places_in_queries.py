"""A geo place in a query restricts the vector side to photos of that place."""

from typing import Any

import pytest
from services.search.tests.fakes import changed_event, embedded_event

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import Location

pytestmark = pytest.mark.engines

LISBON = Location(lat=38.7, lon=-9.1, city="Lisbon", region="Lisboa", country="Portugal")
NEW_YORK = Location(
    lat=40.7, lon=-74.0, city="New York City", region="New York", country="United States"
)


async def _library(searching: Any) -> dict[str, str]:
    """Dogs and a cat in two cities, by id; one photo says where it was in its caption alone."""
    photos = {
        "dog in lisbon": changed_event(owner_id=searching.owner, location=LISBON),
        "cat in lisbon": changed_event(owner_id=searching.owner, location=LISBON),
        "dog in new york": changed_event(owner_id=searching.owner, location=NEW_YORK),
        "dog nowhere": changed_event(owner_id=searching.owner),
        "dog, said": changed_event(owner_id=searching.owner, caption="Our days in Lisbon"),
        "both said": changed_event(owner_id=searching.owner, caption="a dog seen from Lisbon"),
    }
    subjects = {name: "cat" if name.startswith("cat") else "dog" for name in photos}
    del subjects["both said"]
    await searching.index(
        *photos.values(), *(embedded_event(photos[name], thing) for name, thing in subjects.items())
    )
    return {photo.photo_id: name for name, photo in photos.items()}


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("dog lisbon", {"dog in lisbon", "dog, said", "both said"}),
        ("dog in Lisbon", {"dog in lisbon", "dog, said", "both said"}),
        ("Portugal dog", {"dog in lisbon"}),
        ("dog from new york", {"dog in new york"}),
        ("dog in new york city", {"dog in new york"}),
        ("dog paris", {"dog in lisbon", "dog in new york", "dog nowhere", "dog, said"}),
    ],
)
async def test_vector_hits_are_restricted_to_the_geo_place_of_the_query(
    searching: Any, q: str, expected: set[str]
) -> None:
    names = await _library(searching)
    assert {names[photo_id] for photo_id in await searching.ids(q=q)} == expected


async def test_the_response_names_the_geo_place_and_the_matched_fields(searching: Any) -> None:
    names = await _library(searching)
    answer = (await searching.get("/search", q="🐕 dog in Lisbon")).json()
    [part] = answer["understood"]
    assert (part["kind"], part["text"], part["value"]) == ("place", "Lisbon", "lisbon")
    assert (part["start"], part["end"]) == (9, 15)
    matched_fields = {names[hit["photo"]["id"]]: hit["matched"]["text"] for hit in answer["items"]}
    assert "place" in matched_fields["dog in lisbon"]
    assert matched_fields["dog, said"] == ["caption"]


@pytest.mark.parametrize(
    ("q", "count"), [("lisbon", 0), ("lisbon portugal", 0), ('"dog" lisbon', 1)]
)
async def test_a_name_is_a_geo_place_only_beside_other_words(
    searching: Any, q: str, count: int
) -> None:
    await _library(searching)
    answer = (await searching.get("/search", q=q)).json()
    assert [part["kind"] for part in answer["understood"]].count("place") == count


@pytest.mark.parametrize("name", ["İzmir", "京都市", "São Paulo"])
async def test_names_are_found_whatever_their_letters(searching: Any, name: str) -> None:
    place = Location(lat=1, lon=1, city=name, region="Somewhere", country="Elsewhere")
    there, elsewhere = (
        changed_event(owner_id=searching.owner, location=where) for where in (place, LISBON)
    )
    await searching.index(
        there, elsewhere, embedded_event(there, "dog"), embedded_event(elsewhere, "dog")
    )
    assert await searching.ids(q=f"dog {name}") == [there.photo_id]


async def test_a_literal_query_has_no_geo_place(searching: Any) -> None:
    await _library(searching)
    answer = (await searching.get("/search", q="dog lisbon", literal="true")).json()
    assert answer["understood"] == []


async def test_anothers_places_narrow_nothing(searching: Any) -> None:
    mine = changed_event(owner_id=searching.owner)
    theirs = changed_event(owner_id=new_id(), location=LISBON)
    await searching.index(mine, theirs, embedded_event(mine, "dog"), embedded_event(theirs, "dog"))
    response = await searching.get("/search", theirs.owner_id, q="dog lisbon")
    assert [part["value"] for part in response.json()["understood"]] == ["lisbon"]
    answer = (await searching.get("/search", q="dog lisbon")).json()
    assert answer["understood"] == []
    assert [hit["photo"]["id"] for hit in answer["items"]] == [mine.photo_id]


async def test_later_pages_look_among_the_same_photos(searching: Any) -> None:
    photos = [changed_event(owner_id=searching.owner, location=LISBON) for _ in range(12)]
    elsewhere = [changed_event(owner_id=searching.owner, location=NEW_YORK) for _ in range(5)]
    all_of_them = [*photos, *elsewhere]
    await searching.index(*all_of_them, *(embedded_event(photo, "dog") for photo in all_of_them))
    whole = await searching.ids(q="dog lisbon", limit=100)
    ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await searching.get("/search", q="dog lisbon", limit=5, cursor=cursor)).json()
        assert [part["value"] for part in answer["understood"]] == ["lisbon"]
        ids += [hit["photo"]["id"] for hit in answer["items"]]
        cursor = answer["next_cursor"]
    assert ids == whole
    assert set(ids) == {photo.photo_id for photo in photos}
