"""Fill an index by replay of the compacted topics, while live events are written to it too.

Every part of a document is guarded, so nothing newer is overwritten and a replay may be repeated.
"""

from typing import Final

from pichaven_chassis.events import Delivery
from pichaven_chassis.logging import get_logger
from pichaven_chassis.replay import MissingTopic, Replay
from pichaven_contracts.topics import LIBRARY, TEXT, Topic, embedding_topic
from pichaven_search.index.commands import EVENT_TYPES, IndexPhotos
from pichaven_search.index.model import Index

_BATCH: Final = 500
_LOG_EVERY: Final = 5000
"""Records."""

_log = get_logger(__name__)


class FillIndex:
    """Replays the library, the text and the embeddings of the index's model."""

    def __init__(self, index_photos: IndexPhotos, replay: Replay) -> None:
        self._index_photos = index_photos
        self._replay = replay

    async def __call__(self, index: Index) -> int:
        """Return the count of records replayed."""
        records = await self._replay_topic(index, LIBRARY) + await self._replay_topic(index, TEXT)
        topic = embedding_topic(index.model)
        try:
            records += await self._replay_topic(index, topic)
        except MissingTopic:
            # ml creates it at its first start; its records are consumed live from then on.
            _log.warning("embedding_topic_missing", index=index.name, topic=topic.name)
        _log.info("index_filled", index=index.name, records=records)
        return records

    async def _replay_topic(self, index: Index, topic: Topic) -> int:
        records = 0
        batch: list[Delivery] = []
        async for delivery in self._replay(topic, EVENT_TYPES):
            batch.append(delivery)
            if len(batch) == _BATCH:
                await self._index_photos.into(index, batch)
                records += len(batch)
                batch = []
                if records % _LOG_EVERY == 0:
                    _log.info(
                        "topic_replay_progress",
                        index=index.name,
                        topic=topic.name,
                        records=records,
                    )
        await self._index_photos.into(index, batch)
        records += len(batch)
        _log.info("topic_replayed", index=index.name, topic=topic.name, records=records)
        return records
