"""The nearest photos in an index. Routed to the owner and filtered by the owner."""

from collections.abc import Sequence

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_chassis.problems import NotFound
from pichaven_search.audience import Audience
from pichaven_search.index.clauses import NEWEST_FIRST, cosine, nearest, visible
from pichaven_search.index.client import gone
from pichaven_search.index.model import Index
from pichaven_search.index.msearch import ElasticAsking
from pichaven_search.index.stored_photo import asked_photo, photo_of
from pichaven_search.query_language.filters import Filters
from pichaven_search.similar.model import Likeness


class ElasticNeighbours:
    """The nearest photos of one owner. Never another owner's, never one not ready."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client
        self._ask = ElasticAsking(client)

    async def vector(self, index: Index, owner_id: str, photo_id: str) -> Sequence[float] | None:
        """A photo's vector, None while it has none. Raises `NotFound`."""
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
        """The likest first, without `but`. `among` as in `Look`. Raises `IndexGone`."""
        # One more is asked for and dropped: a condition on the photo would be one of its own in
        # each request, and Elasticsearch remembers those that come often.
        count = limit + (but is not None)
        answer = await self._ask.one(
            index,
            owner_id,
            {
                "query": {
                    "knn": nearest(vector, visible(Audience(owner_id), filters), count, among)
                },
                "sort": [{"_score": "desc"}, *NEWEST_FIRST],
                "size": count,
                **asked_photo(index),
                "track_total_hits": False,
            },
        )
        found = [
            Likeness(photo_of(hit), cosine(hit["sort"][0]))
            for hit in answer["hits"]["hits"]
            if hit["sort"][-1] != but
        ]
        return found[:limit]
