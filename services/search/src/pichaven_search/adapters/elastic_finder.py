"""Photos found in an index. Every request is routed to the owner and filtered by the owner."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_chassis.problems import NotFound
from pichaven_search.adapters import elastic_queries as queries
from pichaven_search.adapters.elastic_client import gone
from pichaven_search.adapters.elastic_facets import facets_of
from pichaven_search.adapters.stored_photo import ASKED, photo_of
from pichaven_search.application.ports import Facets, Index, Likeness, Listing
from pichaven_search.domain.filters import Filters
from pichaven_search.domain.fusion import Place

_NEWEST_FIRST: Final = [{"taken_at": "desc"}, {"id": "desc"}]


class ElasticFinder:
    """Implements `PhotoFinder`. `IndexGone` when the index was deleted meanwhile."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

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
        asked = {"bool": {"filter": queries.visible(owner_id, filters)}}
        counting = self._facets(index, owner_id, asked) if facets else None
        answer = await self._search(
            index,
            owner_id,
            query=asked,
            sort=_NEWEST_FIRST,
            search_after=[after.taken_ms, after.photo_id] if after else None,
            size=limit + 1,
            **ASKED,
            track_total_hits=True,
        )
        hits = answer["hits"]["hits"]
        photos = [(photo_of(hit), Place(1.0, hit["sort"][0], hit["_id"])) for hit in hits[:limit]]
        total = int(answer["hits"]["total"]["value"])
        return Listing(photos, total, len(hits) > limit, await counting if counting else None)

    async def _facets(self, index: Index, owner_id: str, asked: queries.Clause) -> Facets:
        """Apart from the photos, since Elasticsearch remembers answers without hits."""
        answer = await self._search(
            index,
            owner_id,
            query=asked,
            size=0,
            aggregations=queries.facets(),
            track_total_hits=False,
            request_cache=True,
        )
        return facets_of(answer)

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
            **ASKED,
            track_total_hits=False,
        )
        return [
            Likeness(photo_of(hit), queries.cosine(hit["sort"][0]))
            for hit in answer["hits"]["hits"]
        ]

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
