"""Documents of photos that were stored before photos had wall times or tiles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from pymongo import DESCENDING

from pichaven_chassis.mongo import Document
from pichaven_gallery.photos.documents import from_document
from pichaven_gallery.photos.photo import LibraryState, Photo
from pichaven_gallery.photos.repository import FIELDS, PhotoRepository, between

# Equality with null, which an index serves, matches a missing field.
_WITHOUT_WALL_TIME: Final[Document] = {"taken_at_local": None}
_WITHOUT_TILE: Final[Document] = {"tile": None}
"""Those without a wall time among them."""


class OlderDocuments:
    """Finds them; `PhotoRepository.rewrite` writes them anew."""

    def __init__(self, photos: PhotoRepository) -> None:
        self._collection = photos.collection

    async def any_of(self, owner_id: str) -> bool:
        """Whether the owner's library has any without wall times; one look into an index."""
        query: Document = {"owner_id": owner_id, "shelf": LibraryState.LIBRARY.value}
        return await self._collection.find_one(query | _WITHOUT_WALL_TIME, {"_id": 1}) is not None

    async def list_between(
        self,
        owner_id: str,
        key: Literal["taken_at", "created_at"],
        low: datetime,
        high: datetime,
        *,
        limit: int,
    ) -> Sequence[tuple[Photo, Document]]:
        """Return those without wall times in the owner's library whose key is between two times,
        both inclusive."""
        query: Document = {
            "owner_id": owner_id,
            "shelf": LibraryState.LIBRARY.value,
            key: between(low, high),
        }
        return await self._list(query | _WITHOUT_WALL_TIME, key, limit)

    async def list_before(self, photo_id: str, *, limit: int) -> Sequence[tuple[Photo, Document]]:
        """Return those with a smaller id of all owners, the latest ids first."""
        query: Document = {"_id": {"$lt": photo_id}, "status": {"$exists": True}}
        return await self._list(query | _WITHOUT_TILE, "_id", limit)

    async def _list(
        self, query: Document, key: str, limit: int
    ) -> Sequence[tuple[Photo, Document]]:
        documents = self._collection.find(query, FIELDS).sort(key, DESCENDING).limit(limit)
        return [(from_document(document), document) async for document in documents]
