"""Near duplicates are those that a comparison of each photo with each would give."""

import io
import json
import math
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
from services.search.tests.fakes import MemoryDismissals, WordPictures

from pichaven_chassis.ids import new_id
from pichaven_search.audience import Audience
from pichaven_search.duplicates.grouping import (
    MOMENT_MS,
    Tier,
    exclude_rows,
    filter_by_cosine,
    filter_by_hash_distance,
    group_pairs,
    match_hashes,
    match_times,
    median_distance,
)
from pichaven_search.duplicates.keeper import choose_keeper
from pichaven_search.duplicates.model import Fingerprint
from pichaven_search.duplicates.neutral_pictures import COUNT, neutral_pictures
from pichaven_search.duplicates.queries import FindNearDuplicates
from pichaven_search.index.model import Index
from pichaven_search.index.stored_photo import StoredPhoto


def _hashes(values: list[int]) -> Any:
    return np.array(values, dtype=np.uint64)


def _to_set(pairs: Any) -> set[tuple[int, int]]:
    return {(one, other) for one, other in pairs.tolist()}


def _flip_bits(value: int, bits: int, rng: random.Random) -> int:
    for bit in rng.sample(range(64), bits):
        value ^= 1 << bit
    return value


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_all_hashes_within_the_distance_are_matched_and_no_others(seed: int) -> None:
    rng = random.Random(seed)
    values = [rng.getrandbits(64) for _ in range(40)]
    values += [_flip_bits(each, rng.randrange(12), rng) for each in values]
    pairs = _to_set(match_hashes(_hashes(values)))
    near = {
        (one, other): (values[one] ^ values[other]).bit_count()
        for one, other in combinations(range(len(values)), 2)
    }
    assert {pair for pair, bits in near.items() if bits <= 7} <= pairs
    assert pairs <= {pair for pair, bits in near.items() if bits <= 8}


def test_nearly_all_hashes_that_differ_in_eight_bits_are_matched() -> None:
    rng = random.Random(1)
    values = [rng.getrandbits(64) for _ in range(1000)]
    values += [_flip_bits(each, 8, rng) for each in values]
    assert len(_to_set(match_hashes(_hashes(values)))) > 930


def test_thousands_of_equal_hashes_give_few_pairs() -> None:
    pairs = _to_set(match_hashes(_hashes([0] * 20_000 + [7])))
    assert len(pairs) < 20_000 * 14
    assert {(0, at) for at in range(1, 20_000)} <= pairs
    assert (0, 20_000) in pairs
    assert _to_set(match_hashes(_hashes([]))) == set()
    assert _to_set(match_hashes(_hashes([5]))) == set()


def test_thousands_of_hashes_with_a_common_band_are_compared_in_batches() -> None:
    rng = random.Random(5)
    singles = [rng.getrandbits(48) << 16 for _ in range(3000)]
    near = [_flip_bits(value >> 16, 3, rng) & (1 << 48) - 1 for value in singles[:200]]
    pairs = _to_set(match_hashes(_hashes([*singles, *(value << 16 for value in near)])))
    assert pairs >= {(at, 3000 + at) for at in range(200)}


def test_times_are_matched_only_of_photos_with_a_capture_time() -> None:
    taken = np.array([0, MOMENT_MS, MOMENT_MS + 1, 10**9, 10**9 + 5], dtype=np.int64)
    timed = np.array([True, True, True, True, False])
    assert _to_set(match_times(taken, timed)) == {(0, 1), (1, 2)}
    assert _to_set(match_times(taken, np.zeros(5, dtype=np.bool_))) == set()


def test_a_chain_of_similar_photos_is_no_group() -> None:
    angles = np.radians([0, 10, 20, 30, 40, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    every = np.array(list(combinations(range(6), 2)))
    pairs, cosines = filter_by_cosine(
        every, lambda rows: vectors[rows], 1 - float(np.cos(np.radians(11)))
    )
    assert _to_set(pairs) == {(0, 1), (1, 2), (2, 3), (3, 4)}
    ids = [f"photo {n}" for n in range(6)]
    groups = group_pairs(pairs, cosines, ids, np.arange(6, dtype=np.int64), Tier.SAME)
    assert [group.photo_ids for group in groups] == [
        ("photo 3", "photo 4"),
        ("photo 1", "photo 0", "photo 2"),
    ]
    assert groups[0].likeness == pytest.approx(np.cos(np.radians(10)), abs=1e-4)
    assert [group.newest_ms for group in groups] == [4, 2]


def test_pairs_are_filtered_by_row_and_hash_distance() -> None:
    pairs = np.array([[0, 1], [1, 2], [2, 3]])
    assert _to_set(exclude_rows(pairs, [0], 4)) == {(1, 2), (2, 3)}
    far = (1 << 30) - 1
    assert _to_set(filter_by_hash_distance(pairs, _hashes([0, 3, far, far]))) == {(0, 1), (2, 3)}


def test_the_median_distance_is_the_usual_distance() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(100, 64))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    assert median_distance(vectors) == pytest.approx(1, abs=0.02)
    assert median_distance(np.concatenate([vectors[:1]] * 9)) == pytest.approx(0, abs=1e-6)


def test_neutral_pictures_are_pictures_and_differ() -> None:
    pictures = neutral_pictures()
    assert len(set(pictures)) == COUNT
    assert pictures == neutral_pictures()
    for picture in pictures:
        image = Image.open(io.BytesIO(picture))
        image.load()
        assert (image.format, image.size, image.mode) == ("PNG", (96, 96), "RGB")


def _photo(**fields: Any) -> dict[str, Any]:
    defaults = {
        "id": "a", "favorite": False, "rating": None, "width": 800, "height": 600, "size": 1000,
        "content_type": "image/jpeg", "exif": {"camera": None}, "location": None, "caption": None,
        "tags": [], "created_at": "2024-05-01T12:00:00Z",
    }  # fmt: skip
    return defaults | fields


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
    assert choose_keeper(photos) == ("z", [why])


def test_what_the_owner_marked_outweighs_pixels() -> None:
    small = _photo(id="small", favorite=True, size=5000)
    large = _photo(id="large", width=4000, height=3000)
    assert choose_keeper([large, small]) == ("small", ["favorite", "larger_file"])


class _Scan:
    """Fingerprints of pictures, of which the first is read twice: it was dated back."""

    def __init__(self, vectors: Sequence[NDArray[np.float32]], phash_step: int) -> None:
        self._vectors = {new_id(): vector for vector in vectors}
        self._phash_step = phash_step

    async def scan(self, index: Index, audience: Audience) -> AsyncIterator[Sequence[Fingerprint]]:
        hour = 3_600_000
        pages = [
            Fingerprint(photo_id, number * self._phash_step, number * hour, 0)
            for number, photo_id in enumerate(self._vectors)
        ]
        yield pages
        yield [replace(pages[0], taken_ms=-hour)]

    async def vectors(
        self, index: Index, audience: Audience, photo_ids: Sequence[str]
    ) -> Mapping[str, NDArray[np.float32]]:
        return {each: self._vectors[each] for each in photo_ids}

    async def photos(
        self, index: Index, audience: Audience, photo_ids: Sequence[str]
    ) -> Mapping[str, StoredPhoto]:
        return {each: StoredPhoto(each, json.dumps(_photo(id=each))) for each in photo_ids}


class _OneIndex:
    async def get_searched(self) -> Index:
        return Index("index-1", "model", 8, "complete", 3)

    def forget_searched(self) -> None: ...


@pytest.mark.parametrize("tier", list(Tier))
async def test_a_photo_that_is_dated_back_during_a_scan_is_no_duplicate_of_itself(
    tier: Tier,
) -> None:
    vectors = np.random.default_rng(7).normal(size=(40, 8)).astype(np.float32)
    scan = _Scan(list(vectors), phash_step=1 << 32 | 7919)
    find: Any = FindNearDuplicates(_OneIndex(), scan, WordPictures(), MemoryDismissals())
    page = await find(tier, Audience(new_id()), after=None, limit=10)
    assert page.groups == []


class _EqualPictures:
    """A model that sees the same in every neutral picture."""

    async def embed(
        self, data: bytes, media_type: str, model: str, *, owner_id: str | None
    ) -> Sequence[float]:
        return [0.0] * 7 + [1.0]


@pytest.mark.parametrize(("cosine", "groups"), [(0.8, 1), (0.7, 0)])
async def test_a_small_library_is_measured_by_its_distance_to_neutral_pictures(
    cosine: float, groups: int
) -> None:
    vectors = np.zeros((2, 8), dtype=np.float32)
    vectors[0, 0] = 1
    vectors[1, :2] = cosine, math.sqrt(1 - cosine**2)
    scan = _Scan(list(vectors), phash_step=1)
    find: Any = FindNearDuplicates(_OneIndex(), scan, _EqualPictures(), MemoryDismissals())
    page = await find(Tier.SAME, Audience(new_id()), after=None, limit=10)
    assert len(page.groups) == groups
