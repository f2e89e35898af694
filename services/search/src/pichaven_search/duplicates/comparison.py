"""Compare the photos of a library with each other.

Candidate pairs come from perceptual hashes and times of capture; embeddings, which are fetched
for the candidates alone, decide.
"""

import asyncio
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import Unavailable
from pichaven_search.audience import Audience
from pichaven_search.duplicates import grouping
from pichaven_search.duplicates.grouping import Group, Pairs, Tier, Vectors
from pichaven_search.duplicates.model import Fingerprints
from pichaven_search.duplicates.neutral_pictures import neutral_pictures
from pichaven_search.index.model import Index
from pichaven_search.ml_client.model import EncoderUnavailable, PictureEncoder

_MAX_PHOTOS: Final = 500_000
_MAX_VECTORS: Final = 15_000
_SAMPLE: Final = 300
_MIN_SAMPLE: Final = 24

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The groups of a library, as of `at`; incomplete where there were too many candidates."""

    at: float
    groups: Mapping[Tier, Sequence[Group]]
    complete: bool


@dataclass(slots=True)
class _Library:
    """Photos in columns: the row of a photo is its position in each."""

    ids: list[str]
    hashes: grouping.Hashes
    has_hash: Any
    taken_ms: grouping.Times
    has_capture_time: Any


class CompareLibrary:
    """One comparison runs at a time. Raises `Unavailable` where ml is needed and unavailable."""

    def __init__(
        self, fingerprints: Fingerprints, pictures: PictureEncoder, *, now: Callable[[], float]
    ) -> None:
        self._fingerprints = fingerprints
        self._pictures = pictures
        self._now = now
        self._running = asyncio.Semaphore(1)
        self._neutral: dict[str, Vectors] = {}

    async def __call__(self, key: tuple[Index, Audience]) -> Comparison:
        index, audience = key
        async with self._running:
            started = self._now()
            library = await self._scan(index, audience)
            same, moment, complete = await asyncio.to_thread(_candidates, library)
            rows = np.unique(np.concatenate([same.ravel(), moment.ravel()]))
            vectors, distance = _SparseVectors(library.ids, rows, {}, index.dimensions), 1.0
            if len(rows):
                sample = np.random.default_rng(0).permutation(len(library.ids))[:_SAMPLE]
                vectors = await self._fetch_vectors(
                    index, audience, library, np.union1d(rows, sample)
                )
                distance = await self._usual_distance(index, vectors.of(sample))
            groups = await asyncio.to_thread(_group, library, same, moment, vectors, distance)
            _log.info(
                "near_duplicates_compared",
                photos=len(library.ids),
                candidates=len(rows),
                usual_distance=round(distance, 4),
                seconds=round(self._now() - started, 2),
            )
            return Comparison(self._now(), groups, complete)

    async def _scan(self, index: Index, audience: Audience) -> _Library:
        ids: list[str] = []
        scanned_ids = set[str]()
        # Arrays of numbers: a hundred thousand objects would slow down the garbage collector.
        hashes, taken, created = array("Q"), array("q"), array("q")
        has_hash = bytearray()
        async for page in self._fingerprints.scan(index, audience):
            # A photo that is dated back during the scan comes twice.
            photos = [photo for photo in page if photo.photo_id not in scanned_ids]
            scanned_ids.update(photo.photo_id for photo in photos)
            ids += [photo.photo_id for photo in photos]
            hashes.extend(photo.phash or 0 for photo in photos)
            has_hash.extend(photo.phash is not None for photo in photos)
            taken.extend(photo.taken_ms for photo in photos)
            created.extend(photo.created_ms for photo in photos)
            if len(ids) >= _MAX_PHOTOS:
                _log.warning("near_duplicates_scan_truncated", photos=len(ids))
                break
        taken_ms = np.array(taken, dtype=np.int64)
        return _Library(
            ids=ids,
            hashes=np.array(hashes, dtype=np.uint64),
            has_hash=np.array(has_hash, dtype=np.uint8).astype(np.bool_),
            taken_ms=taken_ms,
            # Without a time of capture it is that of the upload.
            has_capture_time=taken_ms != np.array(created, dtype=np.int64),
        )

    async def _fetch_vectors(
        self, index: Index, audience: Audience, library: _Library, rows: Any
    ) -> "_SparseVectors":
        vectors = await self._fingerprints.vectors(
            index, audience, [library.ids[row] for row in rows.tolist()]
        )
        return await asyncio.to_thread(_SparseVectors, library.ids, rows, vectors, index.dimensions)

    async def _usual_distance(self, index: Index, sample: Vectors) -> float:
        """Return the usual distance of two photos of the sample.

        If that is too small, return the usual distance of its photos and neutral pictures.
        """
        vectors = sample[np.any(sample != 0, axis=1)]
        if len(vectors) >= _MIN_SAMPLE:
            return grouping.median_distance(vectors)
        if not len(vectors):
            return 0.0
        neutral = await self._neutral_vectors(index.model)
        return grouping.median_cross_distance(vectors, neutral)

    async def _neutral_vectors(self, model: str) -> Vectors:
        if model not in self._neutral:
            try:
                embeddings = [
                    await self._pictures.embed(picture, "image/png", model, owner_id=None)
                    for picture in await asyncio.to_thread(neutral_pictures)
                ]
            except EncoderUnavailable as error:
                raise Unavailable(
                    "Pictures cannot be compared just now. Try again in a moment."
                ) from error
            self._neutral[model] = np.array(embeddings, dtype=np.float32)
        return self._neutral[model]


class _SparseVectors:
    """Unit vectors of some rows; those of other rows are zero."""

    def __init__(
        self,
        ids: Sequence[str],
        rows: Any,
        vectors: Mapping[str, NDArray[np.float32]],
        dimensions: int,
    ) -> None:
        self._positions = np.zeros(len(ids), dtype=np.int64)
        self._positions[rows] = np.arange(1, len(rows) + 1)
        self._vectors = np.zeros((len(rows) + 1, dimensions), dtype=np.float32)
        for position, row in enumerate(rows.tolist(), start=1):
            vector = vectors.get(ids[row])
            if vector is not None:
                self._vectors[position] = vector
        lengths = np.linalg.norm(self._vectors, axis=1, keepdims=True)
        np.divide(self._vectors, lengths, out=self._vectors, where=lengths > 0)

    def of(self, rows: Any) -> Vectors:
        vectors: Vectors = self._vectors[self._positions[rows]]
        return vectors


def _candidates(library: _Library) -> tuple[Pairs, Pairs, bool]:
    """Return the candidate pairs of each tier, and whether these are all.

    They concern at most `_MAX_VECTORS` photos. Beyond that, moments are restricted to similar
    hashes and then to the newest photos.
    """
    rows_with_hash = np.flatnonzero(library.has_hash)
    same = rows_with_hash[grouping.match_hashes(library.hashes[rows_with_hash])]
    moment = grouping.match_times(library.taken_ms, library.has_capture_time)
    room = _MAX_VECTORS - len(np.unique(same))
    if len(np.unique(moment)) <= room:
        return same, moment, True
    moment = grouping.filter_by_hash_distance(moment, library.hashes)
    complete = False
    if room < 0:
        same = same[(same < np.unique(same)[_MAX_VECTORS]).all(axis=1)]
        return same, moment[:0], complete
    rows = np.unique(moment)
    if len(rows) > room:
        moment = moment[(moment < rows[room]).all(axis=1)]
    return same, moment, complete


def _group(
    library: _Library, same: Pairs, moment: Pairs, vectors: _SparseVectors, distance: float
) -> dict[Tier, Sequence[Group]]:
    rows = {photo_id: row for row, photo_id in enumerate(library.ids)}
    max_distance = grouping.ALIKE_SHARE * distance
    pairs, cosines = grouping.filter_by_cosine(same, vectors.of, max_distance)
    same_groups = grouping.group_pairs(pairs, cosines, library.ids, library.taken_ms, Tier.SAME)
    # Of several files of one picture the first alone takes part in a moment.
    copies = [rows[photo_id] for group in same_groups for photo_id in group.photo_ids[1:]]
    moment = grouping.exclude_rows(moment, copies, len(library.ids))
    pairs, cosines = grouping.filter_by_cosine(moment, vectors.of, max_distance)
    moments = grouping.group_pairs(pairs, cosines, library.ids, library.taken_ms, Tier.MOMENT)
    return {Tier.SAME: same_groups, Tier.MOMENT: moments}
