"""Photos are found by what is in them: drawn pictures, which the bundled model knows."""

import asyncio
import io

from tests.support.person import Person

from pichaven_chassis.testing import eventually
from pichaven_sketches import Wish, draw

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
    one = next(iter(ids["forest"]))
    await person.found(one, q="forest")

    for query, wanted in (("beach", "beach"), ("a forest", "forest"), ("city at night", "city")):
        answer = await person.json("GET", "/search", params={"q": query})
        first = [item["photo"]["id"] for item in answer["items"][:OF_EACH]]
        assert len(set(first) & ids[wanted]) >= OF_EACH - 1, query
        assert any(item["matched"]["visual"] is not None for item in answer["items"])

    absent = await person.json("GET", "/search", params={"q": "xqzt submarine"})
    assert absent["items"] == []


async def test_similar_photos_come_first_and_say_how_near(person: Person) -> None:
    ids = await _library(person)
    one = next(iter(ids["city"]))

    async def similar() -> list[str]:
        answer = await person.json("GET", f"/photos/{one}/similar", params={"limit": 3})
        return [item["photo"]["id"] for item in answer["items"]]

    async def enough() -> bool:
        return len(await similar()) == 3

    await eventually(enough, "three similar photos are known", 30)
    found = await similar()
    assert one not in found
    assert len(set(found) & ids["city"]) >= 2
