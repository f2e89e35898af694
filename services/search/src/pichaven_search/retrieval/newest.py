"""The newest photos, where nothing is asked. Routed to the owner and filtered by the owner."""

from elasticsearch import AsyncElasticsearch

from pichaven_search.audience import Audience
from pichaven_search.index.clauses import NEWEST_FIRST, visible
from pichaven_search.index.model import Index
from pichaven_search.index.msearch import Body, ElasticAsking
from pichaven_search.index.stored_photo import asked_photo, photo_of
from pichaven_search.query_language.filters import Filters
from pichaven_search.retrieval.cursor import Place
from pichaven_search.retrieval.facets import counting, facets_of
from pichaven_search.retrieval.model import Listing


class ElasticFinder:
    """Raises `IndexGone` when the index was deleted meanwhile."""

    def __init__(self, client: AsyncElasticsearch) -> None:
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
        asked = {"bool": {"filter": visible(Audience(owner_id), filters)}}
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
