"""Groups of which the owner keeps all photos are listed no more, until they have another one."""

from typing import Any

import pytest
from services.search.tests.duplicates.test_duplicates import Library
from services.search.tests.fakes import MemoryDismissals

from pichaven_chassis.ids import new_id
from pichaven_search.duplicates import dismissal_repository, queries
from pichaven_search.duplicates.model import Dismissal, Dismissals


@pytest.mark.engines
async def test_elasticsearch_stores_dismissals(searching: Any) -> None:
    await _check(searching.adapters.dismissals)


async def test_memory_stores_dismissals() -> None:
    await _check(MemoryDismissals())


async def _check(dismissals: Dismissals) -> None:
    owner, other = new_id(), new_id()
    first, second = Dismissal(new_id(), frozenset("ab")), Dismissal(new_id(), frozenset("cd"))
    assert await dismissals.list(owner) == []
    await dismissals.put(owner, first)
    await dismissals.put(owner, second)
    await dismissals.put(other, first)
    assert await dismissals.list(owner) == [second, first]

    grown = Dismissal(first.group_id, frozenset("abe"))
    await dismissals.put(owner, grown)
    assert await dismissals.list(owner) == [grown, second]

    assert await dismissals.delete(owner, second.group_id)
    assert not await dismissals.delete(owner, second.group_id)
    assert not await dismissals.delete(new_id(), first.group_id)
    await dismissals.clear(owner)
    assert await dismissals.list(owner) == []
    assert await dismissals.list(other) == [first]


@pytest.mark.engines
async def test_beyond_the_limit_the_oldest_are_forgotten(
    searching: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dismissal_repository, "MAX_DISMISSALS", 2)
    groups = [Dismissal(new_id(), frozenset("ab")) for _ in range(3)]
    for group in groups:
        await searching.adapters.dismissals.put(searching.owner, group)
    assert await searching.adapters.dismissals.list(searching.owner) == [groups[2], groups[1]]


async def _page(searching: Any, owner: str | None = None) -> Any:
    response = await searching.get("/duplicates", owner)
    assert response.status_code == 200, response.text
    return response.json()


async def _send(searching: Any, method: str, path: str, owner: str | None = None) -> int:
    response = await searching.send(method, f"/duplicates/{path}", owner)
    status: int = response.status_code
    return status


def _library(searching: Any) -> Library:
    """Return two photos of a sunset and two of a horse."""
    library = Library(searching.owner)
    for phash in (0xABC, 0xABD):
        library.photo("sunset beach", phash)
        library.photo("horse meadow", phash << 40)
    return library


@pytest.mark.engines
async def test_a_dismissed_group_is_listed_again_on_demand(searching: Any) -> None:
    library = _library(searching)
    await searching.index(*library.events)
    newest, oldest = (each["id"] for each in (await _page(searching))["items"])

    assert await _send(searching, "PUT", f"{newest}/dismissal") == 204
    assert await _send(searching, "PUT", f"{newest}/dismissal") == 204
    page = await _page(searching)
    assert [each["id"] for each in page["items"]] == [oldest]
    assert (page["total"], page["dismissed"]) == (1, 1)

    assert await _send(searching, "DELETE", f"{newest}/dismissal") == 204
    assert await _send(searching, "DELETE", f"{newest}/dismissal") == 404
    assert (await _page(searching))["total"] == 2

    for group_id in (newest, oldest):
        await _send(searching, "PUT", f"{group_id}/dismissal")
    assert (await _page(searching))["items"] == []
    assert await _send(searching, "DELETE", "dismissals") == 204
    page = await _page(searching)
    assert (page["total"], page["dismissed"]) == (2, 0)


@pytest.mark.engines
async def test_a_dismissed_group_with_another_photo_is_listed_again(
    searching: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "FIRST_PAGE_MAX_AGE_S", 0)
    library = _library(searching)
    await searching.index(*library.events)
    for group in (await _page(searching))["items"]:
        await _send(searching, "PUT", f"{group['id']}/dismissal")
    library.photo("sunset beach", 0xABF)
    await searching.index(*library.events)

    page = await _page(searching)
    assert [group["count"] for group in page["items"]] == [3]
    assert (page["total"], page["dismissed"]) == (1, 1)


@pytest.mark.engines
async def test_groups_of_others_cannot_be_dismissed(searching: Any) -> None:
    await searching.index(*_library(searching).events)
    group_id = (await _page(searching))["items"][0]["id"]
    stranger = new_id()
    assert await _send(searching, "PUT", f"{group_id}/dismissal", stranger) == 404
    assert await _send(searching, "PUT", f"{new_id()}/dismissal") == 404
    assert await _send(searching, "DELETE", f"{group_id}/dismissal", stranger) == 404
    assert await _send(searching, "DELETE", "dismissals", stranger) == 204
    assert (await _page(searching))["total"] == 2
