"""Near duplicates end to end: one picture in several encodings, and another picture."""

from typing import Any, Final

from PIL import Image

from testing.api_client import ApiClient
from testing.images import encode
from testing.polling import eventually
from testing.sketches import Wish, draw

BEACH: Final = Wish(setting="beach", hour="day")
CITY: Final = Wish(setting="city", hour="night")


def _draw(seed: int, wish: Wish) -> Image.Image:
    return draw(seed, height=900, aspect=4 / 3, wish=wish).image


async def test_encodings_of_one_picture_are_a_group_whose_keeper_is_the_original(
    person: ApiClient, stranger: ApiClient
) -> None:
    beach = _draw(890_000, BEACH)
    good = encode(beach, "JPEG", quality=92)
    smaller = beach.resize((beach.width // 3, beach.height // 3), Image.Resampling.LANCZOS)
    original = await person.upload("original.jpg", good)
    copies = {
        await person.upload("sent.jpg", encode(beach, "JPEG", quality=60)),
        await person.upload("web.webp", encode(beach, "WEBP", quality=80)),
        await person.upload("small.jpg", encode(smaller, "JPEG", quality=90)),
    }
    other = await person.upload("other.jpg", encode(_draw(890_001, CITY), "JPEG", quality=92))
    theirs = await stranger.upload("original.jpg", good)
    await _wait_until_indexed(person, good, {original, other} | copies)
    await _wait_until_indexed(stranger, good, {theirs})

    async def only_group() -> dict[str, Any]:
        page = await person.json("GET", "/duplicates", params={"tier": "same"})
        groups = [{photo["id"] for photo in group["photos"]} for group in page["items"]]
        assert groups == [{original} | copies], groups
        return dict(page)

    page = await eventually(only_group, "the four are the only group", 60)

    [group] = page["items"]
    assert (page["total"], page["complete"]) == (1, True)
    assert (group["tier"], group["count"]) == ("same", 4)
    assert group["keeper"] == original
    assert group["why"] == ["more_pixels", "better_format", "larger_file"]
    assert group["likeness"] > 0.99
    assert (await stranger.json("GET", "/duplicates"))["total"] == 0


async def _wait_until_indexed(person: ApiClient, picture: bytes, photo_ids: set[str]) -> None:
    """Return once search has the embeddings of all photos.

    Before that /duplicates is not requested, since search caches its groups for half a minute.
    """

    async def check() -> bool:
        files = {"file": ("picture", picture, "image/jpeg")}
        page = await person.json("POST", "/search/image", files=files)
        assert {item["photo"]["id"] for item in page["items"]} == photo_ids
        return True

    await eventually(check, "search has every picture", 60)
