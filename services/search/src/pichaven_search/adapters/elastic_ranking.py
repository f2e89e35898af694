"""The best photos of a question: by sight, by words, each kind in its own request.

Every request is routed to the owner and filtered by the owner, also where a snapshot's id comes
from a client. A snapshot is a point in time of Elasticsearch: pages of one search read the same
state of the index, whatever is written meanwhile.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
from elasticsearch import ApiError, AsyncElasticsearch, BadRequestError, NotFoundError

from pichaven_search.adapters import elastic_queries as queries
from pichaven_search.adapters.elastic_client import gone, is_missing_index
from pichaven_search.adapters.elastic_facets import facets_of
from pichaven_search.adapters.stored_photo import ASKED, photo_of
from pichaven_search.application.ports import (
    Facets,
    Index,
    IndexGone,
    Library,
    Named,
    Reading,
    Seen,
    SnapshotGone,
)
from pichaven_search.domain.filters import Filters
from pichaven_search.domain.fusion import Candidate, Place
from pichaven_search.domain.query import Question
from pichaven_search.settings import SearchSettings

_NEWEST_FIRST: Final = [{"taken_at": "desc"}, {"id": "desc"}]
_KEPT: Final = "2m"
"""How long a snapshot stays after each page."""
_SAMPLE: Final = 200
_SAMPLE_SEED: Final = 7
_SHOWN_PLACES: Final = {"tags_ai": "tags"}


class ElasticRanking:
    """Implements `Ranking`."""

    def __init__(self, client: AsyncElasticsearch, settings: SearchSettings) -> None:
        self._client = client
        self._settings = settings

    async def snapshot(self, index: Index, owner_id: str) -> str:
        try:
            opened = await self._client.open_point_in_time(
                index=index.name, routing=owner_id, keep_alive=_KEPT
            )
        except NotFoundError as error:
            raise gone(error, index.name) from error
        return str(opened["id"])

    async def library(self, index: Index, owner_id: str) -> Library:
        visible = {"bool": {"filter": queries.visible(owner_id)}}
        answer = await self._search(
            index,
            owner_id,
            None,
            query={
                "function_score": {
                    "query": visible,
                    "random_score": {"seed": _SAMPLE_SEED, "field": "_seq_no"},
                    "boost_mode": "replace",
                }
            },
            size=_SAMPLE,
            source=["embedding"],
            track_total_hits=True,
        )
        vectors = [
            vector for hit in answer["hits"]["hits"] if (vector := hit["_source"].get("embedding"))
        ]
        return Library(
            int(answer["hits"]["total"]["value"]),
            np.asarray(vectors, np.float16).reshape(len(vectors), index.dimensions),
        )

    async def seen(
        self,
        index: Index,
        owner_id: str,
        question: Question,
        vector: Sequence[float],
        floor: float,
        filters: Filters,
        snapshot: str | None,
    ) -> Sequence[Seen]:
        allowed = queries.visible(owner_id, filters)
        nearest = queries.nearest(vector, allowed, self._settings.visual_candidates)
        named = [queries.text_match(question.words)] if question.words else []
        answer = await self._search(
            index,
            owner_id,
            snapshot,
            query={
                "bool": {
                    "must": {"knn": nearest | {"similarity": floor, "_name": "visual"}},
                    "should": named,
                }
            },
            sort=_NEWEST_FIRST,
            size=self._settings.visual_candidates,
            source=False,
            stored_fields="_none_",
            include_named_queries_score=True,
            track_total_hits=False,
        )
        return [
            Seen(
                photo_id=hit["sort"][1],
                taken_ms=hit["sort"][0],
                text=hit["matched_queries"].get("text", 0.0),
                cosine=queries.cosine(hit["matched_queries"]["visual"]),
            )
            for hit in answer["hits"]["hits"]
        ]

    async def named(
        self,
        index: Index,
        owner_id: str,
        question: Question,
        filters: Filters,
        *,
        without: Collection[str],
        after: Place | None,
        limit: int,
        facets: bool,
        snapshot: str | None,
    ) -> Named:
        allowed = queries.visible(owner_id, filters)
        asked: list[dict[str, Any]] = []
        seen = [{"terms": {"id": sorted(without)}}] if without else []
        texts = [queries.text_match(question.words)] if question.words else []
        if texts:
            asked.append(
                {
                    "query": {"bool": {"filter": allowed, "must": texts, "must_not": seen}},
                    "sort": [{"_score": "desc"}, *_NEWEST_FIRST],
                    "size": limit,
                    "_source": False,
                    "stored_fields": "_none_",
                    "track_total_hits": True,
                }
                | ({"search_after": [after.score, after.taken_ms, after.photo_id]} if after else {})
            )
        if facets and (texts or seen):
            union = {"should": [*texts, *seen], "minimum_should_match": 1}
            asked.append(
                {
                    "query": {"bool": {"filter": allowed} | union},
                    "size": 0,
                    "aggs": queries.facets(),
                    "track_total_hits": False,
                }
            )
        answers = await self._searches(index, owner_id, snapshot, asked)
        listed = answers.pop(0) if texts else None
        hits = listed["hits"]["hits"] if listed else []
        counted: Facets | None = None
        if facets:
            counted = facets_of(answers[0]) if answers else {name: [] for name in queries.facets()}
        return Named(
            [Candidate(hit["sort"][2], hit["sort"][1], hit["sort"][0], None) for hit in hits],
            int(listed["hits"]["total"]["value"]) if listed else 0,
            counted,
        )

    async def read(
        self,
        index: Index,
        owner_id: str,
        photo_ids: Sequence[str],
        question: Question,
        snapshot: str | None,
    ) -> Mapping[str, Reading]:
        if not photo_ids:
            return {}
        asked = [*queries.visible(owner_id), {"terms": {"id": list(photo_ids)}}]
        places = queries.place_matches(question.words) if question.words else []
        answer = await self._search(
            index,
            owner_id,
            snapshot,
            query={"bool": {"filter": asked, "should": places}},
            size=len(photo_ids),
            **ASKED,
            track_total_hits=False,
        )
        return {
            hit["_id"]: Reading(photo_of(hit), _places(hit.get("matched_queries", [])))
            for hit in answer["hits"]["hits"]
        }

    async def _search(
        self, index: Index, owner_id: str, snapshot: str | None, **body: Any
    ) -> Mapping[str, Any]:
        where: dict[str, Any] = (
            {"pit": {"id": snapshot, "keep_alive": _KEPT}}
            if snapshot
            else {"index": index.name, "routing": owner_id}
        )
        try:
            answer = await self._client.search(**where, allow_partial_search_results=False, **body)
        except (NotFoundError, BadRequestError) as error:
            raise _told(error, index, snapshot) from error
        return dict(answer.body)

    async def _searches(
        self, index: Index, owner_id: str, snapshot: str | None, bodies: list[dict[str, Any]]
    ) -> list[Mapping[str, Any]]:
        if not bodies:
            return []
        lines: list[dict[str, Any]] = []
        for body in bodies:
            if snapshot:
                lines += [{}, body | {"pit": {"id": snapshot, "keep_alive": _KEPT}}]
            else:
                lines += [{"index": index.name, "routing": owner_id}, body]
        answers = (await self._client.msearch(searches=lines))["responses"]
        for answer in answers:
            if "error" in answer:
                _refuse(answer, index, snapshot)
        return list(answers)


def _places(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(_SHOWN_PLACES.get(name, name) for name in names))


def _told(error: ApiError, index: Index, snapshot: str | None) -> Exception:
    """`SnapshotGone` for a snapshot that has run out or never was, else what is known."""
    if is_missing_index(error):
        return IndexGone(index.name)
    return SnapshotGone() if snapshot else error


def _refuse(answer: Mapping[str, Any], index: Index, snapshot: str | None) -> None:
    kind = answer["error"].get("type")
    if kind == "index_not_found_exception":
        raise IndexGone(index.name)
    if snapshot and answer["status"] in (400, 404):
        raise SnapshotGone
    raise RuntimeError(f"a search failed: {str(answer['error'])[:300]}")
