"""The documents of photos in an index: states read, fields merged by the caller, guarded writes."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_chassis.events import EngineDown
from pichaven_search.index.client import to_index_error
from pichaven_search.index.document import Age, Change, IndexedState, Write
from pichaven_search.index.model import Index, IndexGone

_GUARDS: Final = ["version", "embedding_revision", "embedding_at", "text_revision", "text_at"]
_CONFLICTS: Final = frozenset({404, 409})
_BUSY: Final = frozenset({429, 502, 503, 504})
_ABSENT: Final = "index_not_found_exception"


class DocumentRejected(Exception):
    """Raised when Elasticsearch does not accept a document; has its reason."""


class PhotoRepository:
    """The photos in an index, for writers.

    States are read by id, in real time, so writes need no refresh.
    """

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def read_states(self, index: Index, changes: Sequence[Change]) -> dict[str, IndexedState]:
        """Return the states of the photos that the index has, by id. Raises `IndexGone`."""
        if not changes:
            return {}
        response = await self._client.mget(
            index=index.name,
            docs=[
                {"_id": change.photo_id, "routing": change.owner_id, "_source": _GUARDS}
                for change in changes
            ],
        )
        states: dict[str, IndexedState] = {}
        for document in response["docs"]:
            if "error" in document:
                if document["error"].get("type") == _ABSENT:
                    raise IndexGone(index.name)
                raise EngineDown(str(document["error"])[:300])
            if document["found"]:
                states[document["_id"]] = _to_state(document)
        return states

    async def write(self, index: Index, writes: Sequence[Write]) -> set[str]:
        """Apply the writes; return the ids whose document has changed since its state was read."""
        operations: list[Mapping[str, Any]] = []
        for write in writes:
            target = {"_id": write.photo_id, "routing": write.owner_id}
            if write.state is None:
                operations += [{"create": target}, write.fields]
            else:
                guard = {
                    "if_seq_no": write.state.seq_no,
                    "if_primary_term": write.state.primary_term,
                }
                operations += [{"update": target | guard}, {"doc": write.fields}]
        conflicts: set[str] = set()
        response = await self._client.bulk(index=index.name, operations=operations)
        for item in response["items"]:
            [result] = item.values()
            if result["status"] in _CONFLICTS:
                if result.get("error", {}).get("type") == _ABSENT:
                    raise IndexGone(index.name)
                conflicts.add(result["_id"])
            else:
                _check(result)
        return conflicts

    async def remove(self, index: Index, photo_ids: Collection[str]) -> None:
        """Remove these photos of any owner; absent ones are ignored.

        A purge names no owner and so no shard: the documents are found by a search, after a
        refresh. Raises `IndexGone`.
        """
        try:
            await self._client.indices.refresh(index=index.name)
            response = await self._client.search(
                index=index.name,
                query={"ids": {"values": list(photo_ids)}},
                size=len(photo_ids),
                source=False,
                track_total_hits=False,
                allow_partial_search_results=False,
            )
        except NotFoundError as error:
            raise to_index_error(error, index.name) from error
        hits = response["hits"]["hits"]
        if not hits:
            return
        response = await self._client.bulk(
            index=index.name,
            operations=[
                {"delete": {"_id": hit["_id"], "routing": hit["_routing"]}} for hit in hits
            ],
        )
        for item in response["items"]:
            if item["delete"]["status"] != 404:  # noqa: PLR2004
                _check(item["delete"])


def _to_state(document: Mapping[str, Any]) -> IndexedState:
    source = document["_source"]

    def read_age(part: str) -> Age | None:
        at = source.get(f"{part}_at")
        return (source[f"{part}_revision"], datetime.fromisoformat(at)) if at else None

    return IndexedState(
        version=source.get("version", 0),
        embedding=read_age("embedding"),
        text=read_age("text"),
        seq_no=document["_seq_no"],
        primary_term=document["_primary_term"],
    )


def _check(result: Mapping[str, Any]) -> None:
    if result["status"] in _BUSY:
        raise EngineDown(str(result.get("error"))[:300])
    if "error" in result:
        raise DocumentRejected(f"{result['_id']}: {str(result['error'])[:500]}")
