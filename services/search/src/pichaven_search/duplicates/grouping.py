"""Which photos of a library are nearly the same, found without comparing each with each.

Two tiers. `same`: one picture in other bytes (re-saved, resized, re-encoded, trimmed); the
perceptual hash and the embedding agree. `moment`: taken within a minute, and alike by embedding.

Embeddings are measured by the library itself: `background` is how far apart two of its photos
usually are, and "alike" is a small part of that, so no cosine of any one model stands here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pichaven_chassis.ids import derived_id

MOST_BITS: Final = 8
"""Perceptual hashes of 64 bits that differ in so few may be of one picture."""
LOOSE_BITS: Final = 24
"""So many differ between shots of one motif; 32 do between any two pictures."""
MOMENT_MS: Final = 60_000
SAME_SHARE: Final = 0.1
MOMENT_SHARE: Final = 0.25
"""Parts of the background distance."""

_BANDS: Final = 4
_BAND_BITS: Final = 16
_MOST_IN_BUCKET: Final = 1_000
_COMPARED_AT_ONCE: Final = 500_000
_PAIRS_AT_ONCE: Final = 50_000
_MOST_MEMBERS: Final = 4
"""Of the photos of one hash, so many are compared with those of a near hash."""
_NEXT_ONES: Final = 12
"""Photos of equal hash, or of one moment, are compared with so many of those that follow."""

Hashes = NDArray[np.uint64]
Moments = NDArray[np.int64]
Vectors = NDArray[np.float32]
Pairs = NDArray[np.int64]
"""Rows of two columns: positions, the lower one first."""


class Tier(StrEnum):
    SAME = "same"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Group:
    """Photos that are near one of them, the first; `likeness` is the least cosine to it."""

    id: str
    photo_ids: tuple[str, ...]
    newest_ms: int
    likeness: float

    @property
    def sort_key(self) -> tuple[int, str]:
        return -self.newest_ms, self.id


def alike_hashes(hashes: Hashes, most_bits: int = MOST_BITS) -> Pairs:
    """Pairs of positions whose hashes differ in at most so many bits.

    The hash is cut into four bands. Of two hashes that differ in 7 bits or fewer, one band
    differs in none or one: looking up each band and its 16 neighbours finds all of them. Of those
    that differ in 8, the few with two in each band are missed.
    """
    distinct, inverse = np.unique(hashes, return_inverse=True)
    found = [_next_of_equal(inverse)]
    members = _members(inverse, len(distinct))
    for band in range(_BANDS):
        keys = (distinct >> np.uint64(_BAND_BITS * band)).astype(np.int64) & 0xFFFF
        order = np.argsort(keys, kind="stable")
        starts = np.searchsorted(keys[order], np.arange((1 << _BAND_BITS) + 1))
        for flip in (0, *(1 << bit for bit in range(_BAND_BITS))):
            # Of hashes that have much in common each row is compared with many.
            with_each = np.minimum(np.diff(starts)[keys ^ flip], _MOST_IN_BUCKET)
            full = np.arange(_COMPARED_AT_ONCE, with_each.sum(), _COMPARED_AT_ONCE)
            ends = np.searchsorted(np.cumsum(with_each), full)
            for rows in np.split(np.arange(len(distinct)), ends):
                one, other = _lookups(rows, keys[rows] ^ flip, starts, order)
                near = np.bitwise_count(distinct[one] ^ distinct[other]) <= most_bits
                found.append(_each_with_each(members[one[near]], members[other[near]]))
    return _ordered(np.concatenate(found))


def near_moments(taken_ms: Moments, timed: NDArray[np.bool_]) -> Pairs:
    """Pairs taken within `MOMENT_MS`, each with the next ones; only of those `timed`."""
    rows = np.flatnonzero(timed)
    rows = rows[np.argsort(taken_ms[rows], kind="stable")]
    found = [np.empty((0, 2), dtype=np.int64)]
    for step in range(1, min(_NEXT_ONES, len(rows) - 1) + 1):
        one, other = rows[:-step], rows[step:]
        near = taken_ms[other] - taken_ms[one] <= MOMENT_MS
        found.append(np.stack([one[near], other[near]], axis=1))
    return _ordered(np.concatenate(found))


def background(vectors: Vectors) -> float:
    """The usual cosine distance of two of these (unit vectors)."""
    rows, columns = np.triu_indices(len(vectors), 1)
    return float(np.median(1 - (vectors @ vectors.T)[rows, columns]))


def alike(
    pairs: Pairs, vectors_of: Callable[[Any], Vectors], most_distance: float
) -> tuple[Pairs, Any]:
    """The pairs whose unit vectors (all-zero: none) are that near, and their cosines."""
    cosines = np.concatenate(
        [
            np.einsum("ij,ij->i", vectors_of(part[:, 0]), vectors_of(part[:, 1]))
            for part in np.split(pairs, range(_PAIRS_AT_ONCE, len(pairs), _PAIRS_AT_ONCE))
        ]
    )
    near = cosines >= 1 - most_distance
    return pairs[near], cosines[near]


def grouped(
    pairs: Pairs, cosines: Any, ids: Sequence[str], taken_ms: Moments, tier: Tier
) -> list[Group]:
    """Each photo in at most one group, whose every photo is near the group's first.

    So a chain of photos, each like the next, is no group if its ends are not alike.
    """
    near: dict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), cosine in zip(pairs.tolist(), cosines.tolist(), strict=True):
        near[one][other] = near[other][one] = cosine
    taken: set[int] = set()
    found: list[Group] = []
    for leader in sorted(near, key=lambda row: (-len(near[row]), ids[row])):
        if leader in taken:
            continue
        members = sorted(row for row in near[leader] if row not in taken)
        if not members:
            continue
        rows = [leader, *members]
        taken.update(rows)
        photo_ids = tuple(ids[row] for row in rows)
        found.append(
            Group(
                derived_id("near-duplicates", tier.value, min(photo_ids)),
                photo_ids,
                int(taken_ms[rows].max()),
                round(min(near[leader][row] for row in members), 4),
            )
        )
    return sorted(found, key=lambda group: group.sort_key)


def without(pairs: Pairs, dropped: Iterable[int], count: int) -> Pairs:
    """The pairs that have none of these positions."""
    kept = np.ones(count, dtype=np.bool_)
    kept[list(dropped)] = False
    left: Pairs = pairs[kept[pairs[:, 0]] & kept[pairs[:, 1]]]
    return left


def loosely_alike(pairs: Pairs, hashes: Hashes) -> Pairs:
    """The pairs that could be of one motif by their hashes."""
    bits = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]])
    near: Pairs = pairs[bits <= LOOSE_BITS]
    return near


def _lookups(
    rows: NDArray[Any], keys: NDArray[Any], starts: NDArray[Any], order: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Each row with everything in its key's bucket that comes after it."""
    begins = starts[keys]
    counts = np.minimum(starts[keys + 1] - begins, _MOST_IN_BUCKET)
    one = np.repeat(rows, counts)
    within = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts)
    other = order[np.repeat(begins, counts) + within]
    later = one < other
    return one[later], other[later]


def _members(inverse: NDArray[Any], count: int) -> NDArray[Any]:
    """For each distinct hash the first positions that have it; -1 where there are no more."""
    order = np.argsort(inverse, kind="stable")
    kinds = inverse[order]
    rank = np.arange(len(order)) - np.searchsorted(kinds, kinds)
    early = rank < _MOST_MEMBERS
    members = np.full((count, _MOST_MEMBERS), -1, dtype=np.int64)
    members[kinds[early], rank[early]] = order[early]
    return members


def _each_with_each(one: NDArray[Any], other: NDArray[Any]) -> Pairs:
    """Pairs of the members of two hashes: equal hashes need not be of one picture."""
    pairs = np.stack(
        [np.repeat(one, _MOST_MEMBERS, axis=1).ravel(), np.tile(other, _MOST_MEMBERS).ravel()],
        axis=1,
    )
    there: Pairs = pairs[(pairs >= 0).all(axis=1)]
    return there


def _next_of_equal(inverse: NDArray[Any]) -> Pairs:
    """Positions of equal hashes: each with the first of its kind and with the next ones."""
    order = np.argsort(inverse, kind="stable")
    kinds = inverse[order]
    starts = np.searchsorted(kinds, kinds)
    found = [np.stack([order[starts], order], axis=1)]
    for step in range(1, min(_NEXT_ONES, len(order) - 1) + 1):
        equal = kinds[:-step] == kinds[step:]
        found.append(np.stack([order[:-step][equal], order[step:][equal]], axis=1))
    pairs = np.concatenate(found)
    unlike: Pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return unlike


def _ordered(pairs: Pairs) -> Pairs:
    """Each pair once, the lower position first."""
    if not len(pairs):
        return np.empty((0, 2), dtype=np.int64)
    return np.unique(np.sort(pairs, axis=1), axis=0)
