"""Make a new index of the same model while the old one answers, then switch.

Live changes go to the new index from its creation on. The replay starts only after every
worker has noticed it, and runs to the topics' ends as of then: what came before the ends is
replayed, what came after is indexed live, what is both is harmless by the version guards.
Another model is never taken by accident: that is `SwitchModel`'s.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from pichaven_chassis.logging import get_logger
from pichaven_search.index.indexes import ElasticIndexes
from pichaven_search.index.model import Index
from pichaven_search.index.purged import ElasticPurged
from pichaven_search.ml_client.model import Model, TextEncoder
from pichaven_search.reindex.fill_index import FillIndex
from pichaven_search.reindex.refusal import Refused
from pichaven_search.reindex.repository import ElasticAnalyses

NOTICE_S: Final = 3.0
"""After so long every worker and every searcher knows a change of the list of indexes."""
_KEPT_SHARE: Final = 0.999
"""Of the vectors; a few may belong to photos that are purged meanwhile."""

_log = get_logger(__name__)
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    index: Index
    replaced: Index | None
    records: int
    photos: int
    """That can be found in the new index."""


class RebuildIndex:
    """`restart` discards an unfinished index; `force` switches even to an emptier one."""

    def __init__(
        self,
        indexes: ElasticIndexes,
        purged: ElasticPurged,
        encoder: TextEncoder,
        fill: FillIndex,
        analyses: ElasticAnalyses,
        *,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._indexes = indexes
        self._purged = purged
        self._encoder = encoder
        self._fill = fill
        self._analyses = analyses
        self._pause = pause

    async def __call__(self, *, restart: bool = False, force: bool = False) -> Rebuilt:
        """On return the new index is searched; the old one is kept and still written to."""
        await self._purged.prepare()
        await self._clear_unfinished(restart=restart)
        replaced = await self._indexes.searched()
        model = (
            Model(replaced.model, replaced.dimensions, None)
            if replaced
            else await self._encoder.model()
        )
        index = await self._indexes.create(model, searched=False)
        _log.info("rebuild_started", index=index.name, model=index.model)
        try:
            await self._pause(NOTICE_S)
            filled = await self._fill(index, await self._siblings(replaced))
            photos = await self._indexes.refresh(index)
            if replaced and not force:
                await self._check(index, photos, replaced)
        except BaseException:
            # What is half filled would otherwise be written to for ever.
            await discard(self._indexes, index, self._pause)
            raise
        await self._indexes.switch(index)
        _log.info("rebuild_switched", index=index.name, photos=photos)
        return Rebuilt(index, replaced, filled.records, photos)

    async def _siblings(self, replaced: Index | None) -> list[Index]:
        listed = list(await self._indexes.listed())
        names = {index.name for index in listed}
        # An index of an older schema may be searched and not be written to.
        return [*listed, *([replaced] if replaced and replaced.name not in names else [])]

    async def _check(self, index: Index, photos: int, replaced: Index) -> None:
        before = await self._indexes.refresh(replaced)
        if before and not photos:
            raise Refused(
                f"the topics gave no photo that can be found, the present index has {before}; "
                "--force switches all the same"
            )
        had, has = await self._analyses.count(replaced), await self._analyses.count(index)
        if has < _KEPT_SHARE * had:
            raise Refused(
                f"{has} photos would have a vector of {index.model}, {had} have one now; "
                "run `python -m pichaven_ml reembed` with that model, or --force"
            )

    async def _clear_unfinished(self, *, restart: bool) -> None:
        unfinished = [each for each in await self._indexes.listed() if each.state == "building"]
        if unfinished and not restart:
            raise Refused(
                f"{unfinished[0].name} is being built; if nothing builds it any more, --restart "
                "discards it"
            )
        for index in unfinished:
            await discard(self._indexes, index, self._pause)


async def discard(indexes: ElasticIndexes, index: Index, pause: Pause) -> None:
    """Delete an index once no worker writes to it any more."""
    await indexes.retire(index)
    await pause(NOTICE_S)
    await indexes.delete(index)
