"""The analyses that an index holds, for whoever compares or copies indexes of whole libraries."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pichaven_search.ports import Index


@dataclass(frozen=True, slots=True)
class StoredAnalysis:
    """What an index has of a photo's analysis; without `fields` only that it has one."""

    photo_id: str
    owner_id: str
    fields: Mapping[str, Any] = field(default_factory=dict)


class StoredAnalyses(Protocol):
    """Reads go to what is findable; call `Indexes.refresh` before to see what was just written."""

    async def count(self, index: Index) -> int:
        """How many photos have an analysis."""
        ...

    def pages(
        self, index: Index, *, fields: Sequence[str] = ()
    ) -> AsyncIterator[Sequence[StoredAnalysis]]:
        """Every photo that has an analysis, once, as of the call; some hundreds at a time."""
        ...

    async def lacking(self, index: Index, photos: Sequence[StoredAnalysis]) -> set[str]:
        """The ids of those that have no analysis in the index, or are not there at all."""
        ...

    async def owners_of(self, index: Index, photo_ids: Collection[str]) -> set[str]: ...

    async def some_owners(self, index: Index, most: int) -> Sequence[str]:
        """Those with the most photos."""
        ...
