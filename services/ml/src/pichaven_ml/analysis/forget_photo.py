"""Remove what is known of a purged photo from the compacted topics."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from pichaven_chassis.events import EventPublisher
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.refreshing_cache import Lifetime, RefreshingCache
from pichaven_contracts.photo import PhotoPurged
from pichaven_contracts.topics import TAGS, TEXT, Topic

_CACHED_S: Final = 60.0


class ForgetPhoto:
    """Write tombstones, also to the embedding topics of other models. May be repeated.

    A concurrent analysis may still follow; gallery then purges again.
    """

    def __init__(
        self,
        publisher: EventPublisher,
        list_embedding_topics: Callable[[], Awaitable[Sequence[Topic]]],
    ) -> None:
        self._publisher = publisher
        self._embedding_topics = RefreshingCache[str, Sequence[Topic]](
            lambda _: list_embedding_topics(), Lifetime(_CACHED_S, _CACHED_S), max_entries=1
        )

    async def __call__(self, purged: PhotoPurged) -> None:
        topics = (TAGS, TEXT, *await self._embedding_topics.get("all"))
        try:
            await asyncio.gather(
                *(self._publisher.publish_tombstone(topic, purged.photo_id) for topic in topics)
            )
        except EngineDown:
            # One of them may have been deleted.
            self._embedding_topics.invalidate("all")
            raise
