"""Photographs are found with the default model: by words, by a picture, and as near duplicates.

The library is so small that its near duplicates are compared with neutral pictures, which ml
embeds.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
import pytest_asyncio
from PIL import ExifTags, Image, ImageEnhance

from pichaven_local.stack import Stack
from testing.api_client import ApiClient, registered_client
from testing.images import encode
from testing.photographs import packaged_set
from testing.polling import eventually

pytestmark = [pytest.mark.first, pytest.mark.asyncio(loop_scope="module")]

CAT: Final = "skimage/chelsea.png"
GUITAR: Final = "caer/guitar.jpg"
COFFEE: Final = "skimage/coffee.png"
OTHERS: Final = (
    *("caer/jellyfish.jpg", "caer/laptop.jpg", "caer/rotary_phone.jpg", "perception/image7.jpg"),
    *("renertpy/llama.jpg", "renertpy/panda.jpg", "skimage/rocket.jpg"),
)
RESAVED: Final = "the cat, saved again"
SMALLER: Final = "the cat at half its size"
CATS: Final = {CAT, RESAVED, SMALLER}
SHOTS: Final = {"a temple": "2026:05:01 12:00:00", "the temple again": "2026:05:01 12:00:03"}
"""Times of capture of two shots of one moment."""


@dataclass(frozen=True)
class Library:
    """The photos of one person by what they show. Their file names say nothing."""

    person: ApiClient
    ids: dict[str, str]

    async def search(self, query: str) -> dict[str, dict[str, Any]]:
        """Return the hits of a query in their order."""

        async def page() -> dict[str, Any]:
            answer = await self.person.json("GET", "/search", params={"q": query})
            assert not answer["degraded"], "ml did not answer in time"
            return dict(answer)

        answer = await eventually(page, f"{query} is answered by ml too", 30)
        return {self.name(item["photo"]): item for item in answer["items"]}

    async def search_by(self, picture: bytes) -> list[str]:
        files = {"file": ("picture", picture, "image/jpeg")}
        page = await self.person.json("POST", "/search/image", files=files)
        return [self.name(item["photo"]) for item in page["items"]]

    async def duplicates(self, tier: str) -> list[set[str]]:
        page = await self.person.json("GET", "/duplicates", params={"tier": tier})
        return [{self.name(photo) for photo in group["photos"]} for group in page["items"]]

    def name(self, photo: dict[str, Any]) -> str:
        [name] = [name for name, photo_id in self.ids.items() if photo_id == photo["id"]]
        return name


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def library(stack: Stack) -> AsyncIterator[Library]:
    files = _files()
    async with registered_client(stack.url) as person:
        uploads = (
            person.upload(f"IMG_{number:04}.jpg", data)
            for number, data in enumerate(files.values(), 1)
        )
        ids = await asyncio.gather(*uploads)
        library = Library(person, dict(zip(files, ids, strict=True)))

        async def has_all() -> bool:
            assert set(await library.search_by(files[CAT])) == files.keys()
            return True

        # Before that /duplicates is not requested: search caches its groups for half a minute.
        await eventually(has_all, "search has every picture", 120)
        yield library


def _files() -> dict[str, bytes]:
    pictures = {name: _picture(name) for name in (CAT, GUITAR, COFFEE, *OTHERS)}
    cat, temple = pictures[CAT], _picture("sklearn/china.jpg")
    files = {name: encode(picture, "JPEG", quality=92) for name, picture in pictures.items()}
    files[RESAVED] = encode(cat, "JPEG", quality=60)
    files[SMALLER] = encode(cat.resize((cat.width // 2, cat.height // 2)), "JPEG", quality=90)
    moved_by = temple.width // 10, temple.height // 10
    shots = (
        temple.crop((0, 0, temple.width - moved_by[0], temple.height - moved_by[1])),
        ImageEnhance.Brightness(temple.crop((*moved_by, *temple.size))).enhance(1.15),
    )
    for (name, taken_at), shot in zip(SHOTS.items(), shots, strict=True):
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken_at
        files[name] = encode(shot, "JPEG", quality=92, exif=exif)
    return files


def _picture(name: str) -> Image.Image:
    with Image.open(packaged_set().files[name]) as image:
        return image.convert("RGB")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        *(("cat", CATS), ("Katze", CATS), ("guitar", {GUITAR}), ("гитара", {GUITAR})),
        *(("coffee", {COFFEE}), ("咖啡", {COFFEE})),
    ],
)
async def test_a_word_of_any_language_finds_what_shows_it(
    library: Library, query: str, expected: set[str]
) -> None:
    hits = await library.search(query)
    assert hits.keys() == expected
    assert all(hit["matched"]["visual"] >= 0.5 for hit in hits.values())


@pytest.mark.parametrize("query", ["elephant", "Elefant", "umbrella", "Regenschirm"])
async def test_what_no_photo_shows_finds_nothing(library: Library, query: str) -> None:
    assert await library.search(query) == {}


async def test_copies_are_the_most_similar(library: Library) -> None:
    page = await library.person.json("GET", f"/photos/{library.ids[CAT]}/similar")
    similar = [library.name(item["photo"]) for item in page["items"]]
    assert set(similar[:2]) == CATS - {CAT}
    scores = [item["score"] for item in page["items"]]
    assert scores[1] > 0.9 > scores[2]


async def test_a_part_of_a_picture_finds_the_whole(library: Library) -> None:
    cat, guitar = _picture(CAT), _picture(GUITAR)
    part = cat.crop((cat.width // 8, cat.height // 8, cat.width, cat.height))
    assert set((await library.search_by(encode(part, "JPEG")))[:3]) == CATS
    part = guitar.crop((0, 0, guitar.width * 7 // 8, guitar.height * 7 // 8))
    assert (await library.search_by(encode(part, "JPEG")))[0] == GUITAR


async def test_copies_are_one_group_and_shots_of_a_moment_another(library: Library) -> None:
    assert await library.duplicates("same") == [CATS]
    assert await library.duplicates("moment") == [set(SHOTS)]
