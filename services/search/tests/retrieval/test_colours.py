"""Photos by colour, on the real engine."""

import random
from typing import Any

import pytest
from services.search.tests.fakes import changed_event, distance

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import Colour
from pichaven_search.colours import CELL_SIZE, MAX_DISTANCE

pytestmark = pytest.mark.engines


def _palette(*colours: str) -> tuple[Colour, ...]:
    return tuple(Colour(hex=each, share=round(0.9 / len(colours), 3)) for each in colours)


async def test_a_colour_finds_what_looks_like_it_and_nothing_else(searching: Any) -> None:
    chosen = random.Random(4)
    colours = [f"#{chosen.randrange(1 << 24):06x}" for _ in range(300)]
    photos = [changed_event(owner_id=searching.owner, palette=_palette(each)) for each in colours]
    await searching.index(*photos)
    rim = CELL_SIZE * 3**0.5 / 2
    for colour in colours[:15]:
        ids = set(await searching.ids(color=colour, limit=500))
        away = {
            photo.photo_id: distance(colour, each)
            for photo, each in zip(photos, colours, strict=True)
        }
        assert {each for each, far in away.items() if far <= MAX_DISTANCE - rim} <= ids
        assert ids <= {each for each, far in away.items() if far <= MAX_DISTANCE + rim}


async def test_names_find_what_the_facet_counts(searching: Any) -> None:
    sea = changed_event(
        owner_id=searching.owner, palette=_palette("#4682b4", "#e8e8e8"), caption="sea"
    )
    wall = changed_event(owner_id=searching.owner, palette=_palette("#8b4513"), caption="sea")
    theirs = changed_event(owner_id=new_id(), palette=_palette("#4682b4", "#ff0000"), caption="sea")
    await searching.index(sea, wall, theirs)
    facets = (await searching.get("/search", facets="colors")).json()["facets"]["colors"]
    assert {each["value"]: each["count"] for each in facets} == {"blue": 1, "white": 1, "brown": 1}
    assert await searching.ids(color="blue") == [sea.photo_id]
    assert await searching.ids(color="navy", q="sea") == [sea.photo_id]
    assert await searching.ids(color=["blue", "#e6e6e6"]) == [sea.photo_id]
    assert await searching.ids(color=["blue", "brown"]) == []
    assert await searching.ids(color="red") == []


@pytest.mark.parametrize("colour", ["plaid", "#12", "#zzzzzz", " ", "x" * 10_000, "\x00"])
async def test_what_is_no_colour_is_named(searching: Any, colour: str) -> None:
    answer = await searching.get("/search", color=colour)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_filter")
    assert answer.json()["errors"][0]["path"] == "query.color"
