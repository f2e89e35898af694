"""The change log in MongoDB, exactly once without transactions.

An entry lies in its photo's document until it is in the log. Its id is made of the photo and the
version, so that appending it again, after a crash or by another replica, changes nothing. The
log's order is (`at`, `_id`): within a photo `at` grows with every version.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo import ASCENDING, UpdateOne
from pymongo.errors import BulkWriteError

from pichaven_chassis.mongo import Document, MongoCollection, MongoDatabase, insert_unless_exists
from pichaven_gallery.photos.change_entry import ChangeEntry
from pichaven_gallery.photos.documents import entry_from_document

_DUPLICATE_KEY: Final = 11000


class ChangeLogRepository:
    def __init__(self, database: MongoDatabase, photos: MongoCollection, keep: timedelta) -> None:
        """Entries are deleted when they are older than `keep`."""
        self._changes = database["changes"]
        self._log = database["change_log"]
        self._photos = photos
        self._keep = keep

    async def ensure_indexes(self) -> None:
        for name, fields in (
            ("by_owner", ["owner_id", "at", "_id"]),
            ("by_photo", ["photo_id", "version"]),
        ):
            await self._changes.create_index([(field, ASCENDING) for field in fields], name=name)
        await self._changes.create_index("expires_at", expireAfterSeconds=0, name="expiry")

    async def begin(self, now: datetime) -> None:
        """Record that changes are logged from now on, unless that is recorded already."""
        await insert_unless_exists(self._log, {"_id": "log", "begun_at": now})

    async def begun_at(self) -> datetime | None:
        log = await self._log.find_one({"_id": "log"})
        return log["begun_at"] if log else None

    async def append_pending(self, *, limit: int, owner_id: str | None = None) -> int:
        """Append the entries of up to `limit` photos, of one owner or of all.

        Returns the number of photos that had entries.
        """
        due = {"log_due": owner_id or {"$exists": True}}
        photos = await self._photos.find(due, {"log": 1, "seq": 1}).limit(limit).to_list(limit)
        if photos:
            await self._insert([entry for photo in photos for entry in photo["log"]])
            await self._remove_pending(photos)
        return len(photos)

    async def pages_since(
        self, owner_id: str, since: datetime, *, page_size: int
    ) -> AsyncIterator[Sequence[ChangeEntry]]:
        """Yield the owner's entries from `since` on, in the log's order.

        Between two pages the server keeps no cursor, however slowly they are read.
        """
        documents = await self._read_page({"owner_id": owner_id, "at": {"$gte": since}}, page_size)
        while documents:
            yield [entry_from_document(document) for document in documents]
            at, last_id = documents[-1]["at"], documents[-1]["_id"]
            ties = {"owner_id": owner_id, "at": at, "_id": {"$gt": last_id}}
            documents = await self._read_page(ties, page_size)
            if len(documents) < page_size:
                later = {"owner_id": owner_id, "at": {"$gt": at}}
                documents += await self._read_page(later, page_size - len(documents))

    async def _read_page(self, query: Document, limit: int) -> list[Document]:
        # With a batch as large as the page its cursor ends with the first response.
        cursor = self._changes.find(query).sort([("at", ASCENDING), ("_id", ASCENDING)])
        documents: list[Document] = await cursor.limit(limit).batch_size(limit).to_list(limit)
        return documents

    async def _insert(self, entries: Sequence[Document]) -> None:
        documents = [entry | {"expires_at": entry["at"] + self._keep} for entry in entries]
        if not documents:
            # An earlier release removed entries before the mark that they were due.
            return
        try:
            await self._changes.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if not _has_only_duplicates(error):
                raise

    async def _remove_pending(self, photos: Sequence[Document]) -> None:
        """Remove appended entries from the photos.

        Those of a photo that was changed meanwhile stay, and are appended again with the new one.
        """
        await self._photos.bulk_write(
            [
                UpdateOne(
                    {"_id": photo["_id"], "seq": photo["seq"]},
                    {"$unset": {"log": "", "log_due": ""}},
                )
                for photo in photos
            ],
            ordered=False,
        )


def _has_only_duplicates(error: BulkWriteError) -> bool:
    """Whether all documents are stored, as durably as the write concern requires."""
    details = error.details or {}
    write_errors = details.get("writeErrors", [])
    return (
        bool(write_errors)
        and all(each["code"] == _DUPLICATE_KEY for each in write_errors)
        and not details.get("writeConcernErrors")
    )
