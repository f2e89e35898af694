"""Answer a search: hybrid where there is a text query, the newest photos where there is none.

A page of a text query is retrieved, cut at the relevance cutoff, merged and hydrated.
"""

import asyncio
import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from pichaven_chassis.problems import Unavailable
from pichaven_search.index.model import Index, PointInTimeExpired, SearchedIndex, with_current_index
from pichaven_search.ml_client.model import TextEncoder, TextRejected
from pichaven_search.query_language.geo_places import GeoScope, find_geo_scope
from pichaven_search.query_language.query import TextQuery
from pichaven_search.retrieval.cursor import SearchCursor
from pichaven_search.retrieval.embed_query import EmbedQuery
from pichaven_search.retrieval.fusion import Candidate, merge_page
from pichaven_search.retrieval.library_stats import LibraryStatsCache
from pichaven_search.retrieval.model import (
    Candidates,
    Hit,
    QueryEmbedding,
    Search,
    SearchResult,
    SearchScope,
)
from pichaven_search.retrieval.newest import NewestRepository
from pichaven_search.retrieval.page_request import PageRequest, VectorSide
from pichaven_search.retrieval.point_in_time import PointInTimePool
from pichaven_search.retrieval.repository import CandidateRepository


class SearchPhotos:
    """Raises `Unavailable` without an index, and for a later page that lacks its vector side."""

    def __init__(
        self,
        indexes: SearchedIndex,
        newest: NewestRepository,
        candidates: CandidateRepository,
        encoder: TextEncoder,
        library_stats: LibraryStatsCache,
    ) -> None:
        self._indexes = indexes
        self._newest = newest
        self._candidates = candidates
        self._embed_query = EmbedQuery(encoder)
        self._library_stats = library_stats
        self._points_in_time = PointInTimePool(candidates)

    async def __call__(self, search: Search) -> SearchResult:
        started = time.perf_counter()
        result = await with_current_index(self._indexes, lambda index: self._search(index, search))
        return replace(result, took_ms=round((time.perf_counter() - started) * 1000))

    async def _search(self, index: Index, search: Search) -> SearchResult:
        cursor = search.cursor.for_index(index.name) if search.cursor else None
        try:
            return await self._search_page(index, search, cursor)
        except PointInTimeExpired:
            # Sort keys are values of the photos, so the list continues in a new point in time.
            cursor = replace(cursor, pit_id=None) if cursor else None
            return await self._search_page(index, search, cursor)

    async def _search_page(
        self, index: Index, search: Search, cursor: SearchCursor | None
    ) -> SearchResult:
        if search.query is None:
            return await self._list_newest(index, search, cursor)
        geo_scope = await self._geo_scope(index, search, search.query, cursor)
        degraded: tuple[str, ...] = ()
        try:
            text = geo_scope.text if geo_scope else search.query.text
            embedding = await self._embed_query(index, text)
            degraded = () if embedding else ("visual",)
        except TextRejected:
            # A text without an embedding is no outage.
            embedding = None
        if degraded and cursor is not None and cursor.is_hybrid:
            # The next page by words alone would repeat photos of the pages before.
            raise Unavailable("Pictures cannot be looked at just now. Try again in a moment.")
        if embedding is None:
            geo_scope = None
        request = PageRequest(
            await self._scope(index, search, cursor),
            search.query,
            cursor,
            search.limit,
            geo_scope.names if geo_scope else (),
            await self._vector_side(index, search, cursor, embedding),
            search.facets_to_count,
        )
        result = await self._retrieve_page(request)
        return replace(result, degraded=degraded, geo_places=geo_scope.places if geo_scope else ())

    async def _geo_scope(
        self, index: Index, search: Search, query: TextQuery, cursor: SearchCursor | None
    ) -> GeoScope | None:
        if len(query.spans) < 2:  # noqa: PLR2004
            return None
        if cursor is not None:
            return find_geo_scope(query.spans, cursor.geo_names)
        library = await self._library_stats.get((index, search.audience.own))
        return find_geo_scope(query.spans, library.geo_names)

    async def _vector_side(
        self,
        index: Index,
        search: Search,
        cursor: SearchCursor | None,
        embedding: QueryEmbedding | None,
    ) -> VectorSide | None:
        if embedding is None or (cursor is not None and not cursor.is_hybrid):
            return None
        library = await self._library_stats.get((index, search.audience.own))
        return VectorSide(embedding, library)

    async def _scope(
        self, index: Index, search: Search, cursor: SearchCursor | None
    ) -> SearchScope:
        """Return the scope of a page; a first page reads the index without a point in time."""
        pit_id = cursor.pit_id if cursor else None
        if cursor is not None and pit_id is None:
            pit_id = await self._candidates.open_point_in_time(index, search.audience)
        return SearchScope(index, search.audience, search.filters, pit_id)

    async def _next_pit(self, scope: SearchScope, *, has_more: bool) -> str | None:
        """Return the point in time of the page after one of this scope."""
        if scope.pit_id is not None or not has_more:
            return scope.pit_id
        return await self._points_in_time.acquire(scope.index, scope.audience)

    async def _retrieve_page(self, request: PageRequest) -> SearchResult:
        candidates = await self._candidates.retrieve(
            request.scope,
            request.query,
            request.vector_query(),
            after=request.lexical_after,
            limit=request.limit + 1,
        )
        cutoff = request.cutoff(candidates)
        vector = request.vector_hits(candidates.vector, cutoff)
        vector_ids = {each.photo_id for each in vector}
        lexical = await self._lexical_hits(request, candidates, vector_ids)
        page, has_more = merge_page(request.after_cursor(vector), lexical, limit=request.limit)
        (hits, facets), pit_id = await asyncio.gather(
            self._candidates.hydrate(
                request.scope,
                page,
                request.query,
                facets=request.facets,
                facet_ids=vector_ids,
                partial_matches=bool(request.geo_names),
            ),
            self._next_pit(request.scope, has_more=has_more),
        )
        return SearchResult(
            hits=hits,
            facets=facets,
            total=candidates.lexical_total + sum(not each.lexical_score for each in vector),
            model=request.scope.index.model,
            next_cursor=request.next_cursor(page, cutoff, pit_id) if has_more else None,
        )

    async def _lexical_hits(
        self, request: PageRequest, candidates: Candidates, vector_ids: AbstractSet[str]
    ) -> Sequence[Candidate]:
        """Return the lexical hits that are no vector hits, enough to fill the page."""
        lexical = [each for each in candidates.lexical if each.photo_id not in vector_ids]
        if len(lexical) > request.limit or candidates.is_lexical_complete:
            return lexical
        return await self._candidates.retrieve_lexical(
            request.scope,
            request.query,
            excluding=vector_ids,
            after=request.lexical_after,
            limit=request.limit + 1,
        )

    async def _list_newest(
        self, index: Index, search: Search, cursor: SearchCursor | None
    ) -> SearchResult:
        scope = await self._scope(index, search, cursor)
        page = await self._newest.newest(
            scope,
            after=cursor.lexical if cursor else None,
            limit=search.limit,
            facets=search.facets_to_count,
        )
        pit_id = await self._next_pit(scope, has_more=page.has_more)
        next_cursor = None
        if page.has_more:
            _, last = page.photos[-1]
            next_cursor = SearchCursor(lexical=last, pit_id=pit_id, index=index.name)
        return SearchResult(
            hits=[Hit(photo, sort_key.score) for photo, sort_key in page.photos],
            facets=page.facets,
            total=page.total,
            model=index.model,
            next_cursor=next_cursor,
        )
