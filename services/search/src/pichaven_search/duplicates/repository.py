"""What photos are compared by, read in bulk. Routed to the owner and filtered by the owner."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from elasticsearch import AsyncElasticsearch
from numpy.typing import NDArray

from pichaven_search.audience import Audience
from pichaven_search.duplicates.model import Fingerprint
from pichaven_search.index.clauses import NEWEST_FIRST, visible
from pichaven_search.index.model import Index
from pichaven_search.index.msearch import Answer, Body, ElasticAsking
from pichaven_search.index.stored_photo import StoredPhoto, asked_photo, photo_of
from pichaven_search.index.text_fields import Clause

_PAGE: Final = 1_000
_VECTORS: Final = 150
_PHOTOS: Final = 1_000
_MILLISECONDS: Final = "epoch_millis"


class ElasticFingerprints:
    """Implements `Fingerprints`."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._ask = ElasticAsking(client)

    async def scan(self, index: Index, owner_id: str) -> AsyncIterator[Sequence[Fingerprint]]:
        after: Sequence[Any] | None = None
        while True:
            hits = await self._hits(
                index,
                owner_id,
                [*visible(Audience(owner_id)), {"exists": {"field": "embedding"}}],
                {
                    "sort": NEWEST_FIRST,
                    "size": _PAGE,
                    "_source": False,
                    "stored_fields": "_none_",
                    "docvalue_fields": ["phash", {"field": "created_at", "format": _MILLISECONDS}],
                }
                | ({"search_after": after} if after else {}),
            )
            if hits:
                yield [_fingerprint(hit) for hit in hits]
            if len(hits) < _PAGE:
                return
            after = hits[-1]["sort"]

    async def vectors(
        self, index: Index, owner_id: str, photo_ids: Sequence[str]
    ) -> Mapping[str, NDArray[np.float32]]:
        # As a list of Python's numbers a vector takes eight times as much.
        return {
            hit["_id"]: np.array(hit["_source"]["embedding"], np.float32)
            for part in _parts(photo_ids, _VECTORS)
            for hit in await self._named(index, owner_id, part, {"_source": ["embedding"]})
            if hit["_source"].get("embedding")
        }

    async def photos(
        self, index: Index, owner_id: str, photo_ids: Sequence[str]
    ) -> Mapping[str, StoredPhoto]:
        return {
            photo.photo_id: photo
            for part in _parts(photo_ids, _PHOTOS)
            for hit in await self._named(index, owner_id, part, asked_photo(index))
            for photo in [photo_of(hit)]
        }

    async def _named(
        self, index: Index, owner_id: str, photo_ids: Sequence[str], wanted: Body
    ) -> Sequence[Answer]:
        asked = [*visible(Audience(owner_id)), {"terms": {"id": list(photo_ids)}}]
        return await self._hits(index, owner_id, asked, {"size": len(photo_ids)} | wanted)

    async def _hits(
        self, index: Index, owner_id: str, asked: list[Clause], wanted: Body
    ) -> Sequence[Answer]:
        body = {"query": {"bool": {"filter": asked}}, "track_total_hits": False} | wanted
        answer = await self._ask.one(index, owner_id, body)
        hits: Sequence[Answer] = answer["hits"]["hits"]
        return hits


def _fingerprint(hit: Mapping[str, Any]) -> Fingerprint:
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


def _parts(photo_ids: Sequence[str], size: int) -> list[Sequence[str]]:
    return [photo_ids[at : at + size] for at in range(0, len(photo_ids), size)]
