"""The search index is rebuilt by replay under searches."""

import asyncio
import os
import sys
from typing import Any

from pichaven_local.stack import Stack
from testing.api_client import ApiClient
from testing.images import jpeg

QUERIES = ({}, {"q": "lighthouse"}, {"q": "sunset at the beach"}, {"favorite": "true"})


async def _hits(person: ApiClient) -> list[Any]:
    pages = [await person.json("GET", "/search", params=query) for query in QUERIES]
    return [[(item["photo"]["id"], item["score"]) for item in page["items"]] for page in pages]


async def test_no_search_fails_or_changes_while_the_index_is_rebuilt(
    person: ApiClient, stack: Stack
) -> None:
    ids = [await person.upload(f"lighthouse-{n}.jpg", jpeg(6000 + n)) for n in range(4)]
    for photo_id in ids:
        await person.wait_until_ready(photo_id)
        await person.wait_until_analyzed(photo_id)
        await person.wait_for_hit(photo_id, q="lighthouse")
    await person.json("PATCH", f"/photos/{ids[0]}", json={"favorite": True})
    await person.wait_for_hit(ids[0], favorite="true")
    before = await _hits(person)
    during: list[list[Any]] = []
    done = asyncio.Event()

    async def keep_searching() -> None:
        while not done.is_set():
            during.append(await _hits(person))

    searching = asyncio.create_task(keep_searching())
    rebuild = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pichaven_search",
        "rebuild",
        env=os.environ | stack.environment("search"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(rebuild.communicate(), 120)
    done.set()
    await searching

    assert rebuild.returncode == 0, err.decode()[-3000:]
    assert during
    assert all(hits == before for hits in during)
    assert await _hits(person) == before
