"""Writing many photos into the search index at once, by the worker's own code, without Kafka."""

import asyncio
from collections.abc import Iterable
from typing import Final

from pichaven_chassis.events import Delivery, EventMeta
from pichaven_chassis.ids import new_id
from pichaven_chassis.settings import ElasticsearchSettings
from pichaven_contracts.photo import PhotoChanged, PhotoEmbedded
from pichaven_local.stack import Stack
from pichaven_search.bootstrap import Adapters, wire
from pichaven_search.index.model import Index
from pichaven_search.settings import MlSettings

Events = tuple[PhotoChanged, PhotoEmbedded]
_WRITERS: Final = 3
_META: Final = EventMeta(new_id(), "", "", None, "", "", 0, 0)


def search_adapters(stack: Stack) -> Adapters:
    """Return what search's worker uses, connected to the stack; close it."""
    environment = stack.environment("search")
    url = environment["PICHAVEN_ELASTICSEARCH_URL"]
    ml = MlSettings(urls=environment["PICHAVEN_ML_URLS"])
    return wire(elasticsearch=ElasticsearchSettings(url=url, timeout_s=120), ml=ml)


class SearchWriter:
    """Indexes photos in the background, a few batches at a time."""

    def __init__(self, adapters: Adapters, index: Index) -> None:
        self._adapters = adapters
        self._index = index
        self._waiting: set[asyncio.Task[None]] = set()

    async def write(self, batch: Iterable[Events]) -> None:
        """Index the batch; return when there is room for another."""
        deliveries = [Delivery(event, _META) for pair in batch for event in pair]
        write = self._adapters.index_photos.into(self._index, deliveries)
        self._waiting.add(asyncio.create_task(write))
        if len(self._waiting) >= _WRITERS:
            done, self._waiting = await asyncio.wait(
                self._waiting, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                task.result()

    async def finish(self) -> None:
        """Return when all batches can be searched."""
        await asyncio.gather(*self._waiting)
        await self._adapters.indexes.refresh(self._index)
