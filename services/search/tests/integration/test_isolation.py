"""Two owners in one index: whatever one of them asks, nothing of the other's answers."""

import random
from typing import Any

import pytest

from pichaven_chassis.ids import new_id
from pichaven_chassis.testing import eventually
from pichaven_contracts.photo import Colour, Exif, Location, PhotoChanged, Tag
from pichaven_search.testing import changed, seen

pytestmark = pytest.mark.engines

WORDS = ("lake", "dog", "harbour", "birthday", "snow", "bicycle")
CAMERAS = ("X-T5", "EOS R6")
PLACES = (
    Location(lat=48.2, lon=16.37, city="Vienna", region="Vienna", country="Austria"),
    Location(lat=38.72, lon=-9.14, city="Lisbon", region="Lisbon", country="Portugal"),
)


def _library(lot: random.Random, owner: str, words: tuple[str, ...]) -> list[PhotoChanged]:
    return [
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


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("same", [True, False], ids=["alike", "different"])
async def test_no_answer_depends_on_what_another_owner_has(
    searching: Any, seed: int, same: bool
) -> None:
    """Asked with the other's library there and without it, every answer is the same."""
    lot = random.Random(seed)
    owner, other = new_id(), new_id()
    mine = _library(lot, owner, WORDS[:4])
    await searching.index(*mine, *(seen(photo, photo.caption or "") for photo in mine))
    asked = _asked(lot, mine)
    before = [_told((await searching.get(path, owner, **told)).json()) for path, told in asked]

    theirs = _library(random.Random(seed), other, WORDS[:4] if same else WORDS[2:])
    await searching.index(*theirs, *(seen(photo, photo.caption or "") for photo in theirs))
    after = [_told((await searching.get(path, owner, **told)).json()) for path, told in asked]

    assert after == before
    foreign = {photo.photo_id for photo in theirs}
    for path, told in asked:
        text = (await searching.get(path, owner, **told)).text
        assert not any(photo_id in text for photo_id in foreign), (path, told)


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


def _asked(lot: random.Random, mine: list[PhotoChanged]) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("/search", {}),
        *(("/search", {"q": word}) for word in WORDS),
        ("/search", {"q": f"{lot.choice(WORDS)} -{lot.choice(WORDS)}"}),
        ("/search", {"q": "lake", "camera": lot.choice(CAMERAS)}),
        ("/search", {"q": f"{lot.choice(WORDS)} in lisbon"}),
        ("/search", {"near": "48.2,16.37,500"}),
        ("/search", {"color": "red"}),
        *(("/search/suggest", {"q": word[:2]}) for word in WORDS),
        ("/map", {"bbox": "-180,-80,180,80", "zoom": 3}),
        ("/map", {"bbox": "-180,-80,180,80", "zoom": 3, "tag": lot.choice(WORDS)}),
        *((f"/photos/{photo.photo_id}/similar", {}) for photo in mine[:3]),
        ("/duplicates", {"tier": "same"}),
        ("/duplicates", {"tier": "moment"}),
    ]


def _told(answer: Any) -> Any:
    """An answer without what passes with time."""
    if isinstance(answer, dict):
        return {
            name: _told(value)
            for name, value in answer.items()
            if name not in ("took_ms", "last_at", "request_id")
            # How often something was asked, it is asked once more here.
            and not (name == "count" and answer.get("kind") == "history")
        }
    return [_told(each) for each in answer] if isinstance(answer, list) else answer
