"""Make a new index from the compacted topics while the old one answers, then switch.

Live changes go to the new index from its creation on. The replay starts only after every
worker has noticed it, and runs to the topics' ends as of then: what came before the ends is
replayed, what came after is indexed live, what is both is harmless by the version guards.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from pichaven_chassis.events import Delivery
from pichaven_chassis.logging import get_logger
from pichaven_contracts.topics import ANALYSIS, LIBRARY
from pichaven_search.application.index_photos import EVENT_TYPES, IndexPhotos
from pichaven_search.application.ports import Index, Indexes, PurgedPhotos, Replay, TextEncoder

NOTICE_S: Final = 3.0
"""After so long every worker and every searcher knows a change of the list of indexes."""
_BATCH: Final = 500

_log = get_logger(__name__)
Pause = Callable[[float], Awaitable[None]]


class RebuildRefused(Exception):
    """The reason is for the operator."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    index: Index
    replaced: Index | None
    records: int
    photos: int
    """That can be found in the new index."""


class RebuildIndex:
    """`restart` discards an unfinished rebuild; `force` switches even to an empty index."""

    def __init__(
        self,
        indexes: Indexes,
        purged: PurgedPhotos,
        encoder: TextEncoder,
        index_photos: IndexPhotos,
        replay: Replay,
        *,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._indexes = indexes
        self._purged = purged
        self._encoder = encoder
        self._index_photos = index_photos
        self._replay = replay
        self._pause = pause

    async def __call__(self, *, restart: bool = False, force: bool = False) -> Rebuilt:
        """On return the new index is searched; the old one is kept and still written to."""
        await self._purged.prepare()
        await self._clear_unfinished(restart=restart)
        replaced = await self._indexes.searched()
        index = await self._indexes.create(await self._encoder.model(), searched=False)
        _log.info("rebuild_started", index=index.name, model=index.model)
        try:
            await self._pause(NOTICE_S)
            records = await self._fill(index)
            photos = await self._indexes.refresh(index)
            before = await self._indexes.refresh(replaced) if replaced else 0
            if before and not photos and not force:
                raise RebuildRefused(
                    f"the topics gave no photo that can be found, the present index has {before}; "
                    "--force switches all the same"
                )
        except BaseException:
            # What is half filled would otherwise be written to for ever.
            await self._indexes.retire(index)
            await self._pause(NOTICE_S)
            await self._indexes.delete(index)
            raise
        await self._indexes.switch(index)
        _log.info("rebuild_switched", index=index.name, photos=photos, before=before)
        return Rebuilt(index, replaced, records, photos)

    async def delete_old(self) -> list[str]:
        """Delete every complete index but the one that is searched; answers their names."""
        searched = await self._indexes.searched()
        old = [
            index
            for index in await self._indexes.listed()
            if searched is not None and index.name != searched.name and index.state == "complete"
        ]
        for index in old:
            await self._indexes.retire(index)
        if old:
            await self._pause(NOTICE_S)
        for index in old:
            await self._indexes.delete(index)
        return [index.name for index in old]

    async def _clear_unfinished(self, *, restart: bool) -> None:
        unfinished = [each for each in await self._indexes.listed() if each.state == "building"]
        if unfinished and not restart:
            raise RebuildRefused(
                f"{unfinished[0].name} is being built; if no rebuild runs any more, --restart "
                "discards it"
            )
        for index in unfinished:
            await self._indexes.retire(index)
            await self._pause(NOTICE_S)
            await self._indexes.delete(index)

    async def _fill(self, index: Index) -> int:
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
            _log.info("rebuild_replayed", topic=topic.name, records=records)
        return records
