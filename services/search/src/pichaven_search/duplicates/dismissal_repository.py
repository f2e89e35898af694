"""Dismissed groups in an index of their own, routed to their owners' shards."""

from collections.abc import Sequence
from typing import Any, Final

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.ids import derived_id
from pichaven_search.duplicates.model import Dismissal
from pichaven_search.index.client import check_deleted, create_index
from pichaven_search.settings import SearchSettings

MAX_DISMISSALS: Final = 2_000
"""Of an owner; beyond it the oldest are deleted."""
MAPPING: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "_routing": {"required": True},
    "properties": {
        "owner_id": {"type": "keyword"},
        "group_id": {"type": "keyword", "index": False, "doc_values": False},
        "photo_ids": {"type": "keyword", "index": False, "doc_values": False},
        "dismissed_at": {"type": "date"},
    },
}
_DELETE_BATCH: Final = 500


class DismissalRepository:
    """`Dismissals` in Elasticsearch; a change is visible to the next call."""

    def __init__(
        self, client: AsyncElasticsearch, settings: SearchSettings, *, clock: Clock = utc_now
    ) -> None:
        self._client = client
        self._clock = clock
        self.index = f"{settings.alias}-dismissals"
        self._shards = settings.shards
        self._replicas = settings.replicas

    async def prepare(self) -> None:
        """Create the index unless it exists."""
        await create_index(
            self._client,
            self.index,
            settings={"number_of_shards": self._shards, "auto_expand_replicas": self._replicas},
            mappings=MAPPING,
        )

    async def list(self, owner_id: str) -> Sequence[Dismissal]:
        hits = await self._hits(owner_id, "desc", size=MAX_DISMISSALS)
        return [
            Dismissal(hit["_source"]["group_id"], frozenset(hit["_source"]["photo_ids"]))
            for hit in hits
        ]

    async def put(self, owner_id: str, dismissal: Dismissal) -> None:
        await self._client.index(
            index=self.index,
            id=_document_id(owner_id, dismissal.group_id),
            routing=owner_id,
            document={
                "owner_id": owner_id,
                "group_id": dismissal.group_id,
                "photo_ids": sorted(dismissal.photo_ids),
                "dismissed_at": self._clock().isoformat(),
            },
            refresh=True,
        )
        response = await self._client.count(
            index=self.index, routing=owner_id, query={"term": {"owner_id": owner_id}}
        )
        if (excess := response["count"] - MAX_DISMISSALS) > 0:
            await self._delete_oldest(owner_id, min(excess, _DELETE_BATCH))

    async def delete(self, owner_id: str, group_id: str) -> bool:
        document_id = _document_id(owner_id, group_id)
        try:
            await self._client.delete(
                index=self.index, id=document_id, routing=owner_id, refresh=True
            )
        except NotFoundError:
            return False
        return True

    async def clear(self, owner_id: str) -> None:
        while await self._delete_oldest(owner_id, _DELETE_BATCH):
            pass

    async def _delete_oldest(self, owner_id: str, size: int) -> int:
        """Return how many were deleted."""
        hits = await self._hits(owner_id, "asc", size=size, source=False)
        if hits:
            deletion = await self._client.bulk(
                index=self.index,
                operations=[{"delete": {"_id": hit["_id"], "routing": owner_id}} for hit in hits],
                refresh=True,
            )
            check_deleted(deletion.body)
        return len(hits)

    async def _hits(
        self, owner_id: str, order: str, *, size: int, source: bool = True
    ) -> Sequence[Any]:
        response = await self._client.search(
            index=self.index,
            routing=owner_id,
            query={"term": {"owner_id": owner_id}},
            sort=[{"dismissed_at": order}],
            size=size,
            source=source,
            track_total_hits=False,
            ignore_unavailable=True,
        )
        hits: Sequence[Any] = response["hits"]["hits"]
        return hits


def _document_id(owner_id: str, group_id: str) -> str:
    return derived_id("duplicates-dismissal", owner_id, group_id)
