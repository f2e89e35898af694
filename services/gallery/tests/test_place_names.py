"""Geo place names for locations that owners set."""

from typing import Any

import pytest
from services.gallery.tests.conftest import Gallery

from pichaven_contracts.photo import Location, PhotoChanged

EIFFEL_TOWER = {"lat": 48.8584, "lon": 2.2945}


async def test_a_position_without_names_gets_those_of_its_geo_place(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(
        owner, location=Location(lat=48.2, lon=16.37, city="Vienna")
    )
    path = f"/photos/{story.photo_id}"

    photo = await gallery.call(owner, "PATCH", path, json={"location": EIFFEL_TOWER})

    named = {"city": "Paris", "region": "Île-de-France", "country": "France"}
    assert photo["location"] == EIFFEL_TOWER | {"altitude": None} | named
    assert (await gallery.call(owner, "GET", path))["location"] == photo["location"]
    [*_, event] = await gallery.published_events()
    assert isinstance(event, PhotoChanged)
    assert event.location == Location.model_validate(EIFFEL_TOWER | named)
    again = await gallery.call(owner, "PATCH", path, json={"location": EIFFEL_TOWER})
    assert again["version"] == photo["version"]


@pytest.mark.parametrize(
    "names",
    [
        {"city": "Grandmother's garden"},
        {"country": "France"},
        {"region": "Provence"},
        {"city": "A", "region": "B", "country": "C"},
    ],
)
async def test_the_owners_names_are_kept_as_they_are(
    gallery: Gallery, owner: str, names: dict[str, str]
) -> None:
    story = await gallery.add_ready_photo(owner)
    path = f"/photos/{story.photo_id}"

    photo = await gallery.call(owner, "PATCH", path, json={"location": EIFFEL_TOWER | names})

    nameless: dict[str, Any] = {"altitude": None, "city": None, "region": None, "country": None}
    assert photo["location"] == nameless | EIFFEL_TOWER | names


async def test_a_moved_pin_with_empty_names_is_named_again_and_the_open_sea_has_none(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(owner)
    path = f"/photos/{story.photo_id}"
    empty = {"city": None, "region": None, "country": None}

    photo = await gallery.call(owner, "PATCH", path, json={"location": EIFFEL_TOWER | empty})
    assert photo["location"]["city"] == "Paris"
    at_sea = {"lat": 0.5, "lon": -30.0, "city": "", "altitude": 2.0}
    photo = await gallery.call(owner, "PATCH", path, json={"location": at_sea})
    assert [photo["location"][name] or None for name in empty] == [None] * 3
    photo = await gallery.call(owner, "PATCH", path, json={"location": None})
    assert photo["location"] is None
