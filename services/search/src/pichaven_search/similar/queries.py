"""Find the photos that are visually nearest to a photo of the library, or to a picture."""

from contextlib import AbstractAsyncContextManager
from typing import Final

from pichaven_chassis.fair_slots import FairSlots, Slot, SlotLimits
from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import Unavailable
from pichaven_search.audience import Audience
from pichaven_search.index.model import Index, SearchedIndex, with_current_index
from pichaven_search.ml_client.model import EncoderUnavailable, PictureEncoder
from pichaven_search.ml_client.pictures import detect_media_type
from pichaven_search.query_language.filters import Filters
from pichaven_search.retrieval.library_stats import LibraryStatsCache
from pichaven_search.retrieval.model import SearchScope
from pichaven_search.similar.model import SimilarPhotos
from pichaven_search.similar.repository import NeighbourRepository

_LIMITS: Final = SlotLimits(
    slots=4, per_owner=1, reserved=1, waiting=48, waiting_per_owner=8, longest_wait_s=10
)
"""A picture in a slot has up to 20 MiB. Three slots keep ml's decoding busy."""

_log = get_logger(__name__)


class FindSimilarPhotos:
    """Raises `NotFound` for a photo that the audience may not find."""

    def __init__(
        self,
        indexes: SearchedIndex,
        neighbours: NeighbourRepository,
        library_stats: LibraryStatsCache,
    ) -> None:
        self._indexes = indexes
        self._neighbours = neighbours
        self._library_stats = library_stats

    async def __call__(self, photo_id: str, *, audience: Audience, limit: int) -> SimilarPhotos:
        async def find(index: Index) -> SimilarPhotos:
            scope = SearchScope(index, audience)
            vector = await self._neighbours.vector(scope, photo_id)
            if vector is None:
                return SimilarPhotos((), index.model, "not_analyzed")
            library = await self._library_stats.get((index, audience.own))
            photos = await self._neighbours.nearest(
                scope, vector, library_size=library.photos, limit=limit, excluding=photo_id
            )
            return SimilarPhotos(photos, index.model)

        return await with_current_index(self._indexes, find)


class SearchByPicture:
    """The picture is embedded and not stored."""

    def __init__(
        self,
        indexes: SearchedIndex,
        neighbours: NeighbourRepository,
        encoder: PictureEncoder,
        library_stats: LibraryStatsCache,
    ) -> None:
        self._indexes = indexes
        self._neighbours = neighbours
        self._encoder = encoder
        self._library_stats = library_stats
        self._slots = FairSlots(_LIMITS)

    def slot(self, audience: Audience) -> AbstractAsyncContextManager[Slot]:
        """Wait for memory for one picture, before it is read from the request.

        Raises `OwnShareTaken`, `SlotsTaken`.
        """
        return self._slots.slot(audience.user_id)

    async def __call__(
        self, data: bytes, *, audience: Audience, filters: Filters, limit: int
    ) -> SimilarPhotos:
        """Raises `Unavailable` while ml is away, and the problems of ml_client/pictures.py."""
        media_type = detect_media_type(data)

        async def find(index: Index) -> SimilarPhotos:
            vector = await self._encoder.embed(
                data, media_type, index.model, owner_id=audience.user_id
            )
            library = await self._library_stats.get((index, audience.own))
            photos = await self._neighbours.nearest(
                SearchScope(index, audience, filters),
                vector,
                library_size=library.photos,
                limit=limit,
            )
            return SimilarPhotos(photos, index.model)

        try:
            return await with_current_index(self._indexes, find)
        except EncoderUnavailable as error:
            _log.warning("picture_search_unavailable", reason=str(error)[:200])
            raise Unavailable(
                "Pictures cannot be looked at just now. Try again in a moment."
            ) from error
