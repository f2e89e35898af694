"""The photo documents in MongoDB. Every change, its events and its log entry are one write."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, UpdateOne

from pichaven_chassis.events import EngineDown, Tombstone
from pichaven_chassis.mongo import (
    Document,
    MongoCollection,
    MongoDatabase,
    insert_unless_exists,
    merge_updates,
)
from pichaven_chassis.optimistic import WriteConflict, WriteContended, write_optimistically
from pichaven_chassis.outbox import PUBLIC, outbox_fields, outbox_update
from pichaven_chassis.pagination import TimeCursor
from pichaven_contracts.event import Event
from pichaven_contracts.photo import PhotoEvent, PhotoPurged
from pichaven_contracts.topics import LIBRARY
from pichaven_gallery.photos.capture_time import EARLIEST, LATEST, whole_ms
from pichaven_gallery.photos.change_entry import ChangeEntry
from pichaven_gallery.photos.deadlines import Timeouts
from pichaven_gallery.photos.documents import entry_to_document, from_document, to_document
from pichaven_gallery.photos.lifecycle import Change, Decide
from pichaven_gallery.photos.photo import LibraryState, Photo, Status
from pichaven_gallery.photos.tile import PhotoTile, Tile
from pichaven_gallery.photos.timeline_marks import mark_update, marked_fields

TICK: Final = timedelta(milliseconds=1)
FIELDS: Final = PUBLIC | {"log": 0, "log_due": 0}
_LIST_FIELDS: Final = FIELDS | {"text": 0}
"""Without the text of the picture, up to 20,000 characters a photo that no list shows."""

# A sparse index serves the queries for what is due in MongoDB and in its local stand-in alike;
# the stand-in's planner does not use partial ones for them.
_INDEXES: Final[dict[str, tuple[list[str], bool]]] = {
    "library_by_taken": (["owner_id", "shelf", "taken_at", "_id"], False),
    "library_tiles": (["owner_id", "shelf", "taken_at_local", "_id", "tile"], False),
    "library_by_created": (["owner_id", "shelf", "created_at", "_id"], False),
    "library_by_favorite": (["owner_id", "shelf", "favorite", "taken_at", "_id"], False),
    "library_by_tag": (["owner_id", "shelf", "tag_keys", "taken_at", "_id"], False),
    "library_by_status": (["owner_id", "shelf", "status", "created_at", "_id"], False),
    "trash": (["owner_id", "shelf", "trashed_at", "_id"], False),
    "inventory": (["shelf", "_id"], False),
    "due": (["due_at"], True),
    "processing": (["processing_since"], True),
    "count_due": (["count_due"], True),
    "log_due": (["log_due"], True),
}
_OBSOLETE_INDEX: Final = "library_by_wall_time"
"""A prefix of `library_tiles`."""


class PhotoRepository:
    def __init__(self, database: MongoDatabase, timeouts: Timeouts) -> None:
        self.collection: MongoCollection = database["photos"]
        self._timeouts = timeouts
        self.on_write: Callable[[], None] = lambda: None

    async def ensure_indexes(self) -> None:
        for name, (fields, sparse) in _INDEXES.items():
            await self.collection.create_index(
                [(field, ASCENDING) for field in fields], name=name, sparse=sparse
            )
        if _OBSOLETE_INDEX in await self.collection.index_information():
            await self.collection.drop_index(_OBSOLETE_INDEX)

    async def get(self, photo_id: str) -> Photo | None:
        document = await self.collection.find_one({"_id": photo_id}, FIELDS)
        return from_document(document) if document else None

    async def get_many(
        self, photo_ids: Collection[str], *, with_text: bool = True
    ) -> Mapping[str, Photo]:
        """Return the photos that exist, by id; stubs of purged ones too."""
        fields = FIELDS if with_text else _LIST_FIELDS
        documents = self.collection.find({"_id": {"$in": list(photo_ids)}}, fields)
        return {document["_id"]: from_document(document) async for document in documents}

    async def filter_purged(self, photo_ids: Collection[str]) -> list[str]:
        """Return those of the photos that are purged and still have their stub."""
        query = {"_id": {"$in": list(photo_ids)}, "shelf": LibraryState.PURGED.value}
        return [document["_id"] async for document in self.collection.find(query, {"_id": 1})]

    async def change(self, photo_id: str, decide: Decide) -> Photo | None:
        """Return the photo after the change; conflicting writes are decided upon again.

        Raises `EngineDown` when all attempts conflict.
        """

        async def read_decide_write() -> Photo | None:
            before = await self.get(photo_id)
            change = decide(before)
            if change is None or (change.photo == before and not change.events):
                return before
            if before is None:
                await self._insert(change)
            else:
                guard, update = self._update(before, change)
                result = await self.collection.update_one(guard, update)
                if not result.matched_count:
                    raise WriteConflict
            self.on_write()
            return change.photo

        try:
            return await write_optimistically(read_decide_write)
        except WriteContended as error:
            raise EngineDown(f"{photo_id}: every attempt met a conflict") from error

    async def change_many(self, decisions: Mapping[str, Decide]) -> None:
        """Change many photos in few round trips. Exceptions of decisions propagate."""
        photos = await self.get_many(decisions)
        operations: list[UpdateOne] = []
        one_by_one: list[str] = []
        for photo_id, decide in decisions.items():
            before = photos.get(photo_id)
            change = decide(before)
            if change is None or (change.photo == before and not change.events):
                continue
            if before is None:
                one_by_one.append(photo_id)
            else:
                operations.append(UpdateOne(*self._update(before, change)))
        if operations:
            result = await self.collection.bulk_write(operations, ordered=False)
            self.on_write()
            if result.matched_count < len(operations):
                # The result does not tell which conflicted; decisions on written ones are no-ops.
                one_by_one = list(decisions)
        for photo_id in one_by_one:
            await self.change(photo_id, decisions[photo_id])

    async def trash_page(
        self, owner_id: str, *, since: datetime, limit: int, after: TimeCursor | None
    ) -> Sequence[Photo]:
        """Return photos trashed after `since`, the latest first."""
        query: Document = {"owner_id": owner_id, "shelf": LibraryState.TRASH.value}
        sort = [("trashed_at", DESCENDING), ("_id", DESCENDING)]
        photos: list[Photo] = []
        high = LATEST
        if after is not None and after.moment > since:
            ties = query | {"trashed_at": after.moment, "_id": {"$lt": after.id}}
            photos += await self.find(ties, sort, limit)
            high = after.moment - TICK
        if len(photos) < limit:
            bounds = {"trashed_at": between(since + TICK, high)}
            photos += await self.find(query | bounds, sort, limit - len(photos))
        return photos

    async def count_trash(self, owner_id: str, *, since: datetime) -> int:
        """Return how many photos were trashed after `since`."""
        query: Document = {"owner_id": owner_id, "shelf": LibraryState.TRASH.value}
        bounds = {"trashed_at": between(since + TICK, LATEST)}
        return await self.collection.count_documents(query | bounds)

    async def list_in_trash_until(
        self, owner_id: str, until: datetime, *, limit: int
    ) -> Sequence[str]:
        """Return ids of photos trashed up to `until`."""
        query = {
            "owner_id": owner_id,
            "shelf": LibraryState.TRASH.value,
            "trashed_at": between(EARLIEST, until),
        }
        documents = self.collection.find(query, {"_id": 1}).limit(limit)
        return [document["_id"] async for document in documents]

    async def list_in_processing(self, owner_id: str, *, limit: int) -> Sequence[Photo]:
        """Return the library's photos in processing, the latest first."""
        query: Document = {
            "owner_id": owner_id,
            "shelf": LibraryState.LIBRARY.value,
            "status": Status.PROCESSING.value,
            "created_at": {"$gte": EARLIEST},
        }
        return await self.find(query, [("created_at", DESCENDING)], limit)

    async def list_outside_home_zone(
        self, owner_id: str, zone: str | None, *, limit: int
    ) -> Sequence[str]:
        """Return ids of the owner's visible photos that have another home zone."""
        visible = [LibraryState.LIBRARY.value, LibraryState.TRASH.value]
        query: Document = {"owner_id": owner_id, "shelf": {"$in": visible}}
        query["home_zone"] = {"$exists": True} if zone is None else {"$ne": zone}
        documents = self.collection.find(query, {"_id": 1}).limit(limit)
        return [document["_id"] async for document in documents]

    async def rewrite(self, changes: Sequence[tuple[Photo, Change, Document]]) -> None:
        """Write changes of photos whose documents an earlier version of this code derived.

        Photos that were written since are skipped.
        """
        if not changes:
            return
        operations = [UpdateOne(*self._update(*change)) for change in changes]
        await self.collection.bulk_write(operations, ordered=False)
        self.on_write()

    async def due(self, now: datetime, *, limit: int) -> Sequence[Photo]:
        """Return photos for the reconciler, the longest overdue first."""
        return await self.find({"due_at": {"$lte": now}}, [("due_at", ASCENDING)], limit)

    async def processing_since(self, now: datetime) -> datetime | None:
        """Return since when the photo waits for its outcome that has waited longest until now."""
        document = await self.collection.find_one(
            {"processing_since": {"$lte": now}},
            {"processing_since": 1},
            sort=[("processing_since", ASCENDING)],
        )
        since: datetime | None = document["processing_since"] if document else None
        return since

    async def reschedule(self, photo: Photo) -> None:
        """Write the photo's due time anew, by the present timeouts."""
        due = to_document(photo, self._timeouts).get("due_at")
        update: Document = {"$set": {"due_at": due}} if due else {"$unset": {"due_at": ""}}
        await self.collection.update_one({"_id": photo.photo_id, "seq": photo.seq}, update)

    async def delete_stub(self, photo: Photo) -> None:
        """Delete the document, unless it has changed or anything of it is still to be counted,
        sent or logged."""
        await self.collection.delete_one(
            {
                "_id": photo.photo_id,
                "seq": photo.seq,
                "count_due": {"$exists": False},
                "outbox_at": {"$exists": False},
                "log_due": {"$exists": False},
            }
        )

    async def find(self, query: Document, sort: list[tuple[str, int]], limit: int) -> list[Photo]:
        """Return photos for lists, without the text of their pictures."""
        documents = self.collection.find(query, _LIST_FIELDS).sort(sort).limit(limit)
        return [from_document(document) async for document in documents]

    async def find_tiles(
        self, query: Document, sort: list[tuple[str, int]], limit: int
    ) -> list[PhotoTile]:
        """Return tiles of visible photos, read from the index; see `tile.py`."""
        cursor = self.collection.find(query, {"taken_at_local": 1, "tile": 1})
        documents = await cursor.sort(sort).limit(limit).to_list(None)
        older = await self.get_many([each["_id"] for each in documents if "tile" not in each])
        texts = {photo.photo_id: Tile.of(photo).to_text() for photo in older.values()}
        return [
            PhotoTile(each["_id"], each["taken_at_local"], Tile.from_text(text))
            for each in documents
            if (text := each.get("tile") or texts.get(each["_id"]))
        ]

    async def list_tiles(self, owner_id: str, photo_ids: Collection[str]) -> list[PhotoTile]:
        """Return the tiles of those photos that are in the owner's library, in no order."""
        library = LibraryState.LIBRARY.value
        query = {"_id": {"$in": list(photo_ids)}, "owner_id": owner_id, "shelf": library}
        return await self.find_tiles(query, [("_id", ASCENDING)], len(photo_ids))

    async def _insert(self, change: Change) -> None:
        """Raises `WriteConflict` when the document exists."""
        photo = change.photo
        fields = to_document(photo, self._timeouts)
        document: Document = {"_id": photo.photo_id, "seq": photo.seq + 1, "count_seq": 0, **fields}
        document |= marked_fields(photo.owner_id, fields)
        document |= outbox_fields(*_with_tombstones(change.events))
        if change.entry is not None:
            document |= {"log": [entry_to_document(change.entry)], "log_due": photo.owner_id}
        if not await insert_unless_exists(self.collection, document):
            raise WriteConflict

    def _update(
        self, before: Photo, change: Change, stored: Document | None = None
    ) -> tuple[Document, Document]:
        """Return the guard, which matches the document as it was read, and the update.

        `stored` is the document where this code would derive another one of the photo.
        """
        derived = to_document(before, self._timeouts)
        old = derived if stored is None else stored
        new = to_document(change.photo, self._timeouts)
        fields: dict[str, Any] = {
            name: value for name, value in new.items() if name not in old or old[name] != value
        }
        removed = {name: "" for name in derived if name not in new}
        update: Document = {"$inc": {"seq": 1}}
        if fields:
            update["$set"] = fields
        if removed:
            update["$unset"] = removed
        outbox = outbox_update(*_with_tombstones(change.events))
        mark = mark_update(before.owner_id, old, new)
        update = merge_updates(update, outbox, mark, _log_update(change.entry))
        return {"_id": before.photo_id, "seq": before.seq}, update


def between(low: datetime, high: datetime) -> Document:
    """Return a condition with both ends inclusive.

    Times are whole milliseconds, so the upper end can be written open: the local stand-in of
    MongoDB ignores a closed one under a compound index.
    """
    return {"$gte": low, "$lt": whole_ms(high) + TICK}


def _log_update(entry: ChangeEntry | None) -> Document:
    """Return the update that leaves the entry in the document, to be moved to the change log."""
    if entry is None:
        return {}
    return {"$push": {"log": entry_to_document(entry)}, "$set": {"log_due": entry.owner_id}}


def _with_tombstones(events: Iterable[PhotoEvent]) -> list[Event | Tombstone]:
    """Add to each purge the tombstone that removes the photo from the compacted topic."""
    outgoing: list[Event | Tombstone] = []
    for event in events:
        outgoing.append(event)
        if isinstance(event, PhotoPurged):
            outgoing.append(Tombstone(LIBRARY, event.photo_id))
    return outgoing
