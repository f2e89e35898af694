"""Create a new index of the same model while the old one is searched, then switch.

Live events are written to the new index from its creation on. The replay starts only after every
worker knows the index, and runs to the topics' ends as of then: earlier events are replayed,
later ones come live, and the guards make those that do both harmless. `SwitchModel` changes the
model.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from pichaven_chassis.logging import get_logger
from pichaven_search.index.indexes import IndexRepository
from pichaven_search.index.model import Index
from pichaven_search.index.purge_marks import PurgeMarkRepository
from pichaven_search.index.segments import SegmentRepository
from pichaven_search.ml_client.model import Model, TextEncoder
from pichaven_search.reindex.errors import OperationRefused
from pichaven_search.reindex.fill_index import FillIndex
from pichaven_search.reindex.repository import EmbeddingRepository

NOTICE_S: Final = 3.0
"""Until every worker and every searcher knows a change of the list of indexes."""
_MIN_COVERAGE: Final = 0.999
"""Share of the embeddings and of the texts; a few may belong to photos purged meanwhile."""

_log = get_logger(__name__)
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RebuildResult:
    index: Index
    replaced: Index | None
    records: int
    photos: int
    """Searchable in the new index."""


class RebuildIndex:
    """`restart` discards an unfinished index; `force` switches even to one with less in it."""

    def __init__(
        self,
        indexes: IndexRepository,
        segments: SegmentRepository,
        purge_marks: PurgeMarkRepository,
        encoder: TextEncoder,
        fill: FillIndex,
        embeddings: EmbeddingRepository,
        *,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._indexes = indexes
        self._segments = segments
        self._purge_marks = purge_marks
        self._encoder = encoder
        self._fill = fill
        self._embeddings = embeddings
        self._pause = pause

    async def __call__(self, *, restart: bool = False, force: bool = False) -> RebuildResult:
        """Return when the new index is searched; the old one is kept and still written to.

        Raises `OperationRefused`, and leaves nothing behind then.
        """
        await self._purge_marks.prepare()
        await self._clear_unfinished(restart=restart)
        replaced = await self._indexes.get_searched()
        model = (
            Model(replaced.model, replaced.dimensions, None)
            if replaced
            else await self._encoder.model()
        )
        index = await self._indexes.create(model, searched=False)
        _log.info("rebuild_started", index=index.name, model=index.model)
        try:
            await self._pause(NOTICE_S)
            records = await self._fill(index)
            photos = await self._indexes.refresh(index)
            if replaced and not force:
                await self._check(index, photos, replaced)
            await self._segments.merge(index)
        except BaseException:
            # A half filled index would be written to for ever.
            await discard(self._indexes, index, self._pause)
            raise
        await self._indexes.switch(index)
        _log.info("rebuild_switched", index=index.name, photos=photos)
        return RebuildResult(index, replaced, records, photos)

    async def _check(self, index: Index, photos: int, replaced: Index) -> None:
        before = await self._indexes.refresh(replaced)
        if before and not photos:
            raise OperationRefused(
                f"the topics have no photo that can be found, the present index has {before}; "
                "--force switches all the same"
            )
        counts = (
            (f"an embedding of {index.model}", self._embeddings.count),
            ("their text read", self._embeddings.count_texts),
        )
        for part, count in counts:
            old, new = await count(replaced), await count(index)
            if new < _MIN_COVERAGE * old:
                raise OperationRefused(
                    f"{new} photos would have {part}, {old} have it now; "
                    f"run `python -m pichaven_ml reembed` with {index.model}, or --force"
                )

    async def _clear_unfinished(self, *, restart: bool) -> None:
        unfinished = await self._indexes.list_unfinished()
        if unfinished and not restart:
            raise OperationRefused(
                f"{unfinished[0].name} is being built; if nothing builds it any more, --restart "
                "discards it"
            )
        for index in unfinished:
            await discard(self._indexes, index, self._pause)


async def discard(indexes: IndexRepository, index: Index, pause: Pause) -> None:
    """Delete an index when no worker writes to it any more."""
    await indexes.retire(index)
    await pause(NOTICE_S)
    await indexes.delete(index)
