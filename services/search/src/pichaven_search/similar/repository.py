"""The nearest photos in an index."""

from collections.abc import Sequence
from typing import Final

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_chassis.problems import NotFound
from pichaven_search.index.clauses import NEWEST_FIRST, knn_clause, to_cosine, visible
from pichaven_search.index.client import to_index_error
from pichaven_search.index.msearch import MultiSearch
from pichaven_search.index.stored_photo import stored_photo_options, to_stored_photo
from pichaven_search.retrieval.model import SearchScope
from pichaven_search.similar.model import SimilarPhoto

_FIELDS: Final = ["owner_id", "searchable", "embedding"]


class NeighbourRepository:
    """Nearest neighbours among the photos of a scope. Raises `IndexGone`."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client
        self._multi_search = MultiSearch(client)

    async def vector(self, scope: SearchScope, photo_id: str) -> Sequence[float] | None:
        """Return the vector of a photo, None while it has none. Raises `NotFound`."""
        for owner_id in scope.audience.owner_ids:
            try:
                response = await self._client.get(
                    index=scope.index.name, id=photo_id, routing=owner_id, source_includes=_FIELDS
                )
            except NotFoundError as error:
                problem = to_index_error(error, scope.index.name)
                if problem is not error:
                    raise problem from error
                continue
            source = response["_source"]
            if source.get("owner_id") == owner_id and source.get("searchable"):
                vector: Sequence[float] | None = source.get("embedding")
                return vector
        raise NotFound("There is no such photo.")

    async def nearest(
        self,
        scope: SearchScope,
        vector: Sequence[float],
        *,
        library_size: int,
        limit: int,
        excluding: str | None = None,
    ) -> Sequence[SimilarPhoto]:
        """Return the nearest photos, the nearest first; `library_size` as in `VectorQuery`."""
        # One more is requested, to drop the excluded one: a filter by its id would differ in
        # each request, and Elasticsearch caches filters that recur.
        count = limit + (excluding is not None)
        allowed = visible(scope.audience, scope.filters)
        response = await self._multi_search.search(
            scope.index,
            scope.audience.routing,
            {
                "query": {"knn": knn_clause(vector, allowed, count, library_size)},
                "sort": [{"_score": "desc"}, *NEWEST_FIRST],
                "size": count,
                **stored_photo_options(scope.index),
                "track_total_hits": False,
            },
        )
        photos = [
            SimilarPhoto(to_stored_photo(hit), to_cosine(hit["sort"][0]))
            for hit in response["hits"]["hits"]
            if hit["sort"][-1] != excluding
        ]
        return photos[:limit]
