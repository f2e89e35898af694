"""The photos nearest to any vector. Routed to the owner and filtered by the owner."""

from collections.abc import Sequence
from typing import Final

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_search.adapters import elastic_queries as queries
from pichaven_search.adapters.elastic_client import gone
from pichaven_search.adapters.stored_photo import ASKED, photo_of
from pichaven_search.application.ports import Index, Likeness
from pichaven_search.domain.filters import Filters

_LIKEST_FIRST: Final = [{"_score": "desc"}, {"taken_at": "desc"}, {"id": "desc"}]


class ElasticNeighbours:
    """Implements `Neighbours`."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def nearest(
        self, index: Index, owner_id: str, vector: Sequence[float], filters: Filters, *, limit: int
    ) -> Sequence[Likeness]:
        allowed = queries.visible(owner_id, filters)
        try:
            answer = await self._client.search(
                index=index.name,
                routing=owner_id,
                query={"knn": queries.nearest(vector, allowed, limit)},
                sort=_LIKEST_FIRST,
                size=limit,
                track_total_hits=False,
                allow_partial_search_results=False,
                **ASKED,
            )
        except NotFoundError as error:
            raise gone(error, index.name) from error
        return [
            Likeness(photo_of(hit), queries.cosine(hit["sort"][0]))
            for hit in answer["hits"]["hits"]
        ]
