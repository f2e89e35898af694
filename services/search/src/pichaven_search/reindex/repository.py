"""Which photos of an index have an embedding or a text, over all owners."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any, Final

from elasticsearch import AsyncElasticsearch

from pichaven_chassis.events import EngineDown
from pichaven_search.index.model import Index
from pichaven_search.reindex.model import EmbeddedPhoto

_PAGE: Final = 500
_KEEP_ALIVE: Final = "5m"
_EMBEDDED: Final[dict[str, Any]] = {"exists": {"field": "embedding"}}
_TEXT_READ: Final[dict[str, Any]] = {"exists": {"field": "words_seen"}}
"""Both hold in indexes of every schema."""


class EmbeddingRepository:
    """Searches see only refreshed writes; call `IndexRepository.refresh` before."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def count(self, index: Index) -> int:
        return await self._count(index, _EMBEDDED)

    async def count_texts(self, index: Index) -> int:
        """Return the count of photos whose text was read, also of those without any."""
        return await self._count(index, _TEXT_READ)

    async def pages(self, index: Index) -> AsyncIterator[Sequence[EmbeddedPhoto]]:
        """Yield every photo that has an embedding, at one point in time, some hundreds a page."""
        opened = await self._client.open_point_in_time(index=index.name, keep_alive=_KEEP_ALIVE)
        pit_id = opened["id"]
        after: list[Any] | None = None
        try:
            while True:
                response = await self._client.search(
                    pit={"id": pit_id, "keep_alive": _KEEP_ALIVE},
                    query=_EMBEDDED,
                    sort=[{"_shard_doc": "asc"}],
                    search_after=after,
                    size=_PAGE,
                    source_includes=["id", "owner_id"],
                    track_total_hits=False,
                    allow_partial_search_results=False,
                )
                pit_id = response["pit_id"]
                hits = response["hits"]["hits"]
                if not hits:
                    return
                after = hits[-1]["sort"]
                sources = [hit["_source"] for hit in hits]
                yield [EmbeddedPhoto(source["id"], source["owner_id"]) for source in sources]
        finally:
            await self._client.close_point_in_time(id=pit_id)

    async def find_missing(self, index: Index, photos: Sequence[EmbeddedPhoto]) -> set[str]:
        """Return the ids of the photos that have no embedding in an index of this schema."""
        response = await self._client.mget(
            index=index.name,
            docs=[
                {"_id": photo.photo_id, "routing": photo.owner_id, "_source": ["embedding_at"]}
                for photo in photos
            ],
        )
        missing: set[str] = set()
        for document in response["docs"]:
            if "error" in document:
                raise EngineDown(str(document["error"])[:300])
            if not document["found"] or not document["_source"].get("embedding_at"):
                missing.add(document["_id"])
        return missing

    async def find_owners(self, index: Index, photo_ids: Collection[str]) -> set[str]:
        """Return the owners of these photos, as far as the index has them."""
        response = await self._client.search(
            index=index.name,
            query={"ids": {"values": sorted(photo_ids)}},
            size=len(photo_ids),
            source_includes=["owner_id"],
            track_total_hits=False,
        )
        return {hit["_source"]["owner_id"] for hit in response["hits"]["hits"]}

    async def find_largest_owners(self, index: Index, limit: int) -> Sequence[str]:
        """Return the owners with the most embeddings."""
        response = await self._client.search(
            index=index.name,
            query=_EMBEDDED,
            size=0,
            aggs={"owners": {"terms": {"field": "owner_id", "size": limit}}},
            track_total_hits=False,
        )
        return [str(bucket["key"]) for bucket in response["aggregations"]["owners"]["buckets"]]

    async def _count(self, index: Index, query: dict[str, Any]) -> int:
        response = await self._client.count(index=index.name, query=query)
        return int(response["count"])
