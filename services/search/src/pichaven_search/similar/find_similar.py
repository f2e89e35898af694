"""Find the photos that look most like one of the owner's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pichaven_search.ports import Indexes, Likeness, PhotoFinder
from pichaven_search.query_language.filters import Filters
from pichaven_search.retrieval.library_stats import KnowLibrary
from pichaven_search.retrieval.queries import searched_index


@dataclass(frozen=True, slots=True)
class Similar:
    """`reason` says why there can be no answer yet."""

    likenesses: Sequence[Likeness]
    model: str
    reason: Literal["not_analyzed"] | None = None


class FindSimilar:
    """Raises `NotFound` for a photo that is not the owner's or cannot be searched."""

    def __init__(self, indexes: Indexes, finder: PhotoFinder, know_library: KnowLibrary) -> None:
        self._indexes = indexes
        self._finder = finder
        self._know_library = know_library

    async def __call__(self, photo_id: str, *, owner_id: str, limit: int) -> Similar:
        index = await searched_index(self._indexes)
        vector = await self._finder.vector(index, owner_id, photo_id)
        if vector is None:
            return Similar((), index.model, "not_analyzed")
        library = await self._know_library(index, owner_id)
        found = await self._finder.nearest(
            index, owner_id, vector, Filters(), among=library.photos, but=photo_id, limit=limit
        )
        return Similar(found, index.model)
