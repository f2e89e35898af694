"""Describe the indexes: their models, which is searched, how much is in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pichaven_search.index.document import SCHEMA
from pichaven_search.index.indexes import IndexRepository
from pichaven_search.reindex.repository import EmbeddingRepository


@dataclass(frozen=True, slots=True)
class IndexDescription:
    name: str
    model: str
    state: Literal["searched", "complete", "building"]
    """A complete index was searched, and is written to until `delete-old`."""
    photos: int
    """Searchable ones."""
    embedded: int
    """Photos with an embedding."""
    is_outdated: bool
    """Of another schema than this program's: new photos are found after a rebuild."""


class DescribeIndexes:
    """Lists every index that is written to."""

    def __init__(self, indexes: IndexRepository, embeddings: EmbeddingRepository) -> None:
        self._indexes = indexes
        self._embeddings = embeddings

    async def __call__(self) -> Sequence[IndexDescription]:
        searched = await self._indexes.get_searched()
        searched_name = searched and searched.name
        return [
            IndexDescription(
                name=index.name,
                model=index.model,
                state="searched" if index.name == searched_name else index.state,
                photos=await self._indexes.refresh(index),
                embedded=await self._embeddings.count(index),
                is_outdated=index.schema != SCHEMA,
            )
            for index in await self._indexes.list_written()
        ]
