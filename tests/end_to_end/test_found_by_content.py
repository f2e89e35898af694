"""Search by what a picture shows, with drawn pictures, which the bundled model knows."""

import asyncio
import functools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pichaven_local.stack import Stack
from testing.api_client import ApiClient, registered_client
from testing.images import encode
from testing.polling import eventually
from testing.sketches import Wish, draw

pytestmark = pytest.mark.asyncio(loop_scope="module")

WISHES = {
    "beach": Wish(setting="beach", hour="day"),
    "forest": Wish(setting="forest", hour="day"),
    "city": Wish(setting="city", hour="night"),
}
OF_EACH = 4


def _draw(seed: int, wish: Wish) -> bytes:
    return encode(draw(seed, height=700, aspect=4 / 3, wish=wish).image, "JPEG", quality=90)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def person(stack: Stack) -> AsyncIterator[ApiClient]:
    async with registered_client(stack.url) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ids(person: ApiClient) -> dict[str, set[str]]:
    """Pictures under meaningless names: their ids by what they show."""
    by_kind: dict[str, set[str]] = {}
    for number, (name, wish) in enumerate(WISHES.items()):
        pictures = [_draw(880_000 + 100 * number + n, wish) for n in range(OF_EACH)]
        by_kind[name] = set(
            await asyncio.gather(
                *(person.upload(f"{number}{n}.jpg", data) for n, data in enumerate(pictures))
            )
        )
    for photo_id in set().union(*by_kind.values()):
        await person.wait_until_ready(photo_id)
        await person.wait_until_analyzed(photo_id)
    return by_kind


async def test_words_find_what_the_pictures_show_and_absent_things_find_nothing(
    person: ApiClient, ids: dict[str, set[str]]
) -> None:
    async def finds(query: str, setting: str) -> bool:
        page = await person.json("GET", "/search", params={"q": query})
        first = [item["photo"]["id"] for item in page["items"][:OF_EACH]]
        right = set(first) & ids[setting]
        assert first[:1]
        assert first[0] in right, f"{query}: the first is wrong"
        assert len(right) >= OF_EACH / 2, f"{query}: {len(right)} of {OF_EACH}"
        assert any(item["matched"]["visual"] is not None for item in page["items"])
        return True

    for query, setting in (("beach", "beach"), ("a forest", "forest"), ("city at night", "city")):
        await eventually(functools.partial(finds, query, setting), f"{query} is found", 30)

    absent = await person.json("GET", "/search", params={"q": "xqzt submarine"})
    assert absent["items"] == []


async def test_similar_photos_come_in_order_of_their_scores(
    person: ApiClient, ids: dict[str, set[str]]
) -> None:
    one = next(iter(ids["city"]))

    async def near() -> bool:
        page = await person.json("GET", f"/photos/{one}/similar", params={"limit": 3})
        similar = [item["photo"]["id"] for item in page["items"]]
        assert one not in similar
        assert len(set(similar) & ids["city"]) >= 2
        scores = [item["score"] for item in page["items"]]
        assert scores == sorted(scores, reverse=True)
        return True

    await eventually(near, "other cities at night are the nearest", 30)
