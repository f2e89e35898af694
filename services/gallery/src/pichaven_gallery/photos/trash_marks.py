"""Trash marks: the time up to which each owner has emptied the trash."""

from collections.abc import Sequence
from datetime import datetime

from pichaven_chassis.mongo import MongoDatabase
from pichaven_gallery.photos.capture_time import EARLIEST


class TrashMarkRepository:
    """One small document per owner: emptying a trash of any size is one write.

    Photos trashed up to the mark are invisible at once and purged later.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._marks = database["trash_marks"]

    async def ensure_indexes(self) -> None:
        await self._marks.create_index("unfinished", name="unfinished", sparse=True)

    async def emptied_at(self, owner_id: str) -> datetime:
        mark = await self._marks.find_one({"_id": owner_id})
        at: datetime = mark["emptied_at"] if mark else EARLIEST
        return at

    async def empty(self, owner_id: str, at: datetime) -> None:
        await self._marks.update_one(
            {"_id": owner_id}, {"$max": {"emptied_at": at, "unfinished": at}}, upsert=True
        )

    async def list_unfinished(self, *, limit: int) -> Sequence[tuple[str, datetime]]:
        """Return owners and marks with photos still to purge."""
        marks = self._marks.find({"unfinished": {"$exists": True}}).limit(limit)
        return [(mark["_id"], mark["unfinished"]) async for mark in marks]

    async def finish(self, owner_id: str, at: datetime) -> None:
        """Record that the mark's photos are purged, unless the trash was emptied again."""
        await self._marks.update_one(
            {"_id": owner_id, "unfinished": at}, {"$unset": {"unfinished": ""}}
        )
