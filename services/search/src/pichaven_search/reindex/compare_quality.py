"""Compare the recall of labelled queries in two indexes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from statistics import fmean
from typing import Final

from pichaven_chassis.clock import utc_now
from pichaven_search.audience import Audience
from pichaven_search.index.model import Index
from pichaven_search.query_language.query_parser import parse_query
from pichaven_search.reindex.errors import OperationRefused
from pichaven_search.reindex.repository import EmbeddingRepository
from pichaven_search.retrieval.model import Search
from pichaven_search.retrieval.queries import SearchPhotos

DEPTH: Final = 10


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """A query and the photos of one owner that belong among its first ten hits."""

    query: str
    expected: tuple[str, ...]
    owner_id: str | None = None
    """None: the owner of the expected photos."""


@dataclass(frozen=True, slots=True)
class QueryRecall:
    """`recall@10` of one query: the share of the expected photos (ten at most) among the hits."""

    query: str
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Comparison:
    queries: Sequence[QueryRecall]

    @property
    def old(self) -> float:
        """The mean recall in the old index."""
        return fmean(each.old for each in self.queries)

    @property
    def new(self) -> float:
        """The mean recall in the new index."""
        return fmean(each.new for each in self.queries)

    def to_table(self) -> list[str]:
        """Return lines of text, the greatest loss first."""
        ordered = sorted(self.queries, key=lambda each: each.new - each.old)
        lines = [f"{'recall@10':<48}{'old':>8}{'new':>8}"]
        lines += [f"{each.query[:46]:<48}{each.old:>8.3f}{each.new:>8.3f}" for each in ordered]
        return [*lines, f"{'mean':<48}{self.old:>8.3f}{self.new:>8.3f}"]


SearchIn = Callable[[Index], SearchPhotos]
"""Returns a search of one index, whichever is in force."""


@dataclass(frozen=True, slots=True)
class FixedIndex:
    """A `SearchedIndex` that is always the same."""

    index: Index

    async def get_searched(self) -> Index:
        return self.index

    def forget_searched(self) -> None:
        """Do nothing: there is no other index to look up."""


def to_search(owner_id: str, text: str) -> Search:
    """Return the search for the first ten hits of a query, as by an owner in UTC.

    Raises `OperationRefused` for a query without content.
    """
    parsed = parse_query(text, now=utc_now(), zone=UTC)
    if parsed.query is None and not parsed.parts:
        raise OperationRefused(f"{text!r} asks for nothing")
    return Search(Audience(owner_id), parsed.query, parsed.filters, None, DEPTH)


class CompareQuality:
    """Searches both indexes as their owners would, hybrid and with the relevance cutoff."""

    def __init__(self, embeddings: EmbeddingRepository, search_in: SearchIn) -> None:
        self._embeddings = embeddings
        self._search_in = search_in

    async def __call__(
        self, old: Index, new: Index, labelled: Sequence[LabelledQuery]
    ) -> Comparison:
        """Raises `OperationRefused` for a query whose owner is not clear or that is degraded."""
        search_old, search_new = self._search_in(old), self._search_in(new)
        recalls = []
        for each in labelled:
            owner_id = each.owner_id or await self._find_owner(old, each)
            recalls.append(
                QueryRecall(
                    each.query,
                    await _recall(search_old, owner_id, each),
                    await _recall(search_new, owner_id, each),
                )
            )
        return Comparison(recalls)

    async def _find_owner(self, index: Index, labelled: LabelledQuery) -> str:
        owners = await self._embeddings.find_owners(index, labelled.expected)
        if len(owners) != 1:
            raise OperationRefused(
                f"the photos expected of {labelled.query!r} are of {len(owners)} owners in "
                f"{index.name}; name the owner, or photos that are there"
            )
        return owners.pop()


async def _recall(search: SearchPhotos, owner_id: str, labelled: LabelledQuery) -> float:
    results = await search(to_search(owner_id, labelled.query))
    if results.degraded:
        raise OperationRefused(f"{labelled.query!r} had lexical hits alone; is ml up?")
    hit_ids = {hit.photo.photo_id for hit in results.hits}
    expected = set(labelled.expected)
    return min(1.0, len(hit_ids & expected) / min(DEPTH, len(expected)))
