"""Group near duplicates without comparing each photo with each.

Two tiers. `same`: one picture in other bytes (re-saved, resized, re-encoded, trimmed), matched by
perceptual hash and embedding. `moment`: taken within a minute, matched by embedding.

The threshold of a cosine distance is a share of the usual distance between two photos of the
library, so it depends on no model; ADR 0018 has what was measured. Photos are rows: positions in
arrays of one library.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pichaven_chassis.ids import derived_id

MAX_HASH_DISTANCE: Final = 8
"""Bits in which the 64-bit hashes of one picture differ at most."""
MAX_MOTIF_HASH_DISTANCE: Final = 24
"""The same of shots of one motif; hashes of unrelated pictures differ in 32 bits on average."""
MOMENT_MS: Final = 60_000
ALIKE_SHARE: Final = 0.25
"""The largest cosine distance of two photos that are alike, as a share of the usual distance."""

_BANDS: Final = 4
_BAND_BITS: Final = 16
_MAX_BUCKET: Final = 1_000
_COMPARISONS_BATCH: Final = 500_000
_PAIRS_BATCH: Final = 50_000
_MAX_MEMBERS: Final = 4
"""Photos of one hash that are paired with those of a similar hash."""
_NEXT_ROWS: Final = 12
"""Following photos with which one of the same hash, or of the same minute, is paired."""

Hashes = NDArray[np.uint64]
Times = NDArray[np.int64]
Vectors = NDArray[np.float32]
Pairs = NDArray[np.int64]
"""Shape (n, 2): two rows, the lower one first."""


class Tier(StrEnum):
    SAME = "same"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Group:
    """Photos similar to the first of them; `likeness` is the least cosine to it."""

    id: str
    photo_ids: tuple[str, ...]
    newest_ms: int
    likeness: float

    @property
    def sort_key(self) -> tuple[int, str]:
        return -self.newest_ms, self.id


def match_hashes(hashes: Hashes, max_distance: int = MAX_HASH_DISTANCE) -> Pairs:
    """Return pairs of rows whose hashes differ in at most `max_distance` bits.

    Multi-probe lookup: the hash is cut into four bands of 16 bits. If two hashes differ in 7 bits
    or fewer, one band differs in at most one bit, so a lookup of each band and its 16 neighbours
    finds all of them. Of those that differ in 8 bits, the few with two in each band are missed.
    """
    distinct, inverse = np.unique(hashes, return_inverse=True)
    pairs = [_pairs_of_equal(inverse)]
    members = _first_rows(inverse, len(distinct))
    for band in range(_BANDS):
        keys = (distinct >> np.uint64(_BAND_BITS * band)).astype(np.int64) & 0xFFFF
        order = np.argsort(keys, kind="stable")
        starts = np.searchsorted(keys[order], np.arange((1 << _BAND_BITS) + 1))
        for flip in (0, *(1 << bit for bit in range(_BAND_BITS))):
            # Batches bound the memory where many hashes share a band.
            sizes = np.minimum(np.diff(starts)[keys ^ flip], _MAX_BUCKET)
            limits = np.arange(_COMPARISONS_BATCH, sizes.sum(), _COMPARISONS_BATCH)
            ends = np.searchsorted(np.cumsum(sizes), limits)
            for rows in np.split(np.arange(len(distinct)), ends):
                one, other = _join(rows, keys[rows] ^ flip, starts, order)
                near = np.bitwise_count(distinct[one] ^ distinct[other]) <= max_distance
                pairs.append(_cross_join(members[one[near]], members[other[near]]))
    return _unique(np.concatenate(pairs))


def match_times(taken_ms: Times, has_capture_time: NDArray[np.bool_]) -> Pairs:
    """Return pairs of rows taken within `MOMENT_MS`, each with the next `_NEXT_ROWS` at most."""
    rows = np.flatnonzero(has_capture_time)
    rows = rows[np.argsort(taken_ms[rows], kind="stable")]
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for step in range(1, min(_NEXT_ROWS, len(rows) - 1) + 1):
        one, other = rows[:-step], rows[step:]
        near = taken_ms[other] - taken_ms[one] <= MOMENT_MS
        pairs.append(np.stack([one[near], other[near]], axis=1))
    return _unique(np.concatenate(pairs))


def median_distance(vectors: Vectors) -> float:
    """Return the median cosine distance of two of the unit vectors."""
    rows, columns = np.triu_indices(len(vectors), 1)
    return float(np.median(1 - (vectors @ vectors.T)[rows, columns]))


def median_cross_distance(vectors: Vectors, others: Vectors) -> float:
    """Return the median cosine distance of one of the unit vectors and one of the others."""
    return float(np.median(1 - vectors @ others.T))


def filter_by_cosine(
    pairs: Pairs, vectors_of: Callable[[Any], Vectors], max_distance: float
) -> tuple[Pairs, Any]:
    """Return the pairs within the cosine distance, and their cosines.

    `vectors_of` maps rows to unit vectors; a row without a vector has zeros.
    """
    cosines = np.concatenate(
        [
            np.einsum("ij,ij->i", vectors_of(batch[:, 0]), vectors_of(batch[:, 1]))
            for batch in np.split(pairs, range(_PAIRS_BATCH, len(pairs), _PAIRS_BATCH))
        ]
    )
    near = cosines >= 1 - max_distance
    return pairs[near], cosines[near]


def group_pairs(
    pairs: Pairs, cosines: Any, ids: Sequence[str], taken_ms: Times, tier: Tier
) -> list[Group]:
    """Return groups of photos that are similar to the group's first; a photo is in one at most.

    A chain of photos, each similar to the next, is no group if its ends are not similar.
    """
    neighbours: dict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), cosine in zip(pairs.tolist(), cosines.tolist(), strict=True):
        neighbours[one][other] = neighbours[other][one] = cosine
    grouped_rows: set[int] = set()
    groups: list[Group] = []
    for leader in sorted(neighbours, key=lambda row: (-len(neighbours[row]), ids[row])):
        if leader in grouped_rows:
            continue
        members = sorted(row for row in neighbours[leader] if row not in grouped_rows)
        if not members:
            continue
        rows = [leader, *members]
        grouped_rows.update(rows)
        photo_ids = tuple(ids[row] for row in rows)
        groups.append(
            Group(
                derived_id("near-duplicates", tier.value, min(photo_ids)),
                photo_ids,
                int(taken_ms[rows].max()),
                round(min(neighbours[leader][row] for row in members), 4),
            )
        )
    return sorted(groups, key=lambda group: group.sort_key)


def exclude_rows(pairs: Pairs, rows: Iterable[int], count: int) -> Pairs:
    """Return the pairs without these of `count` rows."""
    is_included = np.ones(count, dtype=np.bool_)
    is_included[list(rows)] = False
    remaining: Pairs = pairs[is_included[pairs[:, 0]] & is_included[pairs[:, 1]]]
    return remaining


def filter_by_hash_distance(pairs: Pairs, hashes: Hashes) -> Pairs:
    """Return the pairs whose hashes may be of one motif."""
    distances = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]])
    near: Pairs = pairs[distances <= MAX_MOTIF_HASH_DISTANCE]
    return near


def _join(
    rows: NDArray[Any], keys: NDArray[Any], starts: NDArray[Any], order: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return each row with the later rows in the bucket of its key."""
    first = starts[keys]
    counts = np.minimum(starts[keys + 1] - first, _MAX_BUCKET)
    one = np.repeat(rows, counts)
    offsets = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts)
    other = order[np.repeat(first, counts) + offsets]
    is_later = one < other
    return one[is_later], other[is_later]


def _first_rows(inverse: NDArray[Any], count: int) -> NDArray[Any]:
    """Return the first rows of each distinct hash, shape (count, _MAX_MEMBERS), padded with -1."""
    order = np.argsort(inverse, kind="stable")
    values = inverse[order]
    ranks = np.arange(len(order)) - np.searchsorted(values, values)
    is_first = ranks < _MAX_MEMBERS
    members = np.full((count, _MAX_MEMBERS), -1, dtype=np.int64)
    members[values[is_first], ranks[is_first]] = order[is_first]
    return members


def _cross_join(one: NDArray[Any], other: NDArray[Any]) -> Pairs:
    """Return all pairs of the rows of two hashes: equal hashes need not be of one picture."""
    pairs = np.stack(
        [np.repeat(one, _MAX_MEMBERS, axis=1).ravel(), np.tile(other, _MAX_MEMBERS).ravel()],
        axis=1,
    )
    without_padding: Pairs = pairs[(pairs >= 0).all(axis=1)]
    return without_padding


def _pairs_of_equal(inverse: NDArray[Any]) -> Pairs:
    """Return pairs of rows with equal hashes: each with the first and with the next ones."""
    order = np.argsort(inverse, kind="stable")
    values = inverse[order]
    starts = np.searchsorted(values, values)
    parts = [np.stack([order[starts], order], axis=1)]
    for step in range(1, min(_NEXT_ROWS, len(order) - 1) + 1):
        equal = values[:-step] == values[step:]
        parts.append(np.stack([order[:-step][equal], order[step:][equal]], axis=1))
    pairs = np.concatenate(parts)
    distinct: Pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return distinct


def _unique(pairs: Pairs) -> Pairs:
    """Return each pair once, the lower row first."""
    if not len(pairs):
        return np.empty((0, 2), dtype=np.int64)
    return np.unique(np.sort(pairs, axis=1), axis=0)
