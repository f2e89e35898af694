"""An index that lost a photo, or has one that is gone, is mended while everything runs."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest_asyncio

from pichaven_local.stack import Stack
from testing.api_client import ApiClient
from testing.images import jpeg
from testing.polling import eventually
from testing.processes import running

INDEXES = "pichaven-photos-written"


@pytest_asyncio.fixture
async def elastic(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    url = stack.environment("search")["PICHAVEN_ELASTICSEARCH_URL"]
    async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as client:
        yield client


async def _documents(elastic: httpx.AsyncClient, photo_id: str) -> list[dict[str, Any]]:
    """Return the hits of a photo in all indexes."""
    await elastic.post(f"/{INDEXES}/_refresh")
    query = {"query": {"term": {"id": photo_id}}}
    response = await elastic.post(f"/{INDEXES}/_search", json=query)
    response.raise_for_status()
    return cast("list[dict[str, Any]]", response.json()["hits"]["hits"])


def _address(hit: dict[str, Any]) -> str:
    return f"/{hit['_index']}/_doc/{hit['_id']}?routing={hit['_routing']}&refresh=true"


async def _found_by_words(person: ApiClient) -> set[str]:
    page = await person.json("GET", "/search", params={"q": "harbour"})
    return {item["photo"]["id"] for item in page["items"]}


async def test_a_lost_photo_comes_back_and_a_purged_one_goes(
    person: ApiClient, stack: Stack, elastic: httpx.AsyncClient
) -> None:
    lost, purged = [await person.upload(f"harbour-{n}.jpg", jpeg(7_100 + n)) for n in range(2)]
    for photo_id in (lost, purged):
        await person.wait_until_ready(photo_id)
        await person.wait_until_analyzed(photo_id)
        await person.wait_for_hit(photo_id, q="harbour")

    async def whole_document(photo_id: str) -> list[dict[str, Any]]:
        hits = await _documents(elastic, photo_id)
        assert hits
        assert all(hit["_source"].keys() >= {"version", "embedding_at", "text_at"} for hit in hits)
        return hits

    before = await eventually(lambda: whole_document(lost), "all parts are indexed", 60)
    ghosts = await eventually(lambda: whole_document(purged), "all parts are indexed", 60)
    await person.json("DELETE", f"/photos/{purged}")
    await person.json("DELETE", f"/trash/{purged}")

    async def is_removed() -> bool:
        return await _documents(elastic, purged) == []

    await eventually(is_removed, "the purge reaches the index", 60)
    for hit in before:
        (await elastic.delete(_address(hit))).raise_for_status()
    for hit in ghosts:
        (await elastic.put(_address(hit), json=hit["_source"])).raise_for_status()
    assert await _found_by_words(person) == {purged}

    # Beside the stack's own, whose next inventory is minutes away.
    every_moment = {
        "PICHAVEN_HTTP_PORT": "0",
        "PICHAVEN_GALLERY_INVENTORY_INTERVAL_S": "2",
        "PICHAVEN_GALLERY_INVENTORY_SETTLE_S": "1",
        "PICHAVEN_GALLERY_SWEEP_INTERVAL_S": "1",
    }
    async with running(stack, "gallery", "worker", **every_moment) as worker:
        after = await eventually(lambda: whole_document(lost), "the lost photo is back", 120)
        await eventually(is_removed, "the purged photo is removed", 60)
        worker.check_alive()

    assert {hit["_index"] for hit in after} == {hit["_index"] for hit in before}
    for hit in after:
        [same] = [each for each in before if each["_index"] == hit["_index"]]
        assert hit["_source"]["photo"] == same["_source"]["photo"]
    assert await _found_by_words(person) == {lost}
