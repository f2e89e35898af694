"""Two owners in one index: no response to one depends on the other's photos or searches."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio
from services.search.tests.conftest import start_harness
from services.search.tests.fakes import changed_event, embedded_event, to_png

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import Colour, Exif, Location, PhotoChanged, Tag
from pichaven_search.settings import SearchSettings
from testing.polling import eventually

pytestmark = pytest.mark.engines

NOON: Final = datetime(2024, 5, 1, 12, tzinfo=UTC)
LATER: Final = datetime(2024, 8, 1, 12, tzinfo=UTC)
WORDS = ("lake", "dog", "harbour", "birthday", "snow", "bicycle")
CAMERAS = ("X-T5", "EOS R6")
PLACES = (
    Location(lat=48.2, lon=16.37, city="Vienna", region="Vienna", country="Austria"),
    Location(lat=38.72, lon=-9.14, city="Lisbon", region="Lisbon", country="Portugal"),
)


@pytest_asyncio.fixture
async def another_process(elasticsearch_url: str, shared_alias: str) -> AsyncIterator[Any]:
    """A process on the same index with empty caches."""
    async with start_harness(elasticsearch_url, SearchSettings(alias=shared_alias)) as harness:
        yield harness


def _library(rng: random.Random, owner: str, words: tuple[str, ...]) -> list[PhotoChanged]:
    """Return random photos, and three of one motif: two files of one picture, and a later shot."""
    motif = {"owner_id": owner, "caption": f"{words[0]} {words[1]}", "created_at": LATER}
    return [
        *(changed_event(**motif, taken_at=NOON, phash=f"{bits:016x}") for bits in (1, 3)),
        changed_event(**motif, taken_at=NOON + timedelta(seconds=9), phash=f"{(1 << 64) - 1:016x}"),
    ] + [
        changed_event(
            owner_id=owner,
            caption=f"{rng.choice(words)} {rng.choice(words)}",
            tags=(Tag(name=rng.choice(words), source="user"),),
            exif=Exif(camera=rng.choice(CAMERAS)),
            location=rng.choice(PLACES),
            palette=(Colour(hex=rng.choice(("#ff0000", "#0000ff")), share=0.8),),
            phash=f"{rng.getrandbits(64):016x}",
        )
        for _ in range(rng.randint(1, 8))
    ]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("same", [True, False], ids=["alike", "different"])
async def test_no_response_depends_on_what_another_owner_has(
    searching: Any, another_process: Any, seed: int, same: bool
) -> None:
    """Every response is the same with the other's library in the index and without it.

    The second time the requests go to another process, after the other owner has sent it the
    same: no cache may serve one owner's results to another.
    """
    rng = random.Random(seed)
    owner, other = new_id(), new_id()
    for each in (owner, other):
        # An owner's own searches would come back as suggestions.
        await searching.send("PUT", "/search/history/settings", each, json={"enabled": False})
    mine = _library(rng, owner, WORDS[:4])
    await searching.index(*mine, *(embedded_event(photo, photo.caption or "") for photo in mine))
    calls = _calls(rng, mine)
    before = [_stable((await _send(searching, owner, *call)).json()) for call in calls]

    theirs = _library(random.Random(seed), other, WORDS[:4] if same else WORDS[2:])
    await searching.index(
        *theirs, *(embedded_event(photo, photo.caption or "") for photo in theirs)
    )
    for call in calls:
        await _send(another_process, other, *call)
    responses = [await _send(another_process, owner, *call) for call in calls]

    assert [_stable(response.json()) for response in responses] == before
    foreign = {photo.photo_id for photo in theirs}
    for call, response in zip(calls, responses, strict=True):
        assert response.status_code == 200, (call, response.text)
        assert not any(photo_id in response.text for photo_id in foreign), call
    # The last two calls are those for near duplicates, of which there are some in each tier.
    assert [body["items"][0]["count"] for body in before[-2:]] == [2, 2]


async def test_other_owners_words_do_not_displace_ones_own_spelling_correction(
    searching: Any,
) -> None:
    mine = changed_event(owner_id=searching.owner, caption="sunset")
    letters = "abcdefghijklmnopqrstuvwxyz"
    # Of the length of the typed word, so closer to it than one's own.
    theirs = [changed_event(owner_id=new_id(), caption=f"sun{one}set") for one in letters]
    theirs += [changed_event(owner_id=new_id(), caption=f"sunm{one}et") for one in letters]
    await searching.index(mine, *theirs)
    assert await searching.ids(q="sunmset") == [mine.photo_id]


async def test_similar_photos_of_another_owners_photo_are_not_found(searching: Any) -> None:
    theirs = changed_event(owner_id=new_id(), caption="lake")
    await searching.index(theirs, embedded_event(theirs, "lake"))

    response = await searching.get(f"/photos/{theirs.photo_id}/similar")

    assert response.status_code == 404


async def test_past_searches_of_another_owner_are_neither_listed_nor_suggested(
    searching: Any,
) -> None:
    other = new_id()
    await searching.get("/search", q="my secret surprise")

    async def is_recorded() -> bool:
        return bool((await searching.get("/search/history")).json()["items"])

    await eventually(is_recorded, "the search is recorded")

    assert (await searching.get("/search/history", other)).json()["items"] == []
    assert (await searching.get("/search/suggest", other, q="my se")).json()["items"] == []


Call = tuple[str, str, dict[str, Any]]


async def _send(searching: Any, owner: str, method: str, path: str, options: Any) -> httpx.Response:
    response: httpx.Response = await searching.send(method, path, owner, **options)
    return response


def _calls(rng: random.Random, mine: list[PhotoChanged]) -> list[Call]:
    world = {"bbox": "-180,-80,180,80", "zoom": 3}
    reads: list[tuple[str, dict[str, Any]]] = [
        ("/search", {}),
        *(("/search", {"q": word}) for word in WORDS),
        ("/search", {"q": f"{rng.choice(WORDS)} -{rng.choice(WORDS)}"}),
        ("/search", {"q": "lake", "camera": rng.choice(CAMERAS)}),
        ("/search", {"q": f"{rng.choice(WORDS)} in lisbon"}),
        ("/search", {"near": "48.2,16.37,500"}),
        ("/search", {"color": "red"}),
        *(("/search/suggest", {"q": word[:2]}) for word in WORDS),
        ("/map", world),
        ("/map", world | {"tag": rng.choice(WORDS[:4])}),
        ("/map", world | {"camera": rng.choice(CAMERAS), "color": "red"}),
        *((f"/photos/{photo.photo_id}/similar", {}) for photo in mine[:3]),
        ("/duplicates", {"tier": "same"}),
        ("/duplicates", {"tier": "moment"}),
    ]
    pictures = [
        {"files": {"file": ("picture.png", to_png(word), "image/png")}} for word in WORDS[1:4]
    ]
    return [
        *(("POST", "/search/image", picture) for picture in pictures),
        *(("GET", path, {"params": params}) for path, params in reads),
    ]


def _stable(value: Any) -> Any:
    """Return a response body without the fields that differ between equal requests."""
    if isinstance(value, dict):
        return {
            name: _stable(field)
            for name, field in value.items()
            if name not in ("took_ms", "request_id")
        }
    return [_stable(each) for each in value] if isinstance(value, list) else value
