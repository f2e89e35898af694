"""Suggestions on the real engine: fresh after a moment, and each owner's own."""

from typing import Any

import pytest
from services.search.tests.fakes import changed_event

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import Location, PhotoChanged, Tag
from testing.polling import eventually

pytestmark = pytest.mark.engines


async def _suggest(searching: Any, typed: str, owner: str | None = None) -> list[tuple[str, str]]:
    answer = await searching.get("/search/suggest", owner, q=typed)
    assert answer.status_code == 200, answer.text
    return [(each["kind"], each["text"]) for each in answer.json()["items"]]


def _tagged_photo(owner: str, *names: str, **fields: Any) -> PhotoChanged:
    tags = tuple(Tag(name=name, source="user") for name in names)
    return changed_event(owner_id=owner, tags=tags, **fields)


async def test_what_changes_is_suggested_a_moment_later(searching: Any) -> None:
    lamp = _tagged_photo(searching.owner, "lamp", filename="x.jpg")
    await searching.index(lamp)
    assert await _suggest(searching, "lam") == [("tag", "lamp")]
    await searching.index(_tagged_photo(searching.owner, "lambda"))

    async def both() -> bool:
        return await _suggest(searching, "lam") == [("tag", "lambda"), ("tag", "lamp")]

    await eventually(both, "the new tag is suggested", 15)
    await searching.index(lamp.model_copy(update={"trashed": True, "version": 2}))

    async def one() -> bool:
        return await _suggest(searching, "lam") == [("tag", "lambda")]

    await eventually(one, "the trashed photo's tag is gone", 15)


async def test_past_searches_come_first_and_go_when_deleted(searching: Any) -> None:
    await searching.index(_tagged_photo(searching.owner, "lake", filename="x.jpg"))
    for query in ("lake", "lake at night", "a red lake", "Oslo"):
        await searching.get("/search", q=query)

    async def is_suggested() -> bool:
        return set(await _suggest(searching, "la")) == {
            ("history", "lake at night"),
            ("history", "a red lake"),
            ("tag", "lake"),
        }

    await eventually(is_suggested, "past searches are suggested", 15)
    assert (await _suggest(searching, "la"))[-1] == ("tag", "lake")
    assert (await _suggest(searching, ""))[0] == ("history", "Oslo")
    await searching.send("DELETE", "/search/history")

    async def is_forgotten() -> bool:
        return await _suggest(searching, "la") == [("tag", "lake")]

    await eventually(is_forgotten, "deleted searches are not suggested", 15)


async def test_a_typing_error_still_finds_its_word(searching: Any) -> None:
    await searching.index(_tagged_photo(searching.owner, "mountains", filename="x.jpg"))
    assert await _suggest(searching, "mountians") == [("tag", "mountains")]
    assert await _suggest(searching, "nountains") == []


async def test_nothing_of_one_owner_is_suggested_to_another(searching: Any) -> None:
    other = new_id()
    rome = Location(lat=41.9, lon=12.5, city="Secretville", region="Secretshire", country="Secret")
    mine = _tagged_photo(searching.owner, "secret tag", filename="secret.jpg", location=rome)
    await searching.index(
        mine.model_copy(update={"caption": "secretly"}),
        _tagged_photo(other, "shared", filename="s1.jpg"),
        _tagged_photo(searching.owner, "shared", filename="s2.jpg"),
    )
    await searching.get("/search", q="secret plans")
    assert len(await _suggest(searching, "secret")) >= 5
    assert await _suggest(searching, "secret", other) == []
    assert await _suggest(searching, "s", other) == [("tag", "shared"), ("file", "s1.jpg")]
    counted = (await searching.get("/search/suggest", other, q="shared")).json()["items"]
    assert counted == [{"text": "shared", "kind": "tag", "count": 1}]
    for typed in ("", "plans", "s"):
        assert ("history", "secret plans") not in await _suggest(searching, typed, other)
