"""How well a platform finds photographs by a picture: similar ones, and copies."""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from PIL import Image, ImageEnhance, ImageOps

from bench.search_quality import Ranked
from testing.api_client import ApiClient
from testing.photographs import Judgement

_NEAREST: Final = 5
_TRIMMED: Final = 0.02
_QUALITY: Final = 60


def _halve(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


def _trim(image: Image.Image) -> Image.Image:
    left, top = round(image.width * _TRIMMED / 2), round(image.height * _TRIMMED / 2)
    return image.crop((left, top, image.width - left, image.height - top))


_COPIES: Final[tuple[Callable[[Image.Image], Image.Image], ...]] = (
    Image.Image.copy,
    _halve,
    _trim,
    lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    ImageOps.grayscale,
)


def write_changed_copies(files: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """Write a copy of each photograph, changed in one of five ways in turn, as a poor JPEG."""
    copies = {}
    for number, (name, source) in enumerate(files.items()):
        with Image.open(source) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        copies[name] = folder / f"{number}.jpg"
        _COPIES[number % len(_COPIES)](upright).save(copies[name], "JPEG", quality=_QUALITY)
    return copies


async def nearest_photos(person: ApiClient, names: Mapping[str, str]) -> dict[str, Ranked]:
    """Return the names of the nearest photographs to each; `names` are by photo id."""
    parameters = {"limit": _NEAREST}
    return {
        name: _names(
            await person.json("GET", f"/photos/{photo_id}/similar", params=parameters), names
        )
        for photo_id, name in names.items()
    }


def share_with_a_common_query(
    nearest: Mapping[str, Ranked], queries: Mapping[str, Judgement]
) -> float:
    """Return the share of the nearest that are right for a query for which the photograph is.

    The mean is over photographs for which there is another such one.
    """
    right = [judgement.right for judgement in queries.values()]
    related = {
        name: frozenset[str]().union(*(each for each in right if name in each)) - {name}
        for name in nearest
    }
    return fmean(
        len(related[name].intersection(ranked)) / len(ranked)
        for name, ranked in nearest.items()
        if related[name]
    )


async def share_of_originals_first(
    person: ApiClient, names: Mapping[str, str], copies: Mapping[str, Path]
) -> float:
    """Return the share of the copies by which a search has the original as its first result."""

    async def first(copy: Path) -> Ranked:
        files = {"file": (copy.name, copy.read_bytes(), "image/jpeg")}
        page = await person.json("POST", "/search/image", files=files, params={"limit": 1})
        return _names(page, names)

    return fmean([await first(copy) == [name] for name, copy in copies.items()])


async def duplicate_quality(
    person: ApiClient, originals: Mapping[str, str], copies: Mapping[str, str]
) -> dict[str, float]:
    """Return how near duplicates are grouped; both mappings are names by photo id."""
    names = {**originals, **copies}
    groups = [group async for group in _groups(person)]
    with_original = {
        names[photo_id]
        for group in groups
        for photo_id in group & copies.keys()
        if any(originals.get(other) == names[photo_id] for other in group)
    }
    pure = [len({names[photo_id] for photo_id in group}) == 1 for group in groups]
    return {
        "copies_grouped_with_their_original": len(with_original) / len(copies),
        "groups_of_one_photograph": fmean(pure) if pure else 0.0,
    }


async def _groups(person: ApiClient) -> AsyncIterator[set[str]]:
    cursor: dict[str, str] = {}
    while True:
        page = await person.json("GET", "/duplicates", params={"tier": "same", **cursor})
        for group in page["items"]:
            yield {photo["id"] for photo in group["photos"]}
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def _names(page: Mapping[str, Any], names: Mapping[str, str]) -> Ranked:
    return [names[item["photo"]["id"]] for item in page["items"]]
