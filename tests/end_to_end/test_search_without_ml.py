"""Search without ml; photos that are trashed, restored and purged.

What kills lose is in `test_kills.py`.
"""

from typing import Any

from pichaven_local.stack import Stack
from testing.api_client import ApiClient
from testing.images import jpeg
from testing.polling import eventually
from testing.storage import object_keys


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
