"""Photos are found by what is in them: drawn pictures, which the bundled model knows."""

import asyncio
import functools
import io

from pichaven_chassis.testing import eventually
from testing.api_client import Person
from testing.sketches import Wish, draw

WISHES = {
    "beach": Wish(setting="beach", hour="day"),
    "forest": Wish(setting="forest", hour="day"),
    "city": Wish(setting="city", hour="night"),
}
OF_EACH = 4


def _drawn(seed: int, wish: Wish) -> bytes:
    buffer = io.BytesIO()
    draw(seed, height=700, aspect=4 / 3, wish=wish).image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


async def _library(person: Person) -> dict[str, set[str]]:
    """Photo ids by what they show; the file names tell nothing."""
    ids: dict[str, set[str]] = {}
    for number, (name, wish) in enumerate(WISHES.items()):
        pictures = [_drawn(880_000 + 100 * number + n, wish) for n in range(OF_EACH)]
        ids[name] = set(
            await asyncio.gather(
                *(person.upload(f"{number}{n}.jpg", data) for n, data in enumerate(pictures))
            )
        )
    for photo_id in set().union(*ids.values()):
        await person.ready(photo_id)
        await person.analyzed(photo_id)
    return ids


async def test_words_find_what_the_pictures_show_and_absent_things_find_nothing(
    person: Person,
) -> None:
    ids = await _library(person)

    async def finds(query: str, wanted: str) -> bool:
        answer = await person.json("GET", "/search", params={"q": query})
        first = [item["photo"]["id"] for item in answer["items"][:OF_EACH]]
        right = set(first) & ids[wanted]
        assert first[:1]
        assert first[0] in right, f"{query}: the first is wrong"
        assert len(right) >= OF_EACH / 2, f"{query}: {len(right)} of {OF_EACH}"
        assert any(item["matched"]["visual"] is not None for item in answer["items"])
        return True

    for query, wanted in (("beach", "beach"), ("a forest", "forest"), ("city at night", "city")):
        await eventually(functools.partial(finds, query, wanted), f"{query} is found", 30)

    absent = await person.json("GET", "/search", params={"q": "xqzt submarine"})
    assert absent["items"] == []


async def test_similar_photos_come_first_and_say_how_near(person: Person) -> None:
    ids = await _library(person)
    one = next(iter(ids["city"]))

    async def near() -> bool:
        answer = await person.json("GET", f"/photos/{one}/similar", params={"limit": 3})
        found = [item["photo"]["id"] for item in answer["items"]]
        assert one not in found
        assert len(set(found) & ids["city"]) >= 2
        scores = [item["score"] for item in answer["items"]]
        assert scores == sorted(scores, reverse=True)
        return True

    await eventually(near, "other cities at night are the nearest", 30)
