"""How good answers are, on labelled pictures: order, the relevance cutoff, and what is absent."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final

from bench.report import Figure
from bench.search_corpus import Drawn
from pichaven_ml.models.encoder import ImageTextEncoder
from pichaven_ml.tagging.prompts import fill_templates, normalise
from pichaven_search.audience import Audience
from pichaven_search.index.model import Index
from pichaven_search.ml_client.model import Calibration
from pichaven_search.query_language.query import parse_text_query
from pichaven_search.retrieval import relevance
from pichaven_search.retrieval.fusion import fuse
from pichaven_search.retrieval.library_stats import LibraryStatsCache
from pichaven_search.retrieval.model import LibraryStats, SearchScope, VectorQuery
from pichaven_search.retrieval.repository import CandidateRepository
from pichaven_search.settings import SearchSettings
from testing.sketches import queries
from testing.sketches.queries import Query

_DEEP: Final = 500
_TOP: Final = 10
_REACH: Final = SearchSettings().vector_candidates
_RRF: Final = 60
"""The constant of reciprocal rank fusion, as published (Cormack and others, 2009)."""

Ranked = Sequence[str]


@dataclass(frozen=True, slots=True)
class _Lists:
    """What the two sides find for a query, by photo id."""

    lexical: Mapping[str, float]
    vector: Mapping[str, float]
    """Cosines above the relevance cutoff."""
    times: Mapping[str, int]


async def measure_quality(
    repository: CandidateRepository,
    index: Index,
    owner_id: str,
    photos: Mapping[str, Drawn],
    model: ImageTextEncoder,
    calibration: Calibration,
) -> list[Figure]:
    library = await LibraryStatsCache(repository).get((index, Audience(owner_id)))

    async def lists(text: str) -> _Lists:
        return await _lists(repository, index, owner_id, text, library, model, calibration)

    answerable = [query for query in queries.ALL if _relevant(query, photos)]
    results = {query.text: await lists(query.text) for query in answerable}
    figures = [
        Figure(
            f"ndcg_at_10_{name}",
            _mean_ndcg(order, answerable, results, photos, calibration),
            "0..1",
        )
        for name, order in _ORDERS.items()
    ]
    best = next(each.value for each in figures if each.name == "ndcg_at_10_lexical_only")
    figures = [
        replace(each, against="ndcg_at_10_lexical_only", ratio=each.value / best)
        if each.name != "ndcg_at_10_lexical_only"
        else each
        for each in figures
    ]
    figures += _cutoff_figures(answerable, results, photos)
    absent = [await lists(text) for text in queries.UNKNOWN_QUERIES]
    empty = [not each.vector for each in absent]
    figures.append(Figure("unknown_things_answered_with_nothing", fmean(empty), "share"))
    figures.append(
        Figure("unknown_things_hits", fmean(len(each.vector) for each in absent), "hits")
    )
    return figures


async def _lists(
    repository: CandidateRepository,
    index: Index,
    owner_id: str,
    text: str,
    library: LibraryStats,
    model: ImageTextEncoder,
    calibration: Calibration,
) -> _Lists:
    query = parse_text_query(text)
    assert query is not None
    vector = _vector(query.text, model)
    candidates = await repository.retrieve(
        SearchScope(index, Audience(owner_id)),
        query,
        VectorQuery(vector, relevance.least_cosine(calibration, library.photos), library.photos),
        after=None,
        limit=_DEEP,
    )
    cutoff = relevance.relevance_cutoff(
        calibration,
        sorted((each.cosine for each in candidates.vector), reverse=True),
        relevance.cosines(vector, library.sample),
        library.photos,
    )
    times = {each.photo_id: each.taken_ms for each in candidates.vector}
    times |= {each.photo_id: each.taken_ms for each in candidates.lexical}
    return _Lists(
        {each.photo_id: each.lexical_score for each in candidates.lexical},
        {each.photo_id: each.cosine for each in candidates.vector if each.cosine >= cutoff},
        times,
    )


def _vector(text: str, model: ImageTextEncoder) -> list[float]:
    shipped = model.card.shipped
    assert shipped is not None, "quality is measured with the bundled model"
    templates = shipped.query_templates
    assert templates is not None
    vector = model.encode_texts(fill_templates(normalise(text), templates)).mean(axis=0)
    length = math.sqrt(float(vector @ vector))
    return [float(part) / length for part in vector]


def _by(scores: Mapping[str, float], times: Mapping[str, int]) -> Ranked:
    return sorted(scores, key=lambda each: (-scores[each], -times[each], each))


def _lexical_only(lists: _Lists, _: Calibration) -> Ranked:
    return _by(lists.lexical, lists.times)


def _vector_only(lists: _Lists, _: Calibration) -> Ranked:
    return _by(lists.vector, lists.times)


def _either(lists: _Lists, calibration: Calibration) -> Ranked:
    """The service's: the chance that one of two witnesses is right."""
    visual = {each: calibration.probability(cosine) for each, cosine in lists.vector.items()}
    ids = lists.lexical.keys() | visual.keys()
    scores = {each: fuse(lists.lexical.get(each, 0.0), visual.get(each)) for each in ids}
    return _by(scores, lists.times)


def _weighted_sum(lists: _Lists, calibration: Calibration) -> Ranked:
    """Half of each normalised score."""
    visual = {each: calibration.probability(cosine) for each, cosine in lists.vector.items()}
    ids = lists.lexical.keys() | visual.keys()
    scores = {each: (lists.lexical.get(each, 0.0) + visual.get(each, 0.0)) / 2 for each in ids}
    return _by(scores, lists.times)


def _reciprocal_ranks(lists: _Lists, calibration: Calibration) -> Ranked:
    scores: dict[str, float] = {}
    for ranked in (_lexical_only(lists, calibration), _vector_only(lists, calibration)):
        for rank, photo_id in enumerate(ranked, 1):
            scores[photo_id] = scores.get(photo_id, 0.0) + 1 / (_RRF + rank)
    return _by(scores, lists.times)


_Order = Callable[[_Lists, Calibration], Ranked]
_ORDERS: Final[Mapping[str, _Order]] = {
    "lexical_only": _lexical_only,
    "vector_only": _vector_only,
    "hybrid": _either,
    "hybrid_by_weighted_sum": _weighted_sum,
    "hybrid_by_reciprocal_ranks": _reciprocal_ranks,
}


async def absent_hits(
    repository: CandidateRepository,
    index: Index,
    owner_id: str,
    absent: Sequence[Query],
    model: ImageTextEncoder,
    calibration: Calibration,
) -> list[int]:
    """Photos above the cutoff for each query of a thing that the owner's library lacks."""
    library = await LibraryStatsCache(repository).get((index, Audience(owner_id)))
    lists = [
        await _lists(repository, index, owner_id, each.text, library, model, calibration)
        for each in absent
    ]
    return [len(each.vector) for each in lists]


def _relevant(query: Query, photos: Mapping[str, Drawn]) -> set[str]:
    return {photo_id for photo_id, each in photos.items() if query.requires <= each.labels}


def _mean_ndcg(
    order: _Order,
    answerable: Sequence[Query],
    results: Mapping[str, _Lists],
    photos: Mapping[str, Drawn],
    calibration: Calibration,
) -> float:
    """nDCG at 10 with binary relevance, over queries that have an answer."""
    return fmean(
        ndcg(order(results[query.text], calibration), _relevant(query, photos))
        for query in answerable
    )


def ndcg(ranked: Ranked, relevant: Collection[str]) -> float:
    """nDCG at 10 with binary relevance; there is at least one relevant photo."""
    gain = sum(
        1 / math.log2(rank + 1) for rank, each in enumerate(ranked[:_TOP], 1) if each in relevant
    )
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(_TOP, len(relevant)) + 1))


def _cutoff_figures(
    answerable: Sequence[Query], results: Mapping[str, _Lists], photos: Mapping[str, Drawn]
) -> list[Figure]:
    """Precision and recall of what is above the cutoff by vector, over all answers.

    Recall counts up to what the service retrieves by vector.
    """
    right = above = there = 0
    for query in answerable:
        relevant = _relevant(query, photos)
        vector = results[query.text].vector
        right += len(relevant & vector.keys())
        above += len(vector)
        there += min(len(relevant), _REACH)
    return [
        Figure("cutoff_precision", right / max(1, above), "0..1"),
        Figure("cutoff_recall", right / there, "0..1"),
    ]
