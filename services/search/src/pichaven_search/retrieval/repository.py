"""First-stage retrieval, lexical and by vector in one request, and hydration of a page.

Every search is filtered by its audience, also where the id of a point in time is a client's.
"""

from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import Any, Final

import numpy as np
from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_search.audience import Audience
from pichaven_search.index.clauses import NEWEST_FIRST, knn_clause, to_cosine, visible
from pichaven_search.index.client import to_index_error
from pichaven_search.index.model import Index
from pichaven_search.index.msearch import KEEP_ALIVE, Body, JsonObject, MultiSearch
from pichaven_search.index.stored_photo import stored_photo_options, to_stored_photo
from pichaven_search.index.text_fields import Clause, phrase_clause
from pichaven_search.query_language.query import TextQuery
from pichaven_search.retrieval.cursor import SortKey
from pichaven_search.retrieval.facets import facet_search, to_facets
from pichaven_search.retrieval.fusion import Candidate
from pichaven_search.retrieval.lexical import (
    LEXICAL_SCORE,
    lexical_query,
    matched_field_clauses,
    named_lexical_query,
)
from pichaven_search.retrieval.model import (
    Candidates,
    Facets,
    Hit,
    LibraryStats,
    SearchScope,
    VectorCandidate,
    VectorQuery,
)
from pichaven_search.settings import SearchSettings

_SORT_VALUES_ONLY: Final[Body] = {"_source": False, "stored_fields": "_none_"}
"""The sort values are all that a candidate needs."""
_SORT_VALUES_AND_ID: Final[Body] = _SORT_VALUES_ONLY | {"docvalue_fields": ["id"]}
_LEXICAL_ORDER: Final = attrgetter("lexical_score", "taken_ms", "photo_id")
_OVERLAP: Final = 50
"""Lexical hits beyond the limit, to make up for those that are vector hits as well."""
_SAMPLE: Final = 200
_SAMPLE_SEED: Final = 7
_MAX_GEO_NAMES: Final = 2_000
_PUBLIC_FIELDS: Final = {"tags_ai": "tags"}


class CandidateRepository:
    """Searches of one scope each. With a point in time they raise `PointInTimeExpired`."""

    def __init__(self, client: AsyncElasticsearch, settings: SearchSettings) -> None:
        self._client = client
        self._multi_search = MultiSearch(client)
        self._settings = settings

    async def open_point_in_time(self, index: Index, audience: Audience) -> str:
        """Return the id of a point in time of now, kept for minutes after each use."""
        try:
            opened = await self._client.open_point_in_time(
                index=index.name, routing=audience.routing, keep_alive=KEEP_ALIVE
            )
        except NotFoundError as error:
            raise to_index_error(error, index.name) from error
        return str(opened["id"])

    async def load_library_stats(self, index: Index, audience: Audience) -> LibraryStats:
        """Return the statistics of the audience's photos."""
        response = await self._multi_search.search(
            index,
            audience.routing,
            {
                "query": {
                    "function_score": {
                        "query": {"bool": {"filter": visible(audience)}},
                        "random_score": {"seed": _SAMPLE_SEED, "field": "_seq_no"},
                        "boost_mode": "replace",
                    }
                },
                "size": _SAMPLE,
                "_source": ["embedding"],
                "track_total_hits": True,
                "aggs": {"places": {"terms": {"field": "places_folded", "size": _MAX_GEO_NAMES}}},
            },
        )
        hits = response["hits"]["hits"]
        vectors = [vector for hit in hits if (vector := hit["_source"].get("embedding"))]
        return LibraryStats(
            int(response["hits"]["total"]["value"]),
            np.asarray(vectors, np.float32).reshape(len(vectors), index.dimensions),
            frozenset(each["key"] for each in response["aggregations"]["places"]["buckets"]),
        )

    async def retrieve(
        self,
        scope: SearchScope,
        query: TextQuery,
        vector_query: VectorQuery | None,
        *,
        after: SortKey | None,
        limit: int,
    ) -> Candidates:
        """Return the nearest photos, a bounded number in any order, and the next lexical hits.

        The lexical hits are at least `limit`, if there are so many, sorted by their sort key;
        fewer where more than `_OVERLAP` of them have one score and time.
        """
        allowed = visible(scope.audience, scope.filters)
        bodies = [self._vector_search(query, vector_query, allowed)] if vector_query else []
        if query.words:
            size = limit + _OVERLAP
            bodies.append(_lexical_search(query, allowed, after, size, by_id=after is not None))
        responses = await self._search(scope, bodies, named_scores=vector_query is not None)
        vector_hits = responses.pop(0)["hits"]["hits"] if vector_query else []
        vector = [_vector_candidate(hit) for hit in vector_hits]
        if not responses:
            return Candidates(vector, (), 0, is_lexical_complete=True)
        lexical = _lexical_candidates(responses[0])
        is_complete = len(lexical) < size
        if not is_complete and after is None:
            lexical = _without_last_tie(lexical)
        total = int(responses[0]["hits"]["total"]["value"])
        return Candidates(vector, lexical, total, is_complete)

    async def retrieve_lexical(
        self,
        scope: SearchScope,
        query: TextQuery,
        *,
        excluding: Collection[str],
        after: SortKey | None,
        limit: int,
    ) -> Sequence[Candidate]:
        """Return the next lexical hits but those of some ids."""
        allowed = visible(scope.audience, scope.filters)
        body = _lexical_search(query, allowed, after, limit, excluding, by_id=True)
        [response] = await self._search(scope, [body])
        return _lexical_candidates(response)

    async def hydrate(
        self,
        scope: SearchScope,
        page: Sequence[Candidate],
        query: TextQuery,
        *,
        facets: Sequence[str],
        facet_ids: Collection[str],
        partial_matches: bool,
    ) -> tuple[Sequence[Hit], Facets | None]:
        """Return the hits of a page, as far as their photos are still there, and facets.

        Facets count the lexical hits and the photos of `facet_ids`; they are None where none is
        to be counted. Matched fields are those of photos in which all words of the query occur,
        with `partial_matches` of the others too.
        """
        bodies = [_page_search(scope, page, query, partial_matches=partial_matches)] if page else []
        facet_clauses = [lexical_query(query.words)] if query.words else []
        if facet_ids:
            facet_clauses.append({"terms": {"id": sorted(facet_ids)}})
        if facets and facet_clauses:
            allowed = visible(scope.audience, scope.filters)
            union = {"should": facet_clauses, "minimum_should_match": 1}
            bodies.append(facet_search({"bool": {"filter": allowed} | union}, facets))
        responses = await self._search(scope, bodies)
        photos = (
            {hit["fields"]["id"][0]: hit for hit in responses.pop(0)["hits"]["hits"]}
            if page
            else {}
        )
        hits = [
            Hit(
                to_stored_photo(photo),
                candidate.sort_key.score,
                _matched_fields(photo) if partial_matches or candidate.lexical_score else (),
                candidate.visual_similarity,
            )
            for candidate in page
            if (photo := photos.get(candidate.photo_id))
        ]
        if not facets:
            return hits, None
        return hits, to_facets(responses[0]) if responses else {name: [] for name in facets}

    async def _search(
        self, scope: SearchScope, bodies: list[Body], *, named_scores: bool = False
    ) -> list[JsonObject]:
        routing = scope.audience.routing
        return await self._multi_search.search_all(
            scope.index, routing, bodies, pit_id=scope.pit_id, named_scores=named_scores
        )

    def _vector_search(
        self, query: TextQuery, vector_query: VectorQuery, allowed: list[Clause]
    ) -> Body:
        count = self._settings.vector_candidates
        knn = knn_clause(
            vector_query.vector,
            [*allowed, *map(_mentions_place, vector_query.geo_names)],
            count,
            vector_query.library_size,
        )
        return {
            "query": {
                "bool": {
                    "must": {"knn": knn | {"similarity": vector_query.min_cosine}},
                    "should": [named_lexical_query(query.words)] if query.words else [],
                }
            },
            "sort": NEWEST_FIRST,
            # The sum of both sides; to have Elasticsearch return each takes it half as long again.
            "track_scores": True,
            "size": count,
            **_SORT_VALUES_ONLY,
            "track_total_hits": False,
        }


def _mentions_place(name: str) -> Clause:
    """Match photos that were taken in a place of that name, or that mention it."""
    is_taken_there: Clause = {"term": {"places_folded": name}}
    return {"bool": {"should": [is_taken_there, phrase_clause(name.split())]}}


def _lexical_search(
    query: TextQuery,
    allowed: list[Clause],
    after: SortKey | None,
    size: int,
    excluding: Collection[str] = (),
    *,
    by_id: bool,
) -> Body:
    """Return a search for the best lexical hits, the newest first of those with one score.

    `by_id` orders those of one time too, which `after` needs. It costs a fifth more: Elasticsearch
    looks up the id of every hit that is among the best so far.
    """
    clauses: dict[str, Any] = {"filter": allowed, "must": [lexical_query(query.words)]}
    if excluding:
        clauses["must_not"] = [{"terms": {"id": sorted(excluding)}}]
    body: Body = {
        "query": {"bool": clauses},
        "sort": [{"_score": "desc"}, {"taken_at": "desc"}, *([{"id": "desc"}] if by_id else [])],
        "size": size,
        **_SORT_VALUES_AND_ID,
        "track_total_hits": True,
    }
    if after:
        body["search_after"] = [after.score, after.taken_ms, after.photo_id]
    return body


def _page_search(
    scope: SearchScope, page: Sequence[Candidate], query: TextQuery, *, partial_matches: bool
) -> Body:
    scores = (each.lexical_score for each in page if each.lexical_score)
    min_score = min(scores, default=1.0 if partial_matches else None)
    ids = {"terms": {"id": [each.photo_id for each in page]}}
    return {
        "query": {
            "bool": {
                "filter": [*visible(scope.audience), ids],
                "should": []
                if min_score is None
                else matched_field_clauses(query.words, min_score),
            }
        },
        # Without scores, the clauses are evaluated for these hits alone.
        "sort": ["_doc"],
        "size": len(page),
        **stored_photo_options(scope.index),
        "track_total_hits": False,
    }


def _vector_candidate(hit: JsonObject) -> VectorCandidate:
    lexical_score = hit.get("matched_queries", {}).get(LEXICAL_SCORE, 0.0)
    return VectorCandidate(
        photo_id=hit["sort"][1],
        taken_ms=hit["sort"][0],
        lexical_score=lexical_score,
        cosine=to_cosine(hit["_score"] - lexical_score),
    )


def _lexical_candidates(response: JsonObject) -> list[Candidate]:
    """Return the candidates of a page, sorted by their sort key."""
    candidates = [
        Candidate(hit["fields"]["id"][0], hit["sort"][1], hit["sort"][0], None)
        for hit in response["hits"]["hits"]
    ]
    return sorted(candidates, key=_LEXICAL_ORDER, reverse=True)


def _without_last_tie(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates but those of the last score and time: there may be more of these."""
    last = candidates[-1]
    return [
        each
        for each in candidates
        if (each.lexical_score, each.taken_ms) != (last.lexical_score, last.taken_ms)
    ]


def _matched_fields(hit: JsonObject) -> list[str]:
    names = hit.get("matched_queries", ())
    return list(dict.fromkeys(_PUBLIC_FIELDS.get(name, name) for name in names))
