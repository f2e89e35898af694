"""One picture, really saved anew in several ways, and another one: near duplicates end to end."""

import io
from typing import Any, Final

from PIL import Image

from pichaven_chassis.testing import eventually
from testing.api_client import Person
from testing.sketches import Wish, draw

BEACH: Final = Wish(setting="beach", hour="day")
CITY: Final = Wish(setting="city", hour="night")


def _drawn(seed: int, wish: Wish) -> Image.Image:
    return draw(seed, height=900, aspect=4 / 3, wish=wish).image


def _saved(image: Image.Image, kind: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=quality)
    return buffer.getvalue()


async def test_a_picture_saved_anew_is_found_beside_its_original_which_is_to_be_kept(
    person: Person, stranger: Person
) -> None:
    beach = _drawn(890_000, BEACH)
    good = _saved(beach, "JPEG", 92)
    third = beach.resize((beach.width // 3, beach.height // 3), Image.Resampling.LANCZOS)
    original = await person.upload("original.jpg", good)
    copies = {
        await person.upload("sent.jpg", _saved(beach, "JPEG", 60)),
        await person.upload("web.webp", _saved(beach, "WEBP", 80)),
        await person.upload("small.jpg", _saved(third, "JPEG", 90)),
    }
    other = await person.upload("other.jpg", _saved(_drawn(890_001, CITY), "JPEG", 92))
    theirs = await stranger.upload("original.jpg", good)
    await _seen(person, good, {original, other} | copies)
    await _seen(stranger, good, {theirs})

    async def grouped() -> dict[str, Any]:
        page = await person.json("GET", "/duplicates", params={"tier": "same"})
        groups = [{photo["id"] for photo in group["photos"]} for group in page["items"]]
        assert groups == [{original} | copies], groups
        return dict(page)

    page = await eventually(grouped, "the four are the only group", 60)

    [group] = page["items"]
    assert (page["total"], page["complete"]) == (1, True)
    assert (group["tier"], group["count"]) == ("same", 4)
    assert group["keeper"] == original
    assert group["why"] == ["more_pixels", "better_format", "larger_file"]
    assert group["likeness"] > 0.99
    assert (await stranger.json("GET", "/duplicates"))["total"] == 0


async def _seen(person: Person, picture: bytes, photo_ids: set[str]) -> None:
    """Search has looked at all of them. Asked for duplicates earlier, it would remember for half
    a minute that there are none."""

    async def check() -> bool:
        files = {"file": ("picture", picture, "image/jpeg")}
        answer = await person.json("POST", "/search/image", files=files)
        assert {item["photo"]["id"] for item in answer["items"]} == photo_ids
        return True

    await eventually(check, "search has seen every picture", 60)
