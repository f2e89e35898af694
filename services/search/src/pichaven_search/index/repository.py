"""Photos written to an index: read, merged by the caller, written if nothing came between."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_chassis.events import EngineDown
from pichaven_search.index.client import gone
from pichaven_search.index.document import Change, Held, Write
from pichaven_search.index.model import Index, IndexGone

_GUARDS: Final = ["version", "analysis_revision", "analysis_at"]
_CONFLICTS: Final = frozenset({404, 409})
_BUSY: Final = frozenset({429, 502, 503, 504})
_ABSENT: Final = "index_not_found_exception"


class WriteRefused(Exception):
    """Elasticsearch does not take a document; the reason is its own."""


class ElasticPhotos:
    """The photos in an index, for whoever changes them.

    Writes need no refresh: they read by id, in real time.
    """

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def held(self, index: Index, changes: Sequence[Change]) -> dict[str, Held]:
        """What the index has of these photos, by id. Raises `IndexGone`."""
        if not changes:
            return {}
        answer = await self._client.mget(
            index=index.name,
            docs=[
                {"_id": change.photo_id, "routing": change.owner_id, "_source": _GUARDS}
                for change in changes
            ],
        )
        found: dict[str, Held] = {}
        for document in answer["docs"]:
            if "error" in document:
                if document["error"].get("type") == _ABSENT:
                    raise IndexGone(index.name)
                raise EngineDown(str(document["error"])[:300])
            if document["found"]:
                found[document["_id"]] = _held(document)
        return found

    async def write(self, index: Index, writes: Sequence[Write]) -> set[str]:
        """Ids whose photo had changed since it was read, so that nothing was written."""
        operations: list[Mapping[str, Any]] = []
        for write in writes:
            target = {"_id": write.photo_id, "routing": write.owner_id}
            if write.held is None:
                operations += [{"create": target}, write.fields]
            else:
                guard = {
                    "if_seq_no": write.held.seq_no,
                    "if_primary_term": write.held.primary_term,
                }
                operations += [{"update": target | guard}, {"doc": write.fields}]
        refused: set[str] = set()
        answer = await self._client.bulk(index=index.name, operations=operations)
        for item in answer["items"]:
            [result] = item.values()
            if result["status"] in _CONFLICTS:
                if result.get("error", {}).get("type") == _ABSENT:
                    raise IndexGone(index.name)
                refused.add(result["_id"])
            else:
                _check(result)
        return refused

    async def remove(self, index: Index, photo_ids: Collection[str]) -> None:
        """Remove these photos, whoever owns them; absent ones are fine.

        By search, since a purge names no owner and so no shard; hence the refresh before.
        """
        try:
            await self._client.indices.refresh(index=index.name)
            answer = await self._client.search(
                index=index.name,
                query={"ids": {"values": list(photo_ids)}},
                size=len(photo_ids),
                source=False,
                track_total_hits=False,
                allow_partial_search_results=False,
            )
        except NotFoundError as error:
            raise gone(error, index.name) from error
        hits = answer["hits"]["hits"]
        if not hits:
            return
        answer = await self._client.bulk(
            index=index.name,
            operations=[
                {"delete": {"_id": hit["_id"], "routing": hit["_routing"]}} for hit in hits
            ],
        )
        for item in answer["items"]:
            if item["delete"]["status"] != 404:  # noqa: PLR2004
                _check(item["delete"])


def _held(document: Mapping[str, Any]) -> Held:
    source = document["_source"]
    at = source.get("analysis_at")
    return Held(
        version=source.get("version", 0),
        analysis=(source["analysis_revision"], datetime.fromisoformat(at)) if at else None,
        seq_no=document["_seq_no"],
        primary_term=document["_primary_term"],
    )


def _check(result: Mapping[str, Any]) -> None:
    if result["status"] in _BUSY:
        raise EngineDown(str(result.get("error"))[:300])
    if "error" in result:
        raise WriteRefused(f"{result['_id']}: {str(result['error'])[:500]}")
