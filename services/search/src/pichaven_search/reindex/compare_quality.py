"""Ask two indexes the same labelled queries, and say how much of what is expected each finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from statistics import fmean
from typing import Final

from pichaven_chassis.clock import utc_now
from pichaven_search.audience import Audience
from pichaven_search.index.model import Index
from pichaven_search.query_language.query_parser import parse_query
from pichaven_search.reindex.refusal import Refused
from pichaven_search.reindex.repository import ElasticAnalyses
from pichaven_search.retrieval.model import Search
from pichaven_search.retrieval.queries import SearchPhotos

DEPTH: Final = 10


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """A query and photos of one owner that belong among its first ten results."""

    query: str
    expected: tuple[str, ...]
    owner_id: str | None = None
    """None: the owner of the expected photos."""


@dataclass(frozen=True, slots=True)
class Compared:
    """`recall@10` of one query: of the expected photos (ten at most) the share that is found."""

    query: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    queries: Sequence[Compared]

    @property
    def before(self) -> float:
        return fmean(each.before for each in self.queries)

    @property
    def after(self) -> float:
        return fmean(each.after for each in self.queries)

    def table(self) -> list[str]:
        """Lines of text; queries that got worse stand first."""
        ordered = sorted(self.queries, key=lambda each: each.after - each.before)
        lines = [f"{'recall@10':<48}{'old':>8}{'new':>8}"]
        lines += [f"{each.query[:46]:<48}{each.before:>8.3f}{each.after:>8.3f}" for each in ordered]
        return [*lines, f"{'mean':<48}{self.before:>8.3f}{self.after:>8.3f}"]


SearchIn = Callable[[Index], SearchPhotos]
"""A search that always reads one index, whichever is searched by others."""


@dataclass(frozen=True, slots=True)
class OneIndex:
    """A list of indexes in which always the same one is searched."""

    index: Index

    async def searched(self) -> Index:
        return self.index


def asked(owner_id: str, text: str) -> Search:
    """The first ten results of a query, as an owner in UTC would ask for them.

    Raises `Refused`.
    """
    parsed = parse_query(text, now=utc_now(), zone=UTC)
    if parsed.query is None and not parsed.parts:
        raise Refused(f"{text!r} asks for nothing")
    return Search(Audience(owner_id), parsed.query, parsed.filters, None, DEPTH)


class CompareQuality:
    """Both sides are asked as an owner would ask, words and sight together."""

    def __init__(self, analyses: ElasticAnalyses, search_in: SearchIn) -> None:
        self._analyses = analyses
        self._search_in = search_in

    async def __call__(
        self, old: Index, new: Index, labelled: Sequence[LabelledQuery]
    ) -> Comparison:
        """Raises `Refused` for a query that no owner's photos answer, or that cannot be asked."""
        before, after = self._search_in(old), self._search_in(new)
        compared = []
        for each in labelled:
            owner_id = each.owner_id or await self._owner_of(old, each)
            compared.append(
                Compared(
                    each.query,
                    await _recall(before, owner_id, each),
                    await _recall(after, owner_id, each),
                )
            )
        return Comparison(compared)

    async def _owner_of(self, index: Index, labelled: LabelledQuery) -> str:
        owners = await self._analyses.owners_of(index, labelled.expected)
        if len(owners) != 1:
            raise Refused(
                f"the photos expected of {labelled.query!r} are of {len(owners)} owners in "
                f"{index.name}; name the owner, or photos that are there"
            )
        return owners.pop()


async def _recall(search: SearchPhotos, owner_id: str, labelled: LabelledQuery) -> float:
    found = await search(asked(owner_id, labelled.query))
    if found.degraded:
        raise Refused(f"{labelled.query!r} was answered without sight; is ml up?")
    hits = {hit.photo.photo_id for hit in found.hits}
    wanted = set(labelled.expected)
    return min(1.0, len(hits & wanted) / min(DEPTH, len(wanted)))
