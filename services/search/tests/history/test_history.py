"""The search history on real Elasticsearch: recorded behind the response, private to an owner."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.search.tests.fakes import changed_event

from pichaven_chassis.ids import new_id
from pichaven_chassis.pagination import encode_cursor
from pichaven_search.history.model import MAX_PAST_SEARCHES, SearchRecord, past_search_id
from testing.polling import eventually

pytestmark = pytest.mark.engines

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


async def _history(
    searching: Any, owner: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    await searching.adapters.elastic.indices.refresh(index=f"{searching.settings.alias}-history")
    response = await searching.get("/search/history", owner, limit=limit)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def _await_history(searching: Any, *texts: str, owner: str | None = None) -> None:
    """Wait until the history is these searches, the newest first."""

    async def is_reached() -> bool:
        return [each["q"] for each in await _history(searching, owner)] == list(texts)

    await eventually(is_reached, f"the history is {texts}")


async def _record(searching: Any, *texts: str, owner: str | None = None) -> None:
    await searching.adapters.history.record(
        [
            SearchRecord(owner or searching.owner, text, NOON + timedelta(minutes=number))
            for number, text in enumerate(texts)
        ]
    )


async def test_wordings_that_differ_in_case_and_accents_are_one_search(searching: Any) -> None:
    for query in ("Lake", "sunset", "lake ", "LÀKE"):
        await searching.get("/search", q=query)
    await _await_history(searching, "LÀKE", "sunset")
    newest, older = await _history(searching)
    assert (newest["count"], older["count"]) == (3, 1)
    assert newest["id"] == past_search_id(searching.owner, "lake")


async def test_searches_without_words_and_later_pages_are_not_recorded(searching: Any) -> None:
    await searching.index(
        *(changed_event(owner_id=searching.owner, caption="lake") for _ in range(3))
    )
    first = (await searching.get("/search", q="lake", limit=2)).json()
    for params in (
        {}, {"q": "  "}, {"q": "!?"}, {"color": "blue"}, {"q": "x" * 501},
        {"q": "lake", "limit": 2, "cursor": first["next_cursor"]},
    ):  # fmt: skip
        await searching.get("/search", **params)
    await searching.get("/search", q="sunset")
    await _await_history(searching, "sunset", "lake")
    assert {each["count"] for each in await _history(searching)} == {1}


async def test_a_search_that_is_typed_on_replaces_its_beginning(searching: Any) -> None:
    await _record(searching, "sun")
    await _record(searching, "sun")
    for query in ("b", "be", "beach", "sun", "suns", "sunset"):
        await searching.get("/search", q=query)
    await _await_history(searching, "sunset", "beach", "sun")


async def test_history_is_read_page_by_page(searching: Any) -> None:
    texts = [f"search {number}" for number in range(7)]
    await _record(searching, *texts)
    await _await_history(searching, *reversed(texts))
    pages: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await searching.get("/search/history", limit=3, cursor=cursor)).json()
        pages += [each["q"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert pages == texts[::-1]


async def test_a_deletion_is_visible_at_once(searching: Any) -> None:
    await _record(searching, "lake", "sunset", "dog")
    await _await_history(searching, "dog", "sunset", "lake")
    search_id = past_search_id(searching.owner, "sunset")
    assert (await searching.send("DELETE", f"/search/history/{search_id}")).status_code == 204
    assert (await searching.send("DELETE", f"/search/history/{search_id}")).status_code == 404
    items = (await searching.get("/search/history")).json()["items"]
    assert [each["q"] for each in items] == ["dog", "lake"]
    await _record(searching, "just now")
    assert (await searching.send("DELETE", "/search/history")).status_code == 204
    assert (await searching.get("/search/history")).json()["items"] == []
    assert (await searching.send("DELETE", "/search/history")).status_code == 204


async def test_switching_off_stops_recording_and_keeps_past_searches(searching: Any) -> None:
    settings = "/search/history/settings"
    await _record(searching, "lake")
    assert (await searching.get(settings)).json() == {"enabled": True}
    response = await searching.send("PUT", settings, json={"enabled": False})
    assert response.json() == {"enabled": False}
    assert (await searching.get(settings)).json() == {"enabled": False}
    await searching.get("/search", q="sunset")
    await _record(searching, "dog")
    await _await_history(searching, "lake")
    await searching.send("DELETE", "/search/history")
    assert (await searching.get(settings)).json() == {"enabled": False}
    await searching.send("PUT", settings, json={"enabled": True})
    await searching.get("/search", q="sunset")
    await _await_history(searching, "sunset")


async def test_the_oldest_beyond_the_limit_are_deleted(searching: Any) -> None:
    index = f"{searching.settings.alias}-history"
    await _record(searching, *(f"search {number}" for number in range(MAX_PAST_SEARCHES + 21)))
    await searching.adapters.elastic.indices.refresh(index=index)
    late = SearchRecord(searching.owner, "the last", NOON + timedelta(days=9))
    await searching.adapters.history.record([late])
    items = await _history(searching, limit=500)
    texts = {each["q"] for each in items}
    assert "search 0" not in texts
    assert f"search {MAX_PAST_SEARCHES + 20}" in texts
    assert MAX_PAST_SEARCHES - 5 < len(texts) <= MAX_PAST_SEARCHES + 22


async def test_concurrent_records_of_a_search_add_up(searching: Any) -> None:
    await asyncio.gather(*(_record(searching, "lake", "lake") for _ in range(2)))
    [only] = await _history(searching)
    assert only["count"] == 4


async def test_clearing_discards_pending_records(searching: Any) -> None:
    await _record(searching, "lake")
    await searching.get("/search", q="secret")
    assert (await searching.send("DELETE", "/search/history")).status_code == 204
    await searching.get("/search", q="sunset")
    await _await_history(searching, "sunset")


async def test_clearing_drops_earlier_searches_that_another_process_records_later(
    searching: Any,
) -> None:
    await _record(searching, "lake")
    assert (await searching.send("DELETE", "/search/history")).status_code == 204
    assert (await searching.get("/search/history/settings")).json() == {"enabled": True}
    # Another process records a search from before the clearing.
    await _record(searching, "secret")
    await searching.get("/search", q="sunset")
    await _await_history(searching, "sunset")


async def test_a_failed_clearing_is_reported(alone: Any) -> None:
    await _record(alone, "lake")
    settings = {"index.blocks.read_only_allow_delete": True}
    index = f"{alone.settings.alias}-history"
    await alone.adapters.elastic.indices.put_settings(index=index, settings=settings)
    response = await alone.send("DELETE", "/search/history")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    settings = {"index.blocks.read_only_allow_delete": None}
    await alone.adapters.elastic.indices.put_settings(index=index, settings=settings)
    await _await_history(alone, "lake")


async def test_an_owner_reads_and_changes_only_the_own_history(searching: Any) -> None:
    other = new_id()
    await _record(searching, "lake", "secret")
    await _record(searching, "lake", owner=other)
    await _await_history(searching, "secret", "lake")
    await _await_history(searching, "lake", owner=other)
    foreign = past_search_id(searching.owner, "secret")
    assert (await searching.send("DELETE", f"/search/history/{foreign}", other)).status_code == 404
    await searching.send("DELETE", "/search/history", other)
    await searching.send("PUT", "/search/history/settings", other, json={"enabled": False})
    await _await_history(searching, "secret", "lake")
    assert (await searching.get("/search/history/settings")).json() == {"enabled": True}
    assert await _history(searching, other) == []


async def test_an_unavailable_history_fails_no_search(alone: Any) -> None:
    await alone.adapters.elastic.indices.delete(index=f"{alone.settings.alias}-history")
    alone.adapters.history._index = "UPPER-CASE-IS-NO-INDEX"
    for query in ("lake", "sunset"):
        assert (await alone.get("/search", q=query)).status_code == 200
    assert (await alone.get("/search/suggest", q="lake")).json()["items"] == []


@pytest.mark.parametrize(
    "cursor",
    ["x", encode_cursor({}), encode_cursor({"t": "1", "i": new_id()}),
     encode_cursor({"t": 10**30, "i": new_id()}), encode_cursor({"t": 1, "i": "../x"})],
)  # fmt: skip
async def test_an_invalid_cursor_is_rejected(searching: Any, cursor: str) -> None:
    response = await searching.get("/search/history", cursor=cursor)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("body", [{}, {"enabled": "yes"}, {"enabled": None}, [], "x"])
async def test_invalid_settings_are_rejected(searching: Any, body: Any) -> None:
    response = await searching.send("PUT", "/search/history/settings", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


async def test_history_needs_a_token(searching: Any) -> None:
    for method, path in (
        ("GET", ""), ("DELETE", ""), ("GET", "/settings"), ("PUT", "/settings"),
        ("DELETE", f"/{new_id()}"),
    ):  # fmt: skip
        response = await searching.http.request(method, f"/api/v1/search/history{path}", json={})
        assert response.status_code == 401
