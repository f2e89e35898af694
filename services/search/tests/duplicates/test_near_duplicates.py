"""Near duplicates are found as comparing each with each would find them."""

import io
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from services.search.tests.fakes import WordPictures

from pichaven_chassis.ids import new_id
from pichaven_search.duplicates.grouping import (
    MOMENT_MS,
    Tier,
    alike,
    alike_hashes,
    background,
    grouped,
    loosely_alike,
    near_moments,
    without,
)
from pichaven_search.duplicates.keeper import keeper_of
from pichaven_search.duplicates.model import Fingerprint
from pichaven_search.duplicates.neutral_pictures import COUNT, neutral_pictures
from pichaven_search.duplicates.queries import FindNearDuplicates
from pichaven_search.index.model import Index
from pichaven_search.index.stored_photo import StoredPhoto


def _hashes(values: list[int]) -> Any:
    return np.array(values, dtype=np.uint64)


def _pairs(found: Any) -> set[tuple[int, int]]:
    return {(one, other) for one, other in found.tolist()}


def _flipped(value: int, bits: int, chosen: random.Random) -> int:
    for bit in chosen.sample(range(64), bits):
        value ^= 1 << bit
    return value


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_hashes_that_differ_little_are_all_found_and_no_others(seed: int) -> None:
    chosen = random.Random(seed)
    values = [chosen.getrandbits(64) for _ in range(40)]
    values += [_flipped(each, chosen.randrange(12), chosen) for each in values]
    found = _pairs(alike_hashes(_hashes(values)))
    near = {
        (one, other): (values[one] ^ values[other]).bit_count()
        for one, other in combinations(range(len(values)), 2)
    }
    assert {pair for pair, bits in near.items() if bits <= 7} <= found
    assert found <= {pair for pair, bits in near.items() if bits <= 8}


def test_nearly_all_that_differ_in_eight_bits_are_found() -> None:
    chosen = random.Random(1)
    values = [chosen.getrandbits(64) for _ in range(1000)]
    values += [_flipped(each, 8, chosen) for each in values]
    assert len(_pairs(alike_hashes(_hashes(values)))) > 930


def test_thousands_of_equal_hashes_are_no_burden() -> None:
    found = _pairs(alike_hashes(_hashes([0] * 20_000 + [7])))
    assert len(found) < 20_000 * 14
    assert {(0, at) for at in range(1, 20_000)} <= found
    assert (0, 20_000) in found
    assert _pairs(alike_hashes(_hashes([]))) == set()
    assert _pairs(alike_hashes(_hashes([5]))) == set()


def test_thousands_with_a_band_in_common_are_compared_in_parts() -> None:
    chosen = random.Random(5)
    alone = [chosen.getrandbits(48) << 16 for _ in range(3000)]
    near = [_flipped(value >> 16, 3, chosen) & (1 << 48) - 1 for value in alone[:200]]
    found = _pairs(alike_hashes(_hashes([*alone, *(value << 16 for value in near)])))
    assert found >= {(at, 3000 + at) for at in range(200)}


def test_moments_are_of_photos_whose_time_is_known() -> None:
    taken = np.array([0, MOMENT_MS, MOMENT_MS + 1, 10**9, 10**9 + 5], dtype=np.int64)
    timed = np.array([True, True, True, True, False])
    assert _pairs(near_moments(taken, timed)) == {(0, 1), (1, 2)}
    assert _pairs(near_moments(taken, np.zeros(5, dtype=np.bool_))) == set()


def test_a_chain_of_likenesses_is_no_group() -> None:
    angles = np.radians([0, 10, 20, 30, 40, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    every = np.array(list(combinations(range(6), 2)))
    pairs, cosines = alike(every, lambda rows: vectors[rows], 1 - float(np.cos(np.radians(11))))
    assert _pairs(pairs) == {(0, 1), (1, 2), (2, 3), (3, 4)}
    ids = [f"photo {n}" for n in range(6)]
    groups = grouped(pairs, cosines, ids, np.arange(6, dtype=np.int64), Tier.SAME)
    assert [group.photo_ids for group in groups] == [
        ("photo 3", "photo 4"),
        ("photo 1", "photo 0", "photo 2"),
    ]
    assert groups[0].likeness == pytest.approx(np.cos(np.radians(10)), abs=1e-4)
    assert [group.newest_ms for group in groups] == [4, 2]


def test_pairs_can_be_narrowed() -> None:
    pairs = np.array([[0, 1], [1, 2], [2, 3]])
    assert _pairs(without(pairs, [0], 4)) == {(1, 2), (2, 3)}
    far = (1 << 30) - 1
    assert _pairs(loosely_alike(pairs, _hashes([0, 3, far, far]))) == {(0, 1), (2, 3)}


def test_the_background_is_the_usual_distance() -> None:
    chosen = np.random.default_rng(1)
    vectors = chosen.normal(size=(100, 64))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    assert background(vectors) == pytest.approx(1, abs=0.02)
    assert background(np.concatenate([vectors[:1]] * 9)) == pytest.approx(0, abs=1e-6)


def test_neutral_pictures_are_pictures_and_differ() -> None:
    pictures = neutral_pictures()
    assert len(set(pictures)) == COUNT
    assert pictures == neutral_pictures()
    for picture in pictures:
        image = Image.open(io.BytesIO(picture))
        image.load()
        assert (image.format, image.size, image.mode) == ("PNG", (96, 96), "RGB")


def _photo(**fields: Any) -> dict[str, Any]:
    known = {
        "id": "a", "favorite": False, "rating": None, "width": 800, "height": 600, "size": 1000,
        "content_type": "image/jpeg", "exif": {"camera": None}, "location": None, "caption": None,
        "tags": [], "created_at": "2024-05-01T12:00:00Z",
    }  # fmt: skip
    return known | fields


@pytest.mark.parametrize(
    ("better", "why"),
    [
        ({"favorite": True}, "favorite"),
        ({"rating": 3}, "rating"),
        ({"width": 4000, "height": 3000}, "more_pixels"),
        ({"exif": {"camera": "X-T5"}}, "camera_data"),
        ({"location": {"lat": 0, "lon": 0}}, "location"),
        ({"caption": "Us"}, "described"),
        ({"tags": [{"name": "us", "source": "user"}]}, "described"),
        ({"content_type": "image/x-fuji-raf"}, "better_format"),
        ({"size": 2000}, "larger_file"),
        ({"created_at": "2024-01-01T12:00:00Z"}, "oldest"),
    ],
)
def test_the_keeper_is_the_better_one_and_says_why(better: dict[str, Any], why: str) -> None:
    photos = [_photo(id="a"), _photo(id="z", **better), _photo(id="b")]
    assert keeper_of(photos) == ("z", [why])


def test_what_the_owner_marked_outweighs_pixels() -> None:
    small = _photo(id="small", favorite=True, size=5000)
    large = _photo(id="large", width=4000, height=3000)
    assert keeper_of([large, small]) == ("small", ["favorite", "larger_file"])


class _Scan:
    """Fingerprints of random pictures, of which the first is read twice: it was dated back."""

    def __init__(self, count: int) -> None:
        lot = np.random.default_rng(7)
        self._vectors = {new_id(): lot.normal(size=8).astype(np.float32) for _ in range(count)}

    async def scan(self, index: Index, owner_id: str) -> AsyncIterator[Sequence[Fingerprint]]:
        hour = 3_600_000
        pages = [
            Fingerprint(photo_id, number << 32 | number * 7919, number * hour, 0)
            for number, photo_id in enumerate(self._vectors)
        ]
        yield pages
        yield [replace(pages[0], taken_ms=-hour)]

    async def vectors(
        self, index: Index, owner_id: str, photo_ids: Sequence[str]
    ) -> Mapping[str, NDArray[np.float32]]:
        return {each: self._vectors[each] for each in photo_ids}

    async def photos(
        self, index: Index, owner_id: str, photo_ids: Sequence[str]
    ) -> Mapping[str, StoredPhoto]:
        return {each: StoredPhoto(each, "{}") for each in photo_ids}


class _OneIndex:
    async def searched(self) -> Index:
        return Index("index-1", "model", 8, "complete", 3)


@pytest.mark.parametrize("tier", list(Tier))
async def test_a_photo_that_is_dated_back_during_a_scan_is_no_duplicate_of_itself(
    tier: Tier,
) -> None:
    find: Any = FindNearDuplicates(_OneIndex(), _Scan(40), WordPictures())
    page = await find(tier, owner_id=new_id(), after=None, limit=10)
    assert page.groups == []
