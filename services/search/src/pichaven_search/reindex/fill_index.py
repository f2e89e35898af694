"""Fill an index that is written to already: by replay, and from indexes of the same model.

The analysis topic is compacted by photo, so of two models that run at the same time it keeps
only who spoke last. What the index's own model said before stands in the other indexes of that
model, and is copied from there. Everything is guarded by revision and time, so nothing newer is
overwritten, whatever comes twice or late.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from pichaven_chassis.events import Delivery
from pichaven_chassis.logging import get_logger
from pichaven_contracts.event import Event
from pichaven_contracts.topics import ANALYSIS, LIBRARY, Topic
from pichaven_search.index.commands import EVENT_TYPES, IndexPhotos, WriteContended
from pichaven_search.index.document import Change, Held, Write
from pichaven_search.index.model import Index
from pichaven_search.index.purged import ElasticPurged
from pichaven_search.index.repository import ElasticPhotos
from pichaven_search.reindex.model import StoredAnalysis
from pichaven_search.reindex.repository import ElasticAnalyses

_BATCH: Final = 500
_TRIES: Final = 8
COPIED: Final = (
    "analysis_revision",
    "analysis_at",
    "embedding",
    "words_seen",
    "stems_seen",
)
"""The fields of a document that come from an analysis."""

_log = get_logger(__name__)


class Replay(Protocol):
    """A compacted topic from its beginning to where it ends at the call."""

    def __call__(self, topic: Topic, types: Collection[type[Event]]) -> AsyncIterator[Delivery]: ...


@dataclass(frozen=True, slots=True)
class Filled:
    records: int
    """Replayed from the topics."""
    copied: int
    """Analyses taken from another index, since the topics no longer have them."""


class FillIndex:
    """May be repeated, and goes on beside live writes. An engine that is away passes through."""

    def __init__(
        self,
        index_photos: IndexPhotos,
        photos: ElasticPhotos,
        purged: ElasticPurged,
        analyses: ElasticAnalyses,
        replay: Replay,
    ) -> None:
        self._index_photos = index_photos
        self._photos = photos
        self._purged = purged
        self._analyses = analyses
        self._replay = replay

    async def __call__(self, index: Index, siblings: Sequence[Index]) -> Filled:
        """`siblings` are indexes of the same model; others are passed over."""
        records = await self._play(index)
        copied = 0
        for sibling in siblings:
            if sibling.model == index.model and sibling.name != index.name:
                copied += await self._copy(sibling, index)
        _log.info("index_filled", index=index.name, records=records, copied=copied)
        return Filled(records, copied)

    async def _play(self, index: Index) -> int:
        records = 0
        for topic in (LIBRARY, ANALYSIS):
            batch: list[Delivery] = []
            async for delivery in self._replay(topic, EVENT_TYPES):
                batch.append(delivery)
                if len(batch) == _BATCH:
                    await self._index_photos.into(index, batch)
                    records += len(batch)
                    batch = []
            await self._index_photos.into(index, batch)
            records += len(batch)
            _log.info("index_replayed", index=index.name, topic=topic.name, records=records)
        return records

    async def _copy(self, source: Index, index: Index) -> int:
        copied = 0
        async for page in self._analyses.pages(source, fields=COPIED):
            copied += await self._bring(index, page)
        return copied

    async def _bring(self, index: Index, page: Sequence[StoredAnalysis]) -> int:
        copied: set[str] = set()
        pending = [each for each in page if len(each.fields["embedding"]) == index.dimensions]
        for _ in range(_TRIES):
            held = await self._photos.held(
                index, [Change(each.photo_id, each.owner_id) for each in pending]
            )
            writes = [
                Write(each.photo_id, each.owner_id, dict(each.fields), held[each.photo_id])
                for each in pending
                # What the library does not know is not brought back by its analysis.
                if each.photo_id in held and _is_newer(each.fields, held[each.photo_id])
            ]
            refused = await self._photos.write(index, writes) if writes else set()
            copied |= {write.photo_id for write in writes} - refused
            pending = [each for each in pending if each.photo_id in refused]
            if not pending:
                break
        else:
            raise WriteContended(f"{len(pending)} photos of {index.name}")
        purged = await self._purged.among(copied) if copied else set()
        if purged:
            await self._photos.remove(index, purged)
        return len(copied - purged)


def _is_newer(fields: dict[str, Any] | Any, held: Held) -> bool:
    age = fields["analysis_revision"], datetime.fromisoformat(fields["analysis_at"])
    return held.analysis is None or age > held.analysis
