"""Marks of purged photos, in an index of their own that rebuilds leave alone."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from elasticsearch import AsyncElasticsearch, BadRequestError

from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.events import EngineDown
from pichaven_search.index.client import check_deleted
from pichaven_search.settings import SearchSettings

KEPT: Final = timedelta(days=1)
_PAGE: Final = 1000
_MAPPING: Final = {"dynamic": "strict", "properties": {"at": {"type": "date"}}}


class ElasticPurged:
    """Ids of photos that were purged of late, so that a late event does not bring one back."""

    def __init__(
        self, client: AsyncElasticsearch, settings: SearchSettings, *, clock: Clock = utc_now
    ) -> None:
        self._client = client
        self._index = f"{settings.alias}-purged"
        self._replicas = settings.replicas
        self._clock = clock

    async def prepare(self) -> None:
        try:
            await self._client.indices.create(
                index=self._index,
                settings={"number_of_shards": 1, "auto_expand_replicas": self._replicas},
                mappings=_MAPPING,
            )
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise

    async def mark(self, photo_ids: Collection[str]) -> None:
        at = self._clock().isoformat()
        operations = [
            line for photo_id in photo_ids for line in ({"index": {"_id": photo_id}}, {"at": at})
        ]
        answer = await self._client.bulk(index=self._index, operations=operations)
        if answer["errors"]:
            raise EngineDown(f"purged photos could not be marked: {answer['items'][0]}"[:300])

    async def among(self, photo_ids: Collection[str]) -> set[str]:
        """Those that are marked, as of now."""
        if not photo_ids:
            return set()
        answer = await self._client.mget(index=self._index, ids=list(photo_ids), source=False)
        if any("error" in document for document in answer["docs"]):
            raise EngineDown("the marks of purged photos cannot be read")
        return {document["_id"] for document in answer["docs"] if document["found"]}

    async def forget_old(self) -> int:
        """Drop marks older than a day; answers how many."""
        limit = (self._clock() - KEPT).isoformat()
        forgotten = 0
        while True:
            await self._client.indices.refresh(index=self._index, ignore_unavailable=True)
            answer = await self._client.search(
                index=self._index,
                query={"range": {"at": {"lt": limit}}},
                size=_PAGE,
                source=False,
                track_total_hits=False,
                ignore_unavailable=True,
            )
            hits = answer["hits"]["hits"]
            if not hits:
                return forgotten
            deleted = await self._client.bulk(
                index=self._index, operations=[{"delete": {"_id": hit["_id"]}} for hit in hits]
            )
            check_deleted(deleted.body)
            forgotten += len(hits)
