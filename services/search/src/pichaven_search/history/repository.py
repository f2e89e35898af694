"""Past searches in an index of their own, which rebuilds leave alone.

It is the original of what it holds, unlike the indexes of photos. Every document lies in its
owner's shard; ids are made of owner and wording, so asking again finds the same document.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from elasticsearch import AsyncElasticsearch, BadRequestError, NotFoundError

from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.ids import derived_id
from pichaven_search.history.model import (
    MOST_KEPT,
    PastSearch,
    PointInHistory,
    Searched,
    folded_search,
    past_search_id,
)
from pichaven_search.index.client import check_deleted
from pichaven_search.settings import SearchSettings

_TRIES: Final = 3
_CONFLICT: Final = 409
_PAGE: Final = 500
_SLACK: Final = 20
_NEWEST_FIRST: Final = [{"last_at": "desc"}, {"id": "desc"}]
_MAPPING: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "_routing": {"required": True},
    "properties": {
        "id": {"type": "keyword"},
        "owner_id": {"type": "keyword"},
        "kind": {"type": "keyword"},
        "text": {"type": "keyword", "index": False, "doc_values": False},
        "count": {"type": "integer", "index": False},
        "last_at": {"type": "date"},
        "enabled": {"type": "boolean", "index": False},
        "cleared_at": {"type": "date", "index": False},
    },
}


class ElasticHistory:
    """Each owner's own; no call sees or touches another's."""

    def __init__(
        self, client: AsyncElasticsearch, settings: SearchSettings, *, clock: Clock = utc_now
    ) -> None:
        self._client = client
        self._clock = clock
        self._index = f"{settings.alias}-history"
        self._shards = settings.shards
        self._replicas = settings.replicas

    async def prepare(self) -> None:
        """Make the place; may be repeated."""
        try:
            await self._client.indices.create(
                index=self._index,
                settings={
                    "number_of_shards": self._shards,
                    "auto_expand_replicas": self._replicas,
                    "refresh_interval": "1s",
                },
                mappings=_MAPPING,
            )
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise
            await self._client.indices.put_mapping(
                index=self._index, properties=_MAPPING["properties"]
            )

    async def record(self, searches: Sequence[Searched]) -> None:
        """Count these, of any owners; nothing where an owner switched it off.

        What a search stands instead of goes if it was asked once. The oldest of an owner beyond
        `MOST_KEPT` go too.
        """
        waiting = _counted(searches)
        grown: set[str] = set()
        for _ in range(_TRIES):
            if not waiting:
                break
            held = await self._all_held(
                (owner_id, document_id)
                for search_id, one in waiting.items()
                for owner_id in [one.owner_id]
                for document_id in (search_id, _settings_id(owner_id), *one.instead_of)
            )
            waiting = {
                search_id: one
                for search_id, one in waiting.items()
                if _is_kept(one, held.get(_settings_id(one.owner_id)))
            }
            grown |= {one.owner_id for search_id, one in waiting.items() if search_id not in held}
            waiting = await self._written(waiting, held)
        for owner_id in grown:
            await self._trim(owner_id)

    async def newest(
        self, owner_id: str, *, after: PointInHistory | None, limit: int
    ) -> Sequence[PastSearch]:
        """About a second old."""
        answer = await self._client.search(
            index=self._index,
            routing=owner_id,
            query=_own(owner_id),
            sort=_NEWEST_FIRST,
            search_after=[after.last_ms, after.id] if after else None,
            size=limit,
            track_total_hits=False,
            ignore_unavailable=True,
        )
        return [_past(hit["_source"]) for hit in answer["hits"]["hits"]]

    async def remove(self, owner_id: str, search_id: str) -> bool:
        """Whether there was such a one; it is gone for every later call."""
        held = await self._held(owner_id, search_id)
        if held is None or held["_source"].get("kind") != "search":
            return False
        try:
            await self._client.delete(
                index=self._index, id=search_id, routing=owner_id, refresh=True
            )
        except NotFoundError:
            return False
        return True

    async def clear(self, owner_id: str) -> None:
        """All of the owner's are gone for every later call."""
        # What another process holds of earlier searches may still be on its way here.
        await self._set(owner_id, cleared_at=self._clock().isoformat())
        while await self._remove_some(owner_id, oldest=_PAGE, refresh=True):
            pass

    async def enabled(self, owner_id: str) -> bool:
        """Whether searches are recorded; true unless switched off."""
        held = await self._held(owner_id, _settings_id(owner_id))
        return held is None or _is_enabled(held)

    async def enable(self, owner_id: str, *, enabled: bool) -> None:
        await self._set(owner_id, enabled=enabled)

    async def _set(self, owner_id: str, **settings: Any) -> None:
        settings_id = _settings_id(owner_id)
        await self._client.update(
            index=self._index,
            id=settings_id,
            routing=owner_id,
            doc={"id": settings_id, "owner_id": owner_id, "kind": "settings"} | settings,
            doc_as_upsert=True,
            retry_on_conflict=_TRIES,
        )

    async def _all_held(self, wanted: Iterable[tuple[str, str]]) -> dict[str, Mapping[str, Any]]:
        """As of now, in one request; without those that are not there or not the owner's."""
        owners = {document_id: owner_id for owner_id, document_id in wanted}
        docs = [{"_id": document_id, "routing": owner} for document_id, owner in owners.items()]
        answer = await self._client.mget(index=self._index, docs=docs)
        found: dict[str, Mapping[str, Any]] = {}
        for held in answer["docs"]:
            if "error" in held:
                raise RuntimeError(f"history cannot be read: {str(held['error'])[:200]}")
            if held["found"] and held["_source"]["owner_id"] == owners[held["_id"]]:
                found[held["_id"]] = held
        return found

    async def _written(
        self, searches: Mapping[str, Searched], held: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Searched]:
        """Write what nobody else wrote meanwhile; the rest, which has to be counted anew."""
        operations: list[dict[str, Any]] = []
        for search_id, one in searches.items():
            before = held.get(search_id)
            act = {"_id": search_id, "routing": one.owner_id} | _unchanged(before)
            operations += [
                {"index" if before else "create": act},
                {
                    "id": search_id,
                    "owner_id": one.owner_id,
                    "kind": "search",
                    "text": one.text,
                    "count": one.times + (before["_source"]["count"] if before else 0),
                    "last_at": one.at.isoformat(timespec="milliseconds"),
                },
            ]
            for beginning in one.instead_of:
                old = held.get(beginning)
                if old and old["_source"].get("count") == 1 and beginning not in searches:
                    act = {"_id": beginning, "routing": one.owner_id} | _unchanged(old)
                    operations.append({"delete": act})
        if not operations:
            return {}
        answer = await self._client.bulk(index=self._index, operations=operations)
        again: dict[str, Searched] = {}
        for item in answer["items"]:
            [(act_name, told)] = item.items()
            if told["status"] == _CONFLICT and act_name != "delete":
                again[told["_id"]] = replace(searches[told["_id"]], instead_of=())
            elif "error" in told and told["status"] != _CONFLICT:
                raise RuntimeError(f"history cannot be written: {str(told['error'])[:200]}")
        return again

    async def _held(self, owner_id: str, document_id: str) -> Mapping[str, Any] | None:
        """As of now, not as of the last refresh; None for what is not the owner's."""
        try:
            answer = await self._client.get(index=self._index, id=document_id, routing=owner_id)
        except NotFoundError as error:
            if error.body.get("found") is False:
                return None
            raise
        return answer.body if answer["_source"]["owner_id"] == owner_id else None

    async def _trim(self, owner_id: str) -> None:
        answer = await self._client.count(index=self._index, routing=owner_id, query=_own(owner_id))
        beyond = int(answer["count"]) - MOST_KEPT
        if beyond > _SLACK:
            await self._remove_some(owner_id, oldest=min(beyond, _PAGE), refresh=False)

    async def _remove_some(self, owner_id: str, *, oldest: int, refresh: bool) -> int:
        await self._client.indices.refresh(index=self._index)
        answer = await self._client.search(
            index=self._index,
            routing=owner_id,
            query=_own(owner_id),
            sort=[{"last_at": "asc"}],
            size=oldest,
            source=False,
            track_total_hits=False,
        )
        hits = answer["hits"]["hits"]
        if hits:
            deleted = await self._client.bulk(
                index=self._index,
                operations=[{"delete": {"_id": hit["_id"], "routing": owner_id}} for hit in hits],
                refresh=refresh,
            )
            check_deleted(deleted.body)
        return len(hits)


def _counted(searches: Sequence[Searched]) -> dict[str, Searched]:
    """By id, so that each is written once."""
    found: dict[str, Searched] = {}
    for one in searches:
        if not folded_search(one.text):
            continue
        search_id = past_search_id(one.owner_id, one.text)
        found[search_id] = one.after(found.get(search_id))
    return found


def _unchanged(held: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"if_seq_no": held["_seq_no"], "if_primary_term": held["_primary_term"]} if held else {}


def _is_kept(search: Searched, settings: Mapping[str, Any] | None) -> bool:
    if settings is None:
        return True
    cleared_at = settings["_source"].get("cleared_at")
    cleared = cleared_at is not None and search.at <= datetime.fromisoformat(cleared_at)
    return _is_enabled(settings) and not cleared


def _is_enabled(settings: Mapping[str, Any]) -> bool:
    return bool(settings["_source"].get("enabled", True))


def _own(owner_id: str) -> dict[str, Any]:
    return {"bool": {"filter": [{"term": {"owner_id": owner_id}}, {"term": {"kind": "search"}}]}}


def _settings_id(owner_id: str) -> str:
    return derived_id("past-search-settings", owner_id)


def _past(source: Mapping[str, Any]) -> PastSearch:
    return PastSearch(
        source["id"], source["text"], source["count"], datetime.fromisoformat(source["last_at"])
    )
