"""Killed services and restarted engines under load: nothing is lost, nothing is doubled."""

import asyncio
from typing import Any

import pytest

from pichaven_local.stack import Stack
from testing.api_client import ApiClient
from testing.images import jpeg
from testing.polling import eventually
from testing.storage import object_keys

PHOTOS = 6


async def _upload_many(person: ApiClient, seed: int) -> list[str]:
    return list(
        await asyncio.gather(
            *(person.upload(f"{seed + n}.jpg", jpeg(seed + n)) for n in range(PHOTOS))
        )
    )


async def _assert_complete(person: ApiClient, stack: Stack, photo_ids: list[str]) -> None:
    """Assert that each photo is ready and a search hit once, and storage has their objects only."""

    async def ready() -> bool:
        listed = (await person.json("GET", "/photos", params={"limit": 500}))["items"]
        states = {photo["id"]: photo["status"] for photo in listed}
        assert set(states) == set(photo_ids), f"{len(states)} of {len(photo_ids)} listed"
        assert len(listed) == len(photo_ids)
        not_ready = [photo for photo in listed if photo["status"] != "ready"]
        assert not not_ready, [(photo["status"], photo.get("failure")) for photo in not_ready]
        return True

    await eventually(ready, "every photo is ready, none twice", 120)

    async def searchable() -> bool:
        page = await person.json("GET", "/search", params={"limit": 500})
        ids = [item["photo"]["id"] for item in page["items"]]
        assert sorted(ids) == sorted(photo_ids), f"{len(ids)} hits"
        return True

    await eventually(searchable, "every photo is a hit, none twice", 120)
    expected: set[str] = set()
    for photo_id in photo_ids:
        photo = await person.wait_until_analyzed(photo_id, 120)
        expected |= {_key(variant["url"]) for variant in photo["variants"]}
        expected.add(_key(photo["original_url"]))

    async def exact() -> bool:
        assert await object_keys(stack, person.user_id) == expected
        return True

    await eventually(exact, "storage has the objects of the library and no other", 20)


def _key(url: str) -> str:
    return url.split("?", maxsplit=1)[0].split("/", 4)[4]


@pytest.mark.parametrize("victim", ["processing", "ml", "gallery", "search"])
@pytest.mark.timeout(300)
async def test_a_killed_service_loses_nothing(person: ApiClient, stack: Stack, victim: str) -> None:
    photo_ids = await _upload_many(person, 1000 + 100 * len(victim))

    stack.component(victim).kill()

    await _assert_complete(person, stack, photo_ids)


async def test_search_without_ml_is_lexical_and_degraded(person: ApiClient, stack: Stack) -> None:
    photo_id = await person.upload("windmill.jpg", jpeg(5002))
    await person.wait_for_hit(photo_id)
    ml = stack.component("ml")

    async def search() -> dict[str, Any]:
        # Not before ml is stopped: search caches query embeddings.
        page = await person.json("GET", "/search", params={"q": "windmill"})
        assert [item["photo"]["id"] for item in page["items"]] == [photo_id]
        assert page["items"][0]["matched"]["text"]
        return dict(page)

    ml.kill()
    ml.stop()
    try:
        assert (await search())["degraded"] == ["visual"]
    finally:
        ml.start()

    async def hybrid() -> bool:
        return (await search())["degraded"] == []

    await eventually(hybrid, "search is hybrid again", 60)


@pytest.mark.parametrize("engine", ["kafka", "elasticsearch"])
@pytest.mark.timeout(600)
async def test_a_restarted_engine_loses_nothing(
    person: ApiClient, stack: Stack, engine: str
) -> None:
    first = await _upload_many(person, 3000 + 100 * len(engine))

    await asyncio.to_thread(stack.component(engine).restart, 240)
    second = await _upload_many(person, 4000 + 100 * len(engine))

    await _assert_complete(person, stack, first + second)


async def test_a_purged_photo_is_gone_everywhere(person: ApiClient, stack: Stack) -> None:
    photo_id = await person.upload("farewell.jpg", jpeg(5000))
    await person.wait_until_analyzed((await person.wait_until_ready(photo_id))["id"])
    await person.wait_for_hit(photo_id, q="farewell")
    await person.json("DELETE", f"/photos/{photo_id}")
    trashed = await person.json("GET", "/trash")
    assert [photo["id"] for photo in trashed["items"]] == [photo_id]

    await person.json("DELETE", f"/trash/{photo_id}")

    assert (await person.http.get(f"/photos/{photo_id}")).status_code == 404

    async def is_gone() -> bool:
        page = await person.json("GET", "/search", params={"q": "farewell"})
        usage = await person.json("GET", "/me/usage")
        return (
            page["items"] == []
            and usage["bytes_used"] == 0
            and await object_keys(stack, person.user_id) == set()
        )

    await eventually(is_gone, "objects, index entry and quota are gone", 30)


async def test_a_restored_photo_is_a_hit_again(person: ApiClient) -> None:
    photo_id = await person.upload("returning.jpg", jpeg(5001))
    await person.wait_until_ready(photo_id)
    await person.wait_for_hit(photo_id, q="returning")
    await person.json("DELETE", f"/photos/{photo_id}")

    async def hidden() -> bool:
        return (await person.json("GET", "/search", params={"q": "returning"}))["items"] == []

    await eventually(hidden, "the trashed photo is no hit", 20)
    await person.json("POST", f"/photos/{photo_id}/restore")

    await person.wait_for_hit(photo_id, q="returning")
