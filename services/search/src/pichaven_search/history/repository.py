"""Past searches in an Elasticsearch index of their own, which rebuilds do not touch.

Unlike the indexes of photos it is the only copy of its data.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.optimistic import WriteConflict, write_optimistically
from pichaven_chassis.pagination import TimeCursor
from pichaven_search.history.documents import (
    MAPPING,
    Document,
    is_enabled,
    is_recorded,
    searches_of,
    settings_id,
    to_bulk_operations,
    to_past_search,
)
from pichaven_search.history.model import (
    MAX_PAST_SEARCHES,
    PastSearch,
    SearchRecord,
    merge_records,
)
from pichaven_search.index.client import check_deleted, create_index
from pichaven_search.settings import SearchSettings

_ATTEMPTS: Final = 10
_CONFLICT: Final = 409
_DELETE_BATCH: Final = 500
_SLACK: Final = 20
_NEWEST_FIRST: Final = [{"last_at": "desc"}, {"id": "desc"}]


class HistoryRepository:
    """Each method reads and writes documents of the given owner alone."""

    def __init__(
        self, client: AsyncElasticsearch, settings: SearchSettings, *, clock: Clock = utc_now
    ) -> None:
        self._client = client
        self._clock = clock
        self.index = f"{settings.alias}-history"
        self._shards = settings.shards
        self._replicas = settings.replicas

    async def prepare(self) -> None:
        """Create the index, or add new fields to its mapping; idempotent."""
        created = await create_index(
            self._client,
            self.index,
            settings={
                "number_of_shards": self._shards,
                "auto_expand_replicas": self._replicas,
                "refresh_interval": "1s",
            },
            mappings=MAPPING,
        )
        if not created:
            await self._client.indices.put_mapping(
                index=self.index, properties=MAPPING["properties"]
            )

    async def record(self, records: Iterable[SearchRecord]) -> None:
        """Add searches of any owners, except of those who switched the history off.

        A search that a record replaces is deleted if it was made once. Of an owner's searches
        beyond `MAX_PAST_SEARCHES` the oldest are deleted.
        """
        pending = merge_records(records)
        owners_to_trim: set[str] = set()

        async def attempt() -> None:
            nonlocal pending
            documents = await self._fetch(pending)
            pending = {
                search_id: record
                for search_id, record in pending.items()
                if is_recorded(record, documents.get(settings_id(record.owner_id)))
            }
            owners_to_trim.update(
                record.owner_id
                for search_id, record in pending.items()
                if search_id not in documents
            )
            pending = await self._write(pending, documents)
            if pending:
                raise WriteConflict

        if pending:
            await write_optimistically(attempt, attempts=_ATTEMPTS)
        for owner_id in owners_to_trim:
            await self._trim(owner_id)

    async def newest(
        self, owner_id: str, *, after: TimeCursor | None, limit: int
    ) -> Sequence[PastSearch]:
        """Return past searches, the newest first, as of the last refresh (a second ago)."""
        response = await self._client.search(
            index=self.index,
            routing=owner_id,
            query=searches_of(owner_id),
            sort=_NEWEST_FIRST,
            search_after=[after.at_ms, after.id] if after else None,
            size=limit,
            track_total_hits=False,
            ignore_unavailable=True,
        )
        return [to_past_search(hit["_source"]) for hit in response["hits"]["hits"]]

    async def delete(self, owner_id: str, search_id: str) -> bool:
        """Delete a past search and return whether there was one; visible to the next search."""
        document = await self._get(owner_id, search_id)
        if document is None or document["_source"].get("kind") != "search":
            return False
        try:
            await self._client.delete(
                index=self.index, id=search_id, routing=owner_id, refresh=True
            )
        except NotFoundError:
            return False
        return True

    async def clear(self, owner_id: str) -> None:
        """Delete all past searches of the owner; visible to the next search."""
        # Earlier searches that another process has still to record are dropped by this time.
        await self._update_settings(owner_id, cleared_at=self._clock().isoformat())
        while await self._delete_oldest(owner_id, limit=_DELETE_BATCH, refresh=True):
            pass

    async def is_enabled(self, owner_id: str) -> bool:
        """Return whether searches are recorded; the default is yes."""
        return is_enabled(await self._get(owner_id, settings_id(owner_id)))

    async def set_enabled(self, owner_id: str, *, enabled: bool) -> None:
        await self._update_settings(owner_id, enabled=enabled)

    async def _update_settings(self, owner_id: str, **settings: Any) -> None:
        document_id = settings_id(owner_id)
        await self._client.update(
            index=self.index,
            id=document_id,
            routing=owner_id,
            doc={"id": document_id, "owner_id": owner_id, "kind": "settings"} | settings,
            doc_as_upsert=True,
            retry_on_conflict=_ATTEMPTS,
        )

    async def _fetch(self, records: Mapping[str, SearchRecord]) -> dict[str, Document]:
        """Return, in real time, the existing documents that the records concern, by id.

        These are the searches themselves, those that they replace, and their owners' settings.
        """
        owners = {
            document_id: record.owner_id
            for search_id, record in records.items()
            for document_id in (search_id, settings_id(record.owner_id), *record.replaces)
        }
        docs = [{"_id": document_id, "routing": owner} for document_id, owner in owners.items()]
        response = await self._client.mget(index=self.index, docs=docs)
        documents: dict[str, Document] = {}
        for document in response["docs"]:
            if "error" in document:
                raise RuntimeError(f"history cannot be read: {str(document['error'])[:200]}")
            if document["found"] and document["_source"]["owner_id"] == owners[document["_id"]]:
                documents[document["_id"]] = document
        return documents

    async def _write(
        self, records: Mapping[str, SearchRecord], documents: Mapping[str, Document]
    ) -> dict[str, SearchRecord]:
        """Write the records unless their documents changed; return those that met a conflict."""
        operations = to_bulk_operations(records, documents)
        if not operations:
            return {}
        response = await self._client.bulk(index=self.index, operations=operations)
        conflicts: dict[str, SearchRecord] = {}
        for item in response["items"]:
            [(action_name, result)] = item.items()
            if result["status"] == _CONFLICT and action_name != "delete":
                conflicts[result["_id"]] = replace(records[result["_id"]], replaces=())
            elif "error" in result and result["status"] != _CONFLICT:
                raise RuntimeError(f"history cannot be written: {str(result['error'])[:200]}")
        return conflicts

    async def _get(self, owner_id: str, document_id: str) -> Document | None:
        """Return a document in real time, None unless it is the owner's."""
        try:
            document = await self._client.get(index=self.index, id=document_id, routing=owner_id)
        except NotFoundError as error:
            if error.body.get("found") is False:
                return None
            raise
        return document.body if document["_source"]["owner_id"] == owner_id else None

    async def _trim(self, owner_id: str) -> None:
        response = await self._client.count(
            index=self.index, routing=owner_id, query=searches_of(owner_id)
        )
        excess = int(response["count"]) - MAX_PAST_SEARCHES
        if excess > _SLACK:
            await self._delete_oldest(owner_id, limit=min(excess, _DELETE_BATCH), refresh=False)

    async def _delete_oldest(self, owner_id: str, *, limit: int, refresh: bool) -> int:
        """Delete at most `limit` past searches; return how many."""
        await self._client.indices.refresh(index=self.index)
        response = await self._client.search(
            index=self.index,
            routing=owner_id,
            query=searches_of(owner_id),
            sort=[{"last_at": "asc"}],
            size=limit,
            source=False,
            track_total_hits=False,
        )
        hits = response["hits"]["hits"]
        if hits:
            deletion = await self._client.bulk(
                index=self.index,
                operations=[{"delete": {"_id": hit["_id"], "routing": owner_id}} for hit in hits],
                refresh=refresh,
            )
            check_deleted(deletion.body)
        return len(hits)
