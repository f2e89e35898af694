"""Fingerprints, embeddings and photos for the comparison of a library, read in bulk."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from elasticsearch import AsyncElasticsearch
from numpy.typing import NDArray

from pichaven_search.audience import Audience
from pichaven_search.duplicates.model import Fingerprint
from pichaven_search.index.clauses import NEWEST_FIRST, visible
from pichaven_search.index.model import Index
from pichaven_search.index.msearch import Body, JsonObject, MultiSearch
from pichaven_search.index.stored_photo import StoredPhoto, stored_photo_options, to_stored_photo
from pichaven_search.index.text_fields import Clause

_SCAN_PAGE: Final = 1_000
_VECTORS_PAGE: Final = 150
_PHOTOS_PAGE: Final = 1_000
_MILLISECONDS: Final = "epoch_millis"


class FingerprintRepository:
    """`Fingerprints` in Elasticsearch."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._multi_search = MultiSearch(client)

    async def scan(self, index: Index, audience: Audience) -> AsyncIterator[Sequence[Fingerprint]]:
        after: Sequence[Any] | None = None
        while True:
            hits = await self._hits(
                index,
                audience,
                {"exists": {"field": "embedding"}},
                {
                    "sort": NEWEST_FIRST,
                    "size": _SCAN_PAGE,
                    "_source": False,
                    "stored_fields": "_none_",
                    "docvalue_fields": ["phash", {"field": "created_at", "format": _MILLISECONDS}],
                }
                | ({"search_after": after} if after else {}),
            )
            if hits:
                yield [_to_fingerprint(hit) for hit in hits]
            if len(hits) < _SCAN_PAGE:
                return
            after = hits[-1]["sort"]

    async def vectors(
        self, index: Index, audience: Audience, photo_ids: Sequence[str]
    ) -> Mapping[str, NDArray[np.float32]]:
        # A list of Python floats takes eight times the memory of an array.
        return {
            hit["_id"]: np.array(hit["_source"]["embedding"], np.float32)
            for ids in _batches(photo_ids, _VECTORS_PAGE)
            for hit in await self._hits_of(index, audience, ids, {"_source": ["embedding"]})
            if hit["_source"].get("embedding")
        }

    async def photos(
        self, index: Index, audience: Audience, photo_ids: Sequence[str]
    ) -> Mapping[str, StoredPhoto]:
        return {
            photo.photo_id: photo
            for ids in _batches(photo_ids, _PHOTOS_PAGE)
            for hit in await self._hits_of(index, audience, ids, stored_photo_options(index))
            for photo in [to_stored_photo(hit)]
        }

    async def _hits_of(
        self, index: Index, audience: Audience, photo_ids: Sequence[str], options: Body
    ) -> Sequence[JsonObject]:
        clause = {"terms": {"id": list(photo_ids)}}
        return await self._hits(index, audience, clause, {"size": len(photo_ids)} | options)

    async def _hits(
        self, index: Index, audience: Audience, clause: Clause, options: Body
    ) -> Sequence[JsonObject]:
        query = {"bool": {"filter": [*visible(audience), clause]}}
        response = await self._multi_search.search(
            index, audience.routing, {"query": query, "track_total_hits": False} | options
        )
        hits: Sequence[JsonObject] = response["hits"]["hits"]
        return hits


def _to_fingerprint(hit: Mapping[str, Any]) -> Fingerprint:
    taken_ms, photo_id = hit["sort"]
    fields = hit.get("fields", {})
    phash = fields.get("phash")
    created = fields.get("created_at")
    return Fingerprint(
        photo_id,
        int(phash[0], 16) if phash else None,
        int(taken_ms),
        int(created[0]) if created else int(taken_ms),
    )


def _batches(photo_ids: Sequence[str], size: int) -> list[Sequence[str]]:
    return [photo_ids[start : start + size] for start in range(0, len(photo_ids), size)]
