"""Processes killed in mid-work and engines restarted under load: nothing lost, nothing twice."""

import asyncio
from typing import Any

import pytest

from pichaven_chassis.testing import eventually
from pichaven_local.stack import Stack
from testing.api_client import Person
from testing.images import jpeg
from testing.storage import keys_of

PHOTOS = 12


async def _upload_many(person: Person, seed: int) -> list[str]:
    return list(
        await asyncio.gather(
            *(person.upload(f"{seed + n}.jpg", jpeg(seed + n)) for n in range(PHOTOS))
        )
    )


async def _all_ready_once(person: Person, stack: Stack, photo_ids: list[str]) -> None:
    """Every photo ready, searchable and single; storage has what the library says, no more."""

    async def settled() -> bool:
        listed = (await person.json("GET", "/photos", params={"limit": 500}))["items"]
        states = {photo["id"]: photo["status"] for photo in listed}
        assert set(states) == set(photo_ids), f"{len(states)} of {len(photo_ids)} listed"
        assert len(listed) == len(photo_ids)
        not_ready = [photo for photo in listed if photo["status"] != "ready"]
        assert not not_ready, [(photo["status"], photo.get("failure")) for photo in not_ready]
        return True

    await eventually(settled, "every photo is ready, none twice", 120)

    async def searchable() -> bool:
        found = await person.json("GET", "/search", params={"limit": 500})
        ids = [item["photo"]["id"] for item in found["items"]]
        assert sorted(ids) == sorted(photo_ids), f"{len(ids)} found"
        return True

    await eventually(searchable, "every photo is found, none twice", 120)
    wanted: set[str] = set()
    for photo_id in photo_ids:
        photo = await person.analyzed(photo_id, 120)
        wanted |= {_key(variant["url"]) for variant in photo["variants"]}
        wanted.add(_key(photo["original_url"]))

    async def exact() -> bool:
        assert await keys_of(stack, person.user_id) == wanted
        return True

    await eventually(exact, "storage holds exactly what the library says", 20)


def _key(url: str) -> str:
    return url.split("?", maxsplit=1)[0].split("/", 4)[4]


@pytest.mark.parametrize("victim", ["processing", "ml", "gallery", "search"])
@pytest.mark.timeout(300)
async def test_a_killed_service_loses_nothing(person: Person, stack: Stack, victim: str) -> None:
    photo_ids = await _upload_many(person, 1000 + 100 * len(victim))

    stack.component(victim).kill()

    await _all_ready_once(person, stack, photo_ids)


async def test_while_ml_is_away_words_are_found_and_the_answer_says_what_it_lacks(
    person: Person, stack: Stack
) -> None:
    photo_id = await person.upload("windmill.jpg", jpeg(5002))
    await person.found(photo_id)
    ml = stack.component("ml")

    async def asked() -> dict[str, Any]:
        # Not asked before the end of ml: search remembers what a query looks like.
        answer = await person.json("GET", "/search", params={"q": "windmill"})
        assert [item["photo"]["id"] for item in answer["items"]] == [photo_id]
        assert answer["items"][0]["matched"]["text"]
        return dict(answer)

    ml.kill()
    ml.stop()
    try:
        assert (await asked())["degraded"] == ["visual"]
    finally:
        ml.start()

    async def whole() -> bool:
        return (await asked())["degraded"] == []

    await eventually(whole, "search sees again", 60)


@pytest.mark.parametrize("engine", ["kafka", "elasticsearch"])
@pytest.mark.timeout(600)
async def test_a_restarted_engine_loses_nothing(person: Person, stack: Stack, engine: str) -> None:
    first = await _upload_many(person, 3000 + 100 * len(engine))

    await asyncio.to_thread(stack.component(engine).restart, 240)
    second = await _upload_many(person, 4000 + 100 * len(engine))

    await _all_ready_once(person, stack, first + second)


async def test_what_is_deleted_for_good_is_gone_everywhere(person: Person, stack: Stack) -> None:
    photo_id = await person.upload("farewell.jpg", jpeg(5000))
    await person.analyzed((await person.ready(photo_id))["id"])
    await person.found(photo_id, q="farewell")
    await person.json("DELETE", f"/photos/{photo_id}")
    trashed = await person.json("GET", "/trash")
    assert [photo["id"] for photo in trashed["items"]] == [photo_id]

    await person.json("DELETE", f"/trash/{photo_id}")

    assert (await person.http.get(f"/photos/{photo_id}")).status_code == 404

    async def gone() -> bool:
        found = await person.json("GET", "/search", params={"q": "farewell"})
        usage = await person.json("GET", "/me/usage")
        return (
            found["items"] == []
            and usage["bytes_used"] == 0
            and await keys_of(stack, person.user_id) == set()
        )

    await eventually(gone, "objects, index entry and quota are gone", 30)


async def test_a_restored_photo_is_found_again(person: Person) -> None:
    photo_id = await person.upload("returning.jpg", jpeg(5001))
    await person.ready(photo_id)
    await person.found(photo_id, q="returning")
    await person.json("DELETE", f"/photos/{photo_id}")

    async def hidden() -> bool:
        return (await person.json("GET", "/search", params={"q": "returning"}))["items"] == []

    await eventually(hidden, "the trashed photo is not found", 20)
    await person.json("POST", f"/photos/{photo_id}/restore")

    await person.found(photo_id, q="returning")
