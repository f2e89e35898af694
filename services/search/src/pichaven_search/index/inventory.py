"""What an index has of all photos, for the comparison with the library."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_search.index.client import to_index_error
from pichaven_search.index.comparison import IndexedPhoto
from pichaven_search.index.model import Index

_PAGE: Final = 2_000
# Columns: to read whole documents would cost ten times as much.
_COLUMNS: Final = [
    {"field": name} for name in ("version", "embedding_revision", "text_revision", "created_at")
]


class IndexInventory:
    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def list_photos(self, index: Index, after: str, until: str) -> dict[str, IndexedPhoto]:
        """Return the photos whose ids are greater than the one and at most the other.

        Raises `IndexGone`.
        """
        photos: dict[str, IndexedPhoto] = {}
        last = after
        while True:
            try:
                response = await self._client.search(
                    index=index.name,
                    query={"range": {"id": {"gt": last, "lte": until}}},
                    sort=[{"id": "asc"}],
                    size=_PAGE,
                    source=False,
                    docvalue_fields=_COLUMNS,
                    track_total_hits=False,
                    allow_partial_search_results=False,
                )
            except NotFoundError as error:
                raise to_index_error(error, index.name) from error
            hits = response["hits"]["hits"]
            photos |= {hit["_id"]: _to_photo(hit.get("fields", {})) for hit in hits}
            if len(hits) < _PAGE:
                return photos
            last = hits[-1]["_id"]


def _to_photo(fields: Mapping[str, Any]) -> IndexedPhoto:
    created_at = fields.get("created_at")
    return IndexedPhoto(
        version=fields.get("version", [0])[0],
        has_embedding="embedding_revision" in fields,
        has_text="text_revision" in fields,
        created_at=datetime.fromisoformat(created_at[0]) if created_at else None,
    )
