"""Photos found in an index. Every request is routed to the owner and filtered by the owner."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_chassis.problems import NotFound
from pichaven_search.adapters import elastic_queries as queries
from pichaven_search.adapters.elastic_client import gone
from pichaven_search.application.ports import (
    Facets,
    FacetValue,
    Index,
    Likeness,
    Listing,
    Ranking,
    Reading,
    Sight,
)
from pichaven_search.domain.completions import QUOTAS, Completion, shown
from pichaven_search.domain.filters import Filters
from pichaven_search.domain.fusion import Candidate, Place
from pichaven_search.domain.query import Question
from pichaven_search.settings import SearchSettings

_NEWEST_FIRST: Final = [{"taken_at": "desc"}, {"id": "desc"}]
_SHOWN_PLACES: Final = {"tags_ai": "tags"}


class ElasticFinder:
    """Implements `PhotoFinder`. `IndexGone` when the index was deleted meanwhile."""

    def __init__(self, client: AsyncElasticsearch, settings: SearchSettings) -> None:
        self._client = client
        self._settings = settings

    async def newest(
        self,
        index: Index,
        owner_id: str,
        filters: Filters,
        *,
        after: Place | None,
        limit: int,
        facets: bool,
    ) -> Listing:
        answer = await self._search(
            index,
            owner_id,
            query={"bool": {"filter": queries.visible(owner_id, filters)}},
            sort=_NEWEST_FIRST,
            search_after=[after.taken_ms, after.photo_id] if after else None,
            size=limit + 1,
            source=["photo"],
            aggregations=queries.facets() if facets else None,
            track_total_hits=True,
        )
        hits = answer["hits"]["hits"]
        photos = [
            (hit["_source"]["photo"], Place(1.0, hit["sort"][0], hit["_id"]))
            for hit in hits[:limit]
        ]
        total = int(answer["hits"]["total"]["value"])
        return Listing(photos, total, len(hits) > limit, _facets(answer) if facets else None)

    async def rank(
        self,
        index: Index,
        owner_id: str,
        question: Question,
        sight: Sight | None,
        filters: Filters,
        *,
        facets: bool,
    ) -> Ranking:
        """Words and vector in one request, each with its own score; ids only."""
        allowed = queries.visible(owner_id, filters)
        ways: list[queries.Clause] = []
        size = 0
        if question.words:
            ways.append(queries.text_match(question.words))
            size += self._settings.text_candidates
        if sight:
            ways.append(queries.visual_match(sight, allowed, self._settings.visual_candidates))
            size += self._settings.visual_candidates
        if not ways:
            return Ranking((), 0, _no_facets() if facets else None)
        answer = await self._search(
            index,
            owner_id,
            query={"bool": {"filter": allowed, "should": ways, "minimum_should_match": 1}},
            sort=[{"_score": "desc"}, *_NEWEST_FIRST],
            size=size,
            source=False,
            stored_fields="_none_",
            include_named_queries_score=True,
            aggregations=queries.facets() if facets else None,
            track_total_hits=True,
        )
        candidates = [_candidate(hit, sight) for hit in answer["hits"]["hits"]]
        total = int(answer["hits"]["total"]["value"])
        return Ranking(candidates, total, _facets(answer) if facets else None)

    async def read(
        self, index: Index, owner_id: str, photo_ids: Sequence[str], question: Question
    ) -> dict[str, Reading]:
        if not photo_ids:
            return {}
        asked = [*queries.visible(owner_id), {"terms": {"id": list(photo_ids)}}]
        places = queries.place_matches(question.words) if question.words else []
        answer = await self._search(
            index,
            owner_id,
            query={"bool": {"filter": asked, "should": places}},
            size=len(photo_ids),
            source=["photo"],
            track_total_hits=False,
        )
        return {
            hit["_id"]: Reading(hit["_source"]["photo"], _places(hit.get("matched_queries", [])))
            for hit in answer["hits"]["hits"]
        }

    async def vector(self, index: Index, owner_id: str, photo_id: str) -> Sequence[float] | None:
        try:
            answer = await self._client.get(
                index=index.name,
                id=photo_id,
                routing=owner_id,
                source_includes=["owner_id", "searchable", "embedding"],
            )
        except NotFoundError as error:
            known = gone(error, index.name)
            raise (NotFound("There is no such photo.") if known is error else known) from None
        source = answer["_source"]
        if source.get("owner_id") != owner_id or not source.get("searchable"):
            raise NotFound("There is no such photo.")
        vector: Sequence[float] | None = source.get("embedding")
        return vector

    async def nearest(
        self, index: Index, owner_id: str, vector: Sequence[float], *, but: str, limit: int
    ) -> Sequence[Likeness]:
        allowed = [
            *queries.visible(owner_id),
            {"bool": {"must_not": [{"term": {"id": but}}]}},
        ]
        answer = await self._search(
            index,
            owner_id,
            query={"knn": queries.nearest(vector, allowed, limit)},
            sort=[{"_score": "desc"}, *_NEWEST_FIRST],
            size=limit,
            source=["photo"],
            track_total_hits=False,
        )
        return [
            Likeness(hit["_source"]["photo"], queries.cosine(hit["sort"][0]))
            for hit in answer["hits"]["hits"]
        ]

    async def completions(self, index: Index, owner_id: str, typed: str) -> Sequence[Completion]:
        having, counts = queries.completions(typed, QUOTAS)
        answer = await self._search(
            index,
            owner_id,
            query={"bool": {"filter": [*queries.visible(owner_id), having]}},
            size=0,
            aggregations=counts,
            track_total_hits=False,
        )
        found: list[Completion] = []
        for kind, quota in QUOTAS.items():
            most: dict[str, int] = {}
            for bucket in answer["aggregations"][kind.value]["buckets"]:
                text = shown(bucket["key"])
                most[text] = max(most.get(text, 0), bucket["doc_count"])
            found += [Completion(text, kind, count) for text, count in list(most.items())[:quota]]
        return found

    async def _search(self, index: Index, owner_id: str, **body: Any) -> Mapping[str, Any]:
        try:
            answer = await self._client.search(
                index=index.name,
                routing=owner_id,
                allow_partial_search_results=False,
                **{name: value for name, value in body.items() if value is not None},
            )
        except NotFoundError as error:
            raise gone(error, index.name) from error
        return dict(answer.body)


def _candidate(hit: Mapping[str, Any], sight: Sight | None) -> Candidate:
    _, taken_ms, photo_id = hit["sort"]
    scores = hit.get("matched_queries", {})
    visual = scores.get("visual")
    return Candidate(
        photo_id,
        taken_ms,
        text=scores.get("text", 0.0),
        visual=(
            sight.calibration.probability(queries.cosine(visual))
            if sight and visual is not None
            else None
        ),
    )


def _places(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(_SHOWN_PLACES.get(name, name) for name in names))


def _facets(answer: Mapping[str, Any]) -> Facets:
    return {
        name: [FacetValue(bucket["key"], bucket["doc_count"]) for bucket in found["buckets"]]
        for name, found in answer["aggregations"].items()
    }


def _no_facets() -> Facets:
    return {name: [] for name in queries.facets()}
