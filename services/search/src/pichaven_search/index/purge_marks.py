"""Marks of purged photos, in an index of their own that rebuilds keep."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from elasticsearch import AsyncElasticsearch

from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.events import EngineDown
from pichaven_search.index.client import check_deleted, create_index
from pichaven_search.settings import SearchSettings

_RETENTION: Final = timedelta(days=1)
_PAGE: Final = 1000
_MAPPING: Final = {"dynamic": "strict", "properties": {"at": {"type": "date"}}}


class PurgeMarkRepository:
    """Ids of photos that were purged in the last day, so that no late event restores one."""

    def __init__(
        self, client: AsyncElasticsearch, settings: SearchSettings, *, clock: Clock = utc_now
    ) -> None:
        self._client = client
        self._index = f"{settings.alias}-purged"
        self._replicas = settings.replicas
        self._clock = clock

    async def prepare(self) -> None:
        """Create the index unless it exists."""
        await create_index(
            self._client,
            self._index,
            settings={"number_of_shards": 1, "auto_expand_replicas": self._replicas},
            mappings=_MAPPING,
        )

    async def mark(self, photo_ids: Collection[str]) -> None:
        """Mark photos as purged now."""
        at = self._clock().isoformat()
        operations = [
            line for photo_id in photo_ids for line in ({"index": {"_id": photo_id}}, {"at": at})
        ]
        response = await self._client.bulk(index=self._index, operations=operations)
        if response["errors"]:
            raise EngineDown(f"purged photos could not be marked: {response['items'][0]}"[:300])

    async def filter_marked(self, photo_ids: Collection[str]) -> set[str]:
        """Return those of the photos that are marked, read in real time."""
        if not photo_ids:
            return set()
        response = await self._client.mget(index=self._index, ids=list(photo_ids), source=False)
        if any("error" in document for document in response["docs"]):
            raise EngineDown("the marks of purged photos cannot be read")
        return {document["_id"] for document in response["docs"] if document["found"]}

    async def delete_old(self) -> int:
        """Delete the marks older than a day; return their count."""
        cutoff = (self._clock() - _RETENTION).isoformat()
        count = 0
        while True:
            await self._client.indices.refresh(index=self._index, ignore_unavailable=True)
            response = await self._client.search(
                index=self._index,
                query={"range": {"at": {"lt": cutoff}}},
                size=_PAGE,
                source=False,
                track_total_hits=False,
                ignore_unavailable=True,
            )
            hits = response["hits"]["hits"]
            if not hits:
                return count
            deletion = await self._client.bulk(
                index=self._index, operations=[{"delete": {"_id": hit["_id"]}} for hit in hits]
            )
            check_deleted(deletion.body)
            count += len(hits)
