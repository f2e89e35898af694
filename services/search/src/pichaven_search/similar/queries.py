"""Find the photos that look most like one of the owner's own, or like a picture."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import Unavailable
from pichaven_search.index.model import SearchedIndex, searched_index
from pichaven_search.ml_client.model import EncoderUnavailable, PictureEncoder
from pichaven_search.ml_client.pictures import detect_media_type
from pichaven_search.query_language.filters import Filters
from pichaven_search.retrieval.library_stats import KnowLibrary
from pichaven_search.similar.model import Similar
from pichaven_search.similar.repository import ElasticNeighbours

_AT_ONCE: Final = 2
_MOST_WAITING: Final = 14

_log = get_logger(__name__)


class FindSimilar:
    """Raises `NotFound` for a photo that is not the owner's or cannot be searched."""

    def __init__(
        self, indexes: SearchedIndex, neighbours: ElasticNeighbours, know_library: KnowLibrary
    ) -> None:
        self._indexes = indexes
        self._neighbours = neighbours
        self._know_library = know_library

    async def __call__(self, photo_id: str, *, owner_id: str, limit: int) -> Similar:
        index = await searched_index(self._indexes)
        vector = await self._neighbours.vector(index, owner_id, photo_id)
        if vector is None:
            return Similar((), index.model, "not_analyzed")
        library = await self._know_library(index, owner_id)
        found = await self._neighbours.nearest(
            index, owner_id, vector, Filters(), among=library.photos, but=photo_id, limit=limit
        )
        return Similar(found, index.model)


class SearchByPicture:
    """The picture is looked at and forgotten."""

    def __init__(
        self,
        indexes: SearchedIndex,
        neighbours: ElasticNeighbours,
        encoder: PictureEncoder,
        know_library: KnowLibrary,
    ) -> None:
        self._indexes = indexes
        self._neighbours = neighbours
        self._encoder = encoder
        self._know_library = know_library
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    @asynccontextmanager
    async def room(self) -> AsyncIterator[None]:
        """Room for one picture in memory, to be had before it is taken in. Waits for it; raises
        `Unavailable` where many wait."""
        if self._waiting >= _AT_ONCE + _MOST_WAITING:
            raise Unavailable("Many pictures are being looked at. Try again in a moment.")
        self._waiting += 1
        try:
            async with self._at_once:
                yield
        finally:
            self._waiting -= 1

    async def __call__(
        self, data: bytes, *, owner_id: str, filters: Filters, limit: int
    ) -> Similar:
        """Raises `Unavailable` while ml is away, and the problems of ml_client/pictures.py."""
        media_type = detect_media_type(data)
        index = await searched_index(self._indexes)
        try:
            vector = await self._encoder.embed(data, media_type, index.model)
        except EncoderUnavailable as away:
            _log.warning("picture_search_away", reason=str(away)[:200])
            raise Unavailable(
                "Pictures cannot be looked at just now. Try again in a moment."
            ) from away
        library = await self._know_library(index, owner_id)
        found = await self._neighbours.nearest(
            index, owner_id, vector, filters, among=library.photos, limit=limit
        )
        return Similar(found, index.model)
