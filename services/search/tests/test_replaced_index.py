"""Every search answers although the index that it looked up has been deleted since."""

from dataclasses import replace
from typing import Any

import pytest
from services.search.tests.fakes import changed_event, embedded_event, to_png

from pichaven_contracts.photo import Location, Tag
from pichaven_search.index.indexes import IndexRepository
from pichaven_search.index.model import Index

pytestmark = pytest.mark.engines

LISBON = Location(lat=38.7, lon=-9.1)
PICTURE = {"files": {"file": ("picture.png", to_png("lake"), "image/png")}}


async def _library(searching: Any) -> list[str]:
    """Two photos of one picture: they are similar, and near duplicates."""
    photos = [
        changed_event(
            owner_id=searching.owner,
            caption="lake",
            tags=(Tag(name="lake", source="user"),),
            location=LISBON,
            phash=f"{bits:016x}",
        )
        for bits in (1, 3)
    ]
    await searching.index(*photos, *(embedded_event(photo, "lake") for photo in photos))
    return [photo.photo_id for photo in photos]


def _delete_after_look_up(searching: Any, monkeypatch: pytest.MonkeyPatch) -> list[Index]:
    """Let the first look-up return an index that is no more. Returns the indexes looked up."""
    indexes = searching.adapters.indexes
    look_up = indexes.get_searched
    looked_up: list[Index] = []

    async def get_searched() -> Index:
        index: Index = await look_up()
        looked_up.append(index if looked_up else replace(index, name=f"{index.name}-deleted"))
        return looked_up[-1]

    monkeypatch.setattr(indexes, "get_searched", get_searched)
    return looked_up


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", "/search", {}),
        ("GET", "/search?q=lake", {}),
        ("GET", "/map?bbox=-180,-80,180,80&zoom=3", {}),
        ("GET", "/photos/{photo_id}/similar", {}),
        ("POST", "/search/image", PICTURE),
        ("GET", "/duplicates", {}),
        ("GET", "/search/suggest?q=la", {}),
    ],
)
async def test_it_answers_after_the_index_was_replaced(
    searching: Any, monkeypatch: pytest.MonkeyPatch, method: str, path: str, sent: dict[str, Any]
) -> None:
    photo_ids = await _library(searching)
    looked_up = _delete_after_look_up(searching, monkeypatch)

    response = await searching.send(method, path.format(photo_id=photo_ids[0]), **sent)

    assert response.status_code == 200, response.text
    assert response.json().get("items") or response.json().get("clusters")
    assert len(looked_up) == 2


async def test_it_answers_while_the_name_of_a_deleted_index_is_cached(alone: Any) -> None:
    old = await alone.get_searched()
    of_another_process = IndexRepository(alone.adapters.elastic, alone.settings)
    new = await of_another_process.create(alone.encoder.current, searched=False)
    await of_another_process.switch(new)
    await of_another_process.delete(old)

    response = await alone.get("/search", q="lake")

    assert response.status_code == 200, response.text
    assert await alone.get_searched() == await of_another_process.get_searched()


async def test_a_page_goes_on_after_the_index_was_replaced(
    searching: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo_ids = await _library(searching)
    first = (await searching.get("/search", q="lake", limit=1)).json()
    _delete_after_look_up(searching, monkeypatch)

    second = await searching.get("/search", q="lake", limit=1, cursor=first["next_cursor"])

    assert second.status_code == 200, second.text
    ids = [item["photo"]["id"] for item in (*first["items"], *second.json()["items"])]
    assert sorted(ids) == sorted(photo_ids)
    assert second.json()["next_cursor"] is None
