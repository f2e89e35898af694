"""Photos found in an index. Every request is routed to the owner and filtered by the owner."""

from collections.abc import Sequence

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_chassis.problems import NotFound
from pichaven_search.index.client import gone
from pichaven_search.index.msearch import Body, ElasticAsking
from pichaven_search.index.stored_photo_field import asked_photo, photo_of
from pichaven_search.ports import Index, Likeness, Listing
from pichaven_search.query_language.filters import Filters
from pichaven_search.retrieval import lexical as queries
from pichaven_search.retrieval.facets import counting, facets_of
from pichaven_search.retrieval.fusion import Place
from pichaven_search.retrieval.lexical import NEWEST_FIRST


class ElasticFinder:
    """Implements `PhotoFinder`. `IndexGone` when the index was deleted meanwhile."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client
        self._ask = ElasticAsking(client)

    async def newest(
        self,
        index: Index,
        owner_id: str,
        filters: Filters,
        *,
        after: Place | None,
        limit: int,
        facets: bool,
        snapshot: str | None,
    ) -> Listing:
        asked = {"bool": {"filter": queries.visible(owner_id, filters)}}
        listing: Body = {
            "query": asked,
            "sort": NEWEST_FIRST,
            "size": limit + 1,
            **asked_photo(index),
            "track_total_hits": True,
        }
        if after:
            listing["search_after"] = [after.taken_ms, after.photo_id]
        bodies = [listing, counting(asked)] if facets else [listing]
        answers = await self._ask.all(index, owner_id, bodies, snapshot=snapshot)
        hits = answers[0]["hits"]["hits"]
        photos = [(photo_of(hit), Place(1.0, *hit["sort"])) for hit in hits[:limit]]
        total = int(answers[0]["hits"]["total"]["value"])
        counted = facets_of(answers[1]) if facets else None
        return Listing(photos, total, len(hits) > limit, counted)

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
        self,
        index: Index,
        owner_id: str,
        vector: Sequence[float],
        filters: Filters,
        *,
        among: int,
        limit: int,
        but: str | None = None,
    ) -> Sequence[Likeness]:
        # One more is asked for and dropped: a condition on the photo would be one of its own in
        # each request, and Elasticsearch remembers those that come often.
        count = limit + (but is not None)
        answer = await self._ask.one(
            index,
            owner_id,
            {
                "query": {
                    "knn": queries.nearest(vector, queries.visible(owner_id, filters), count, among)
                },
                "sort": [{"_score": "desc"}, *NEWEST_FIRST],
                "size": count,
                **asked_photo(index),
                "track_total_hits": False,
            },
        )
        found = [
            Likeness(photo_of(hit), queries.cosine(hit["sort"][0]))
            for hit in answer["hits"]["hits"]
            if hit["sort"][-1] != but
        ]
        return found[:limit]
