"""The newest photos, for a search without a text query."""

from collections.abc import Sequence

from elasticsearch import AsyncElasticsearch

from pichaven_search.index.clauses import NEWEST_FIRST, visible
from pichaven_search.index.msearch import Body, MultiSearch
from pichaven_search.index.stored_photo import stored_photo_options, to_stored_photo
from pichaven_search.retrieval.cursor import SortKey
from pichaven_search.retrieval.facets import facet_search, to_facets
from pichaven_search.retrieval.model import NewestPhotos, SearchScope


class NewestRepository:
    """Raises `IndexGone` when the index was deleted meanwhile."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._multi_search = MultiSearch(client)

    async def newest(
        self, scope: SearchScope, *, after: SortKey | None, limit: int, facets: Sequence[str]
    ) -> NewestPhotos:
        """Return the newest photos of the scope from a sort key on, and facets of all."""
        query = {"bool": {"filter": visible(scope.audience, scope.filters)}}
        listing: Body = {
            "query": query,
            "sort": NEWEST_FIRST,
            "size": limit + 1,
            **stored_photo_options(scope.index),
            "track_total_hits": True,
        }
        if after:
            listing["search_after"] = [after.taken_ms, after.photo_id]
        responses = await self._multi_search.search_all(
            scope.index,
            scope.audience.routing,
            [listing, facet_search(query, facets)] if facets else [listing],
            pit_id=scope.pit_id,
        )
        hits = responses[0]["hits"]["hits"]
        return NewestPhotos(
            photos=[(to_stored_photo(hit), SortKey(1.0, *hit["sort"])) for hit in hits[:limit]],
            total=int(responses[0]["hits"]["total"]["value"]),
            has_more=len(hits) > limit,
            facets=to_facets(responses[1]) if facets else None,
        )
