"""Wait until a new index has an embedding of every photo that the old one has one of."""

import asyncio
from dataclasses import dataclass
from typing import Final

from pichaven_chassis.logging import get_logger
from pichaven_search.index.indexes import IndexRepository
from pichaven_search.index.model import Index
from pichaven_search.reindex.errors import OperationRefused
from pichaven_search.reindex.rebuild_index import Pause
from pichaven_search.reindex.repository import EmbeddingRepository

POLL_S: Final = 10.0
_MAX_LOGGED_IDS: Final = 20

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of `photos` with an embedding in the old index, `missing` have none in the new one."""

    photos: int
    missing: int

    @property
    def share(self) -> float:
        return 1 - self.missing / self.photos if self.photos else 1.0


async def count_coverage(embeddings: EmbeddingRepository, old: Index, new: Index) -> Coverage:
    """Return the coverage by the counts of embeddings alone."""
    before, after = await embeddings.count(old), await embeddings.count(new)
    return Coverage(before, max(0, before - after))


class AwaitCoverage:
    """Compares counts; compares photo by photo once the counts suffice."""

    def __init__(
        self,
        indexes: IndexRepository,
        embeddings: EmbeddingRepository,
        *,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._indexes = indexes
        self._embeddings = embeddings
        self._pause = pause

    async def __call__(
        self, old: Index, new: Index, *, share: float, stall_timeout_s: float
    ) -> Coverage:
        """Return a coverage of at least `share`.

        Raises `OperationRefused` when no embedding has come for `stall_timeout_s`.
        """
        best, quiet_s = -1, 0.0
        while True:
            await self._indexes.refresh(new)
            before, count = await self._embeddings.count(old), await self._embeddings.count(new)
            coverage = Coverage(before, max(0, before - count))
            if coverage.share >= share:
                coverage = await self._compare_photos(old, new)
                if coverage.share >= share:
                    return coverage
            rate = (count - best) / POLL_S if 0 <= best < count else 0.0
            if count > best:
                best, quiet_s = count, 0.0
            _log.info(
                "coverage_waits",
                index=new.name,
                photos=coverage.photos,
                missing=coverage.missing,
                share=round(coverage.share, 5),
                photos_per_s=round(rate, 1),
                remaining_s=round(coverage.missing / rate) if rate else None,
            )
            if quiet_s >= stall_timeout_s:
                raise OperationRefused(
                    f"{coverage.missing} of {coverage.photos} photos have no embedding of "
                    f"{new.model} ({coverage.share:.2%} have one, --share {share} is required) "
                    f"and none came for {stall_timeout_s:g} s; run `python -m pichaven_ml reembed` "
                    f"with that model, then this again. {new.name} is kept and filled meanwhile, "
                    "--discard removes it"
                )
            await self._pause(POLL_S)
            quiet_s += POLL_S

    async def _compare_photos(self, old: Index, new: Index) -> Coverage:
        photos = missing = 0
        async for page in self._embeddings.pages(old):
            missing_ids = await self._embeddings.find_missing(new, page)
            if missing_ids:
                _log.info(
                    "coverage_lacks",
                    index=new.name,
                    photo_ids=sorted(missing_ids)[:_MAX_LOGGED_IDS],
                )
            photos += len(page)
            missing += len(missing_ids)
        return Coverage(photos, missing)
