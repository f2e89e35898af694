"""Two owners in one index: whatever one of them asks, nothing of the other's answers."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio
from services.search.tests.conftest import start_harness
from services.search.tests.fakes import changed, pictured, seen

from pichaven_chassis.ids import new_id
from pichaven_chassis.testing import eventually
from pichaven_contracts.photo import Colour, Exif, Location, PhotoChanged, Tag

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
    """The same index seen by a process that remembers nothing."""
    async with start_harness(elasticsearch_url, shared_alias) as harness:
        yield harness


def _library(lot: random.Random, owner: str, words: tuple[str, ...]) -> list[PhotoChanged]:
    """Photos by lot, and three of one motif: one in two files, and one of a moment later."""
    motif = {"owner_id": owner, "caption": f"{words[0]} {words[1]}", "created_at": LATER}
    return [
        *(changed(**motif, taken_at=NOON, phash=f"{bits:016x}") for bits in (1, 3)),
        changed(**motif, taken_at=NOON + timedelta(seconds=9), phash=f"{(1 << 64) - 1:016x}"),
    ] + [
        changed(
            owner_id=owner,
            caption=f"{lot.choice(words)} {lot.choice(words)}",
            tags=(Tag(name=lot.choice(words), source="user"),),
            exif=Exif(camera=lot.choice(CAMERAS)),
            location=lot.choice(PLACES),
            palette=(Colour(hex=lot.choice(("#ff0000", "#0000ff")), share=0.8),),
            phash=f"{lot.getrandbits(64):016x}",
        )
        for _ in range(lot.randint(1, 8))
    ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("same", [True, False], ids=["alike", "different"])
async def test_no_answer_depends_on_what_another_owner_has(
    searching: Any, another_process: Any, seed: int, same: bool
) -> None:
    """Asked with the other's library there and without it, every answer is the same.

    The second time in another process, and after the other has asked it the same: what is
    remembered of one owner must not be answered to the next.
    """
    lot = random.Random(seed)
    owner, other = new_id(), new_id()
    for each in (owner, other):
        # An owner's own searches come back as suggestions, and count.
        await searching.send("PUT", "/search/history/settings", each, json={"enabled": False})
    mine = _library(lot, owner, WORDS[:4])
    await searching.index(*mine, *(seen(photo, photo.caption or "") for photo in mine))
    calls = _calls(lot, mine)
    before = [_without_times((await _ask(searching, owner, *call)).json()) for call in calls]

    theirs = _library(random.Random(seed), other, WORDS[:4] if same else WORDS[2:])
    await searching.index(*theirs, *(seen(photo, photo.caption or "") for photo in theirs))
    for call in calls:
        await _ask(another_process, other, *call)
    answers = [await _ask(another_process, owner, *call) for call in calls]

    assert [_without_times(answer.json()) for answer in answers] == before
    foreign = {photo.photo_id for photo in theirs}
    for call, answer in zip(calls, answers, strict=True):
        assert answer.status_code == 200, (call, answer.text)
        assert not any(photo_id in answer.text for photo_id in foreign), call
    # What is compared has one picture in two files, and a moment.
    assert [body["items"][0]["count"] for body in before[-2:]] == [2, 2]


async def test_others_words_do_not_take_the_place_of_ones_own_near_spelling(
    searching: Any,
) -> None:
    mine = changed(owner_id=searching.owner, caption="sunset")
    letters = "abcdefghijklmnopqrstuvwxyz"
    # Of the same length as what is typed, so nearer than one's own.
    theirs = [changed(owner_id=new_id(), caption=f"sun{one}set") for one in letters]
    theirs += [changed(owner_id=new_id(), caption=f"sunm{one}et") for one in letters]
    await searching.index(mine, *theirs)
    assert await searching.ids(q="sunmset") == [mine.photo_id]


async def test_another_owners_photo_is_not_there_to_be_compared_with(searching: Any) -> None:
    theirs = changed(owner_id=new_id(), caption="lake")
    await searching.index(theirs, seen(theirs, "lake"))

    answer = await searching.get(f"/photos/{theirs.photo_id}/similar")

    assert answer.status_code == 404


async def test_nobody_learns_what_another_owner_has_searched_for(searching: Any) -> None:
    other = new_id()
    await searching.get("/search", q="my secret surprise")

    async def kept() -> bool:
        return bool((await searching.get("/search/history")).json()["items"])

    await eventually(kept, "the search is kept")

    assert (await searching.get("/search/history", other)).json()["items"] == []
    assert (await searching.get("/search/suggest", other, q="my se")).json()["items"] == []


Call = tuple[str, str, dict[str, Any]]


async def _ask(searching: Any, owner: str, method: str, path: str, sent: Any) -> httpx.Response:
    answer: httpx.Response = await searching.send(method, path, owner, **sent)
    return answer


def _calls(lot: random.Random, mine: list[PhotoChanged]) -> list[Call]:
    world = {"bbox": "-180,-80,180,80", "zoom": 3}
    read: list[tuple[str, dict[str, Any]]] = [
        ("/search", {}),
        *(("/search", {"q": word}) for word in WORDS),
        ("/search", {"q": f"{lot.choice(WORDS)} -{lot.choice(WORDS)}"}),
        ("/search", {"q": "lake", "camera": lot.choice(CAMERAS)}),
        ("/search", {"q": f"{lot.choice(WORDS)} in lisbon"}),
        ("/search", {"near": "48.2,16.37,500"}),
        ("/search", {"color": "red"}),
        *(("/search/suggest", {"q": word[:2]}) for word in WORDS),
        ("/map", world),
        ("/map", world | {"tag": lot.choice(WORDS[:4])}),
        ("/map", world | {"camera": lot.choice(CAMERAS), "color": "red"}),
        *((f"/photos/{photo.photo_id}/similar", {}) for photo in mine[:3]),
        ("/duplicates", {"tier": "same"}),
        ("/duplicates", {"tier": "moment"}),
    ]
    pictures = [
        {"files": {"file": ("picture.png", pictured(word), "image/png")}} for word in WORDS[1:4]
    ]
    return [
        *(("POST", "/search/image", picture) for picture in pictures),
        *(("GET", path, {"params": params}) for path, params in read),
    ]


def _without_times(answer: Any) -> Any:
    """An answer without what passes with time."""
    if isinstance(answer, dict):
        return {
            name: _without_times(value)
            for name, value in answer.items()
            if name not in ("took_ms", "request_id")
        }
    return [_without_times(each) for each in answer] if isinstance(answer, list) else answer
