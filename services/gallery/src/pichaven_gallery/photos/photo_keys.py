"""Ids of photos with what lists are sorted by, for reading a list without its photos."""

from datetime import datetime
from typing import NamedTuple

from pichaven_chassis.mongo import Document
from pichaven_gallery.photos.repository import PhotoRepository


class PhotoKey(NamedTuple):
    photo_id: str
    at: datetime
    """The value of the field that the list is sorted by."""


class PhotoKeys:
    def __init__(self, photos: PhotoRepository) -> None:
        self._collection = photos.collection

    async def count(self, query: Document) -> int:
        return await self._collection.count_documents(query)

    async def find(
        self, query: Document, sort: list[tuple[str, int]], limit: int
    ) -> list[PhotoKey]:
        """Return the keys of the photos; the first field of `sort` is a time."""
        field, _ = sort[0]
        documents = self._collection.find(query, {field: 1}).sort(sort).limit(limit)
        return [PhotoKey(each["_id"], each[field]) async for each in documents]
