"""The analyses in an index, read page by page at a point in time."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any, Final

from elasticsearch import AsyncElasticsearch

from pichaven_chassis.events import EngineDown
from pichaven_search.index.model import Index
from pichaven_search.reindex.model import StoredAnalysis

_PAGE: Final = 500
_KEPT: Final = "5m"
_ANALYSED: Final[dict[str, Any]] = {"exists": {"field": "analysis_at"}}


class ElasticAnalyses:
    """Reads what is findable; call `ElasticIndexes.refresh` before to see what was just written."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def count(self, index: Index) -> int:
        """How many photos have an analysis."""
        answer = await self._client.count(index=index.name, query=_ANALYSED)
        return int(answer["count"])

    async def pages(
        self, index: Index, *, fields: Sequence[str] = ()
    ) -> AsyncIterator[Sequence[StoredAnalysis]]:
        """Every photo that has an analysis, once, as of the call; some hundreds at a time."""
        opened = await self._client.open_point_in_time(index=index.name, keep_alive=_KEPT)
        snapshot = opened["id"]
        after: list[Any] | None = None
        try:
            while True:
                answer = await self._client.search(
                    pit={"id": snapshot, "keep_alive": _KEPT},
                    query=_ANALYSED,
                    sort=[{"_shard_doc": "asc"}],
                    search_after=after,
                    size=_PAGE,
                    source_includes=["id", "owner_id", *fields],
                    track_total_hits=False,
                    allow_partial_search_results=False,
                )
                snapshot = answer["pit_id"]
                hits = answer["hits"]["hits"]
                if not hits:
                    return
                after = hits[-1]["sort"]
                yield [_stored(hit["_source"], fields) for hit in hits]
        finally:
            await self._client.close_point_in_time(id=snapshot)

    async def lacking(self, index: Index, photos: Sequence[StoredAnalysis]) -> set[str]:
        """The ids of those that have no analysis in the index, or are not there at all."""
        answer = await self._client.mget(
            index=index.name,
            docs=[
                {"_id": photo.photo_id, "routing": photo.owner_id, "_source": ["analysis_at"]}
                for photo in photos
            ],
        )
        found: set[str] = set()
        for document in answer["docs"]:
            if "error" in document:
                raise EngineDown(str(document["error"])[:300])
            if not document["found"] or not document["_source"].get("analysis_at"):
                found.add(document["_id"])
        return found

    async def owners_of(self, index: Index, photo_ids: Collection[str]) -> set[str]:
        answer = await self._client.search(
            index=index.name,
            query={"ids": {"values": sorted(photo_ids)}},
            size=len(photo_ids),
            source_includes=["owner_id"],
            track_total_hits=False,
        )
        return {hit["_source"]["owner_id"] for hit in answer["hits"]["hits"]}

    async def some_owners(self, index: Index, most: int) -> Sequence[str]:
        """Those with the most photos."""
        answer = await self._client.search(
            index=index.name,
            query=_ANALYSED,
            size=0,
            aggs={"owners": {"terms": {"field": "owner_id", "size": most}}},
            track_total_hits=False,
        )
        return [str(bucket["key"]) for bucket in answer["aggregations"]["owners"]["buckets"]]


def _stored(source: dict[str, Any], fields: Sequence[str]) -> StoredAnalysis:
    # Of an index of another schema a field may be missing.
    kept = {name: source[name] for name in fields if name in source}
    return StoredAnalysis(source["id"], source["owner_id"], kept)
