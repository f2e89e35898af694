"""Photos found by the names of geo places, on the real engine."""

from typing import Any

import pytest
from services.search.tests.fakes import changed_event

from pichaven_contracts.photo import Location

pytestmark = pytest.mark.engines

GRAZ = Location(lat=47.07, lon=15.44, city="Graz", region="Styria", country="Austria")
VIENNA = Location(lat=48.2, lon=16.37, city="Vienna", region="Vienna", country="Austria")
PARIS = Location(lat=48.86, lon=2.29, city="Paris", region="Île-de-France", country="France")
SEA = Location(lat=0.5, lon=-30)


async def test_city_region_and_country_are_found_whatever_the_spelling(searching: Any) -> None:
    graz, vienna, paris, sea = (
        changed_event(owner_id=searching.owner, location=place, filename="x.jpg")
        for place in (GRAZ, VIENNA, PARIS, SEA)
    )
    await searching.index(graz, vienna, paris, sea)
    expected = {
        "graz": {graz},
        "Styria": {graz},
        "AUSTRIA": {graz, vienna},
        "vienna austria": {vienna},
        "ile de france": {paris},
        "île-de-france": {paris},
        "austira": {graz, vienna},
        "styira": {graz},
    }
    for query, photos in expected.items():
        ids = set(await searching.ids(q=query))
        assert ids == {photo.photo_id for photo in photos}, query
    [item] = (await searching.get("/search", q="styria")).json()["items"]
    assert item["matched"]["text"] == ["place"]
    assert item["photo"]["location"] == GRAZ.model_dump()


async def test_names_go_when_the_position_goes(searching: Any) -> None:
    photo = changed_event(owner_id=searching.owner, location=GRAZ)
    await searching.index(photo)
    assert await searching.ids(q="graz") == [photo.photo_id]
    moved = photo.model_copy(update={"location": PARIS, "version": 2})
    await searching.index(moved)
    assert await searching.ids(q="graz") == []
    assert await searching.ids(q="paris") == [photo.photo_id]
    await searching.index(moved.model_copy(update={"location": None, "version": 3}))
    assert await searching.ids(q="paris") == []
    assert (await searching.get("/search", facets="cities")).json()["facets"]["cities"] == []


async def test_places_and_orientations_are_counted_among_the_results(searching: Any) -> None:
    sizes = [(800, 600), (600, 800), (800, 800), (800, 600)]
    places = [GRAZ, GRAZ, VIENNA, PARIS]
    await searching.index(
        *(
            changed_event(
                owner_id=searching.owner, caption="lake", location=place, width=wide, height=high
            )
            for place, (wide, high) in zip(places, sizes, strict=True)
        ),
        changed_event(owner_id=searching.owner, caption="hill", location=PARIS),
        changed_event(
            owner_id=searching.owner, caption="lake", location=None, width=None, height=None
        ),
        changed_event(caption="lake", location=SEA.model_copy(update={"city": "Atlantis"})),
    )
    counted = {"q": "lake", "facets": "cities,regions,countries,orientations"}
    facets = (await searching.get("/search", **counted)).json()["facets"]
    assert facets["cities"] == [
        {"value": "Graz", "count": 2},
        {"value": "Paris", "count": 1},
        {"value": "Vienna", "count": 1},
    ]
    assert facets["regions"] == [
        {"value": "Styria", "count": 2},
        {"value": "Vienna", "count": 1},
        {"value": "Île-de-France", "count": 1},
    ]
    assert facets["countries"] == [
        {"value": "Austria", "count": 3},
        {"value": "France", "count": 1},
    ]
    assert facets["orientations"] == [
        {"value": "landscape", "count": 2},
        {"value": "portrait", "count": 1},
        {"value": "square", "count": 1},
    ]
    facets = (await searching.get("/search", **counted, bbox="15,47,16,48")).json()["facets"]
    assert facets["countries"] == [{"value": "Austria", "count": 2}]
