"""The search index is rebuilt by replay while searches go on."""

import asyncio
import os
import sys
from typing import Any

from pichaven_local.stack import Stack
from testing.api_client import Person
from testing.images import jpeg

QUERIES = ({}, {"q": "lighthouse"}, {"q": "sunset at the beach"}, {"favorite": "true"})


async def _results(person: Person) -> list[Any]:
    answers = [await person.json("GET", "/search", params=query) for query in QUERIES]
    return [[(item["photo"]["id"], item["score"]) for item in a["items"]] for a in answers]


async def test_no_search_fails_or_changes_while_the_index_is_rebuilt(
    person: Person, stack: Stack
) -> None:
    ids = [await person.upload(f"lighthouse-{n}.jpg", jpeg(6000 + n)) for n in range(4)]
    for photo_id in ids:
        await person.ready(photo_id)
        await person.analyzed(photo_id)
        await person.found(photo_id, q="lighthouse")
    await person.json("PATCH", f"/photos/{ids[0]}", json={"favorite": True})
    await person.found(ids[0], favorite="true")
    before = await _results(person)
    seen: list[list[Any]] = []
    done = asyncio.Event()

    async def keep_searching() -> None:
        while not done.is_set():
            seen.append(await _results(person))

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
    assert seen
    assert all(results == before for results in seen)
    assert await _results(person) == before
