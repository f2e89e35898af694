"""Find photos that are nearly the same, once for all pages of the answer."""

import asyncio
import time
from array import array
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import Unavailable
from pichaven_search.duplicates import grouping as near
from pichaven_search.duplicates.grouping import Group, Tier
from pichaven_search.duplicates.keeper import keeper_of
from pichaven_search.duplicates.model import DuplicatesPage, Fingerprint, NearDuplicates
from pichaven_search.duplicates.model_scale import neutral_pictures
from pichaven_search.index.model import Index, SearchedIndex, with_current_index
from pichaven_search.index.stored_photo import StoredPhoto
from pichaven_search.ml_client.model import EncoderAway, PictureEncoder

FRESH_S: Final = 30.0
"""A first page is of a comparison that is at most so old; later pages are of the same one."""
_KEPT_S: Final = 600.0
_MOST_OWNERS: Final = 32
_MOST_PHOTOS: Final = 500_000
_MOST_VECTORS: Final = 15_000
_SAMPLE: Final = 300
_LEAST_SAMPLE: Final = 24
_SHOWN: Final = 50
"""Photos of a group."""
_MOST_SHOWN: Final = 500
"""Photos of a page, or of its only group."""

_log = get_logger(__name__)


class Fingerprints(Protocol):
    """What one owner's photos are compared by. Never another owner's, never one not ready."""

    def scan(self, index: Index, owner_id: str) -> AsyncIterator[Sequence[Fingerprint]]:
        """All that have an embedding, page by page, the newest first. Raises `IndexGone`."""
        ...

    async def vectors(
        self, index: Index, owner_id: str, photo_ids: Sequence[str]
    ) -> Mapping[str, NDArray[np.float32]]: ...

    async def photos(
        self, index: Index, owner_id: str, photo_ids: Sequence[str]
    ) -> Mapping[str, StoredPhoto]: ...


@dataclass(frozen=True, slots=True)
class _Compared:
    index: str
    at: float
    groups: Mapping[Tier, Sequence[Group]]
    complete: bool


@dataclass(slots=True)
class _Library:
    """All that can be compared, by position."""

    ids: list[str]
    hashes: near.Hashes
    hashed: Any
    taken_ms: near.Moments
    timed: Any


class FindNearDuplicates:
    """Raises `Unavailable` before there is an index, and where ml is needed and away."""

    def __init__(
        self,
        indexes: SearchedIndex,
        fingerprints: Fingerprints,
        pictures: PictureEncoder,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._indexes = indexes
        self._fingerprints = fingerprints
        self._pictures = pictures
        self._now = now
        self._compared: LRUCache[str, _Compared] = LRUCache(_MOST_OWNERS)
        self._comparing: dict[str, asyncio.Task[_Compared]] = {}
        self._at_once = asyncio.Semaphore(1)
        self._scales: dict[str, float] = {}

    async def __call__(
        self, tier: Tier, *, owner_id: str, after: tuple[int, str] | None, limit: int
    ) -> DuplicatesPage:
        return await with_current_index(
            self._indexes,
            lambda index: self._page(index, tier, owner_id=owner_id, after=after, limit=limit),
        )

    async def _page(
        self, index: Index, tier: Tier, *, owner_id: str, after: tuple[int, str] | None, limit: int
    ) -> DuplicatesPage:
        compared = await self._known(index, owner_id, _KEPT_S if after else FRESH_S)
        groups = compared.groups[tier]
        if after is not None:
            start = (-after[0], after[1])
            groups = [group for group in groups if group.sort_key > start]
        page = _fitting(groups[:limit])
        wanted = [each for group in page for each in group.photo_ids[:_SHOWN]]
        photos = await self._fingerprints.photos(index, owner_id, wanted)
        shown = [found for group in page if (found := _as_now(group, photos))]
        following = (page[-1].newest_ms, page[-1].id) if len(groups) > len(page) else None
        total = len(compared.groups[tier])
        return DuplicatesPage(shown, total, compared.complete, index.model, following)

    async def close(self) -> None:
        tasks = list(self._comparing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _known(self, index: Index, owner_id: str, within_s: float) -> _Compared:
        held = self._compared.get(owner_id)
        if held and held.index == index.name and self._now() - held.at <= within_s:
            return held
        task = self._comparing.get(owner_id)
        if task is None:
            task = asyncio.create_task(self._compare(index, owner_id), name="near_duplicates")
            self._comparing[owner_id] = task
            task.add_done_callback(lambda done: self._ended(owner_id, done))
        # A client that goes away takes nothing from others that wait for the same.
        return await asyncio.shield(task)

    def _ended(self, owner_id: str, task: asyncio.Task[_Compared]) -> None:
        self._comparing.pop(owner_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Those who still wait for it are told; perhaps nobody does.
            _log.info("near_duplicates_not_compared", error=repr(error)[:200])

    async def _compare(self, index: Index, owner_id: str) -> _Compared:
        async with self._at_once:
            began = self._now()
            library = await self._scanned(index, owner_id)
            same, moment, complete = await asyncio.to_thread(_candidates, library)
            rows = np.unique(np.concatenate([same.ravel(), moment.ravel()]))
            sample = np.random.default_rng(0).permutation(len(library.ids))[:_SAMPLE]
            vectors = await self._vectors(
                index, owner_id, library, np.union1d(rows, sample) if len(rows) else rows
            )
            scale = await self._scale(index, vectors.of(sample)) if len(rows) else 1.0
            groups = await asyncio.to_thread(_groups, library, same, moment, vectors, scale)
            compared = _Compared(index.name, self._now(), groups, complete)
            self._compared[owner_id] = compared
            _log.info(
                "near_duplicates_compared",
                photos=len(library.ids),
                candidates=len(rows),
                scale=round(scale, 4),
                seconds=round(self._now() - began, 2),
            )
            return compared

    async def _scanned(self, index: Index, owner_id: str) -> _Library:
        ids: list[str] = []
        known = set[str]()
        # Plain numbers: a hundred thousand objects would stop the process to be counted again.
        hashes, taken, created = array("Q"), array("q"), array("q")
        hashed = bytearray()
        async for scanned in self._fingerprints.scan(index, owner_id):
            # One that is dated back meanwhile comes again, and is no duplicate of itself.
            page = [each for each in scanned if each.photo_id not in known]
            known.update(each.photo_id for each in page)
            ids += [each.photo_id for each in page]
            hashes.extend(each.phash or 0 for each in page)
            hashed.extend(each.phash is not None for each in page)
            taken.extend(each.taken_ms for each in page)
            created.extend(each.created_ms for each in page)
            if len(ids) >= _MOST_PHOTOS:
                _log.warning("near_duplicates_cut", photos=len(ids))
                break
        taken_ms = np.array(taken, dtype=np.int64)
        return _Library(
            ids=ids,
            hashes=np.array(hashes, dtype=np.uint64),
            hashed=np.array(hashed, dtype=np.uint8).astype(np.bool_),
            taken_ms=taken_ms,
            # Where nothing told when a picture was taken, that is when it was uploaded.
            timed=taken_ms != np.array(created, dtype=np.int64),
        )

    async def _vectors(
        self, index: Index, owner_id: str, library: _Library, rows: Any
    ) -> "_Sparse":
        found = await self._fingerprints.vectors(
            index, owner_id, [library.ids[row] for row in rows.tolist()]
        )
        return await asyncio.to_thread(_Sparse, library.ids, rows, found, index.dimensions)

    async def _scale(self, index: Index, sample: near.Vectors) -> float:
        """How far apart pictures usually are: in this library, or for the model where it has
        too few to tell."""
        known = sample[np.any(sample != 0, axis=1)]
        if len(known) >= _LEAST_SAMPLE:
            return near.background(known)
        if index.model not in self._scales:
            try:
                vectors = [
                    await self._pictures.embed(each, "image/png", index.model)
                    for each in await asyncio.to_thread(neutral_pictures)
                ]
            except EncoderAway as away:
                raise Unavailable(
                    "Pictures cannot be compared just now. Try again in a moment."
                ) from away
            self._scales[index.model] = near.background(np.array(vectors, dtype=np.float32))
        return self._scales[index.model]


class _Sparse:
    """Vectors of some positions; the others' are zero."""

    def __init__(
        self,
        ids: Sequence[str],
        rows: Any,
        found: Mapping[str, NDArray[np.float32]],
        dimensions: int,
    ) -> None:
        self._at = np.zeros(len(ids), dtype=np.int64)
        self._at[rows] = np.arange(1, len(rows) + 1)
        self._vectors = np.zeros((len(rows) + 1, dimensions), dtype=np.float32)
        for place, row in enumerate(rows.tolist(), start=1):
            vector = found.get(ids[row])
            if vector is not None:
                self._vectors[place] = vector
        lengths = np.linalg.norm(self._vectors, axis=1, keepdims=True)
        np.divide(self._vectors, lengths, out=self._vectors, where=lengths > 0)

    def of(self, rows: Any) -> near.Vectors:
        picked: near.Vectors = self._vectors[self._at[rows]]
        return picked


def _candidates(library: _Library) -> tuple[near.Pairs, near.Pairs, bool]:
    """Pairs for each tier that are worth fetching vectors for, and whether these are all."""
    hashed = np.flatnonzero(library.hashed)
    same = hashed[near.alike_hashes(library.hashes[hashed])]
    moment = near.near_moments(library.taken_ms, library.timed)
    room = _MOST_VECTORS - len(np.unique(same))
    if len(np.unique(moment)) <= room:
        return same, moment, True
    # Too many to look at each: those that could be of one motif, the newest first.
    moment = near.loosely_alike(moment, library.hashes)
    complete = False
    if room < 0:
        same = same[(same < np.unique(same)[_MOST_VECTORS]).all(axis=1)]
        return same, moment[:0], complete
    rows = np.unique(moment)
    if len(rows) > room:
        moment = moment[(moment < rows[room]).all(axis=1)]
    return same, moment, complete


def _groups(
    library: _Library, same: near.Pairs, moment: near.Pairs, vectors: _Sparse, scale: float
) -> dict[Tier, Sequence[Group]]:
    position = {photo_id: row for row, photo_id in enumerate(library.ids)}
    pairs, cosines = near.alike(same, vectors.of, near.SAME_SHARE * scale)
    found = near.grouped(pairs, cosines, library.ids, library.taken_ms, Tier.SAME)
    # Of one picture in several files one stands for all at its moment.
    copies = [position[each] for group in found for each in group.photo_ids[1:]]
    moment = near.without(moment, copies, len(library.ids))
    pairs, cosines = near.alike(moment, vectors.of, near.MOMENT_SHARE * scale)
    moments = near.grouped(pairs, cosines, library.ids, library.taken_ms, Tier.MOMENT)
    return {Tier.SAME: found, Tier.MOMENT: moments}


def _fitting(groups: Sequence[Group]) -> list[Group]:
    page: list[Group] = []
    room = _MOST_SHOWN
    for group in groups:
        room -= min(len(group.photo_ids), _SHOWN)
        if page and room < 0:
            break
        page.append(group)
    return page


def _as_now(group: Group, photos: Mapping[str, StoredPhoto]) -> NearDuplicates | None:
    """None when photos have gone since, and the rest is no group."""
    present = [photos[each] for each in group.photo_ids if each in photos]
    if len(present) < 2:  # noqa: PLR2004
        return None
    keeper, why = keeper_of([each.fields() for each in present])
    return NearDuplicates(group, present, keeper, why)
