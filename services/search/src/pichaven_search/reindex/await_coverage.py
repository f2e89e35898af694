"""Wait until a new index has the vectors that the old one has."""

import asyncio
from dataclasses import dataclass
from typing import Final

from pichaven_chassis.logging import get_logger
from pichaven_search.index.indexes import ElasticIndexes
from pichaven_search.index.model import Index
from pichaven_search.reindex.rebuild_index import Pause
from pichaven_search.reindex.refusal import Refused
from pichaven_search.reindex.repository import ElasticAnalyses

POLL_S: Final = 10.0
_NAMED: Final = 20

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of `photos` with a vector in the old index, `lacking` have none in the new one."""

    photos: int
    lacking: int

    @property
    def share(self) -> float:
        return 1 - self.lacking / self.photos if self.photos else 1.0


class AwaitCoverage:
    """Counts first, and looks photo by photo once the counts are enough."""

    def __init__(
        self, indexes: ElasticIndexes, analyses: ElasticAnalyses, *, pause: Pause = asyncio.sleep
    ) -> None:
        self._indexes = indexes
        self._analyses = analyses
        self._pause = pause

    async def __call__(
        self, old: Index, new: Index, *, share: float, patience_s: float
    ) -> Coverage:
        """Raises `Refused` when nothing has come for `patience_s` and it is not enough."""
        most, quiet_s = -1, 0.0
        while True:
            await self._indexes.refresh(new)
            had, has = await self._analyses.count(old), await self._analyses.count(new)
            coverage = Coverage(had, max(0, had - has))
            if coverage.share >= share:
                coverage = await self._exactly(old, new)
                if coverage.share >= share:
                    return coverage
            if has > most:
                most, rate, quiet_s = has, (has - most) / POLL_S if most >= 0 else 0.0, 0.0
            else:
                rate = 0.0
            _log.info(
                "coverage_waits",
                index=new.name,
                photos=coverage.photos,
                lacking=coverage.lacking,
                share=round(coverage.share, 5),
                photos_per_s=round(rate, 1),
                rest_s=round(coverage.lacking / rate) if rate else None,
            )
            if quiet_s >= patience_s:
                raise Refused(
                    f"{coverage.lacking} of {coverage.photos} photos have no vector of {new.model} "
                    f"({coverage.share:.2%} have one, --share {share} is asked for) and none came "
                    f"for {patience_s:g} s; run `python -m pichaven_ml reembed` with that model, "
                    f"then this again. {new.name} is kept and filled meanwhile, --discard removes "
                    "it"
                )
            await self._pause(POLL_S)
            quiet_s += POLL_S

    async def _exactly(self, old: Index, new: Index) -> Coverage:
        photos = lacking = 0
        async for page in self._analyses.pages(old):
            absent = await self._analyses.lacking(new, page)
            if absent:
                _log.info("coverage_lacks", index=new.name, photo_ids=sorted(absent)[:_NAMED])
            photos += len(page)
            lacking += len(absent)
        return Coverage(photos, lacking)
