"""The photo documents in MongoDB."""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, UpdateOne
from pymongo.errors import DuplicateKeyError

from pichaven_chassis.events import Tombstone
from pichaven_chassis.mongo import Document, MongoCollection, MongoDatabase, merge_updates
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.outbox import PUBLIC, outbox_fields, outbox_update
from pichaven_contracts.event import Event
from pichaven_contracts.photo import PhotoEvent, PhotoPurged
from pichaven_contracts.topics import LIBRARY
from pichaven_gallery.photos.deadlines import Patience
from pichaven_gallery.photos.documents import from_document, to_document
from pichaven_gallery.photos.lifecycle import Change
from pichaven_gallery.photos.listing import Decide, Nudge
from pichaven_gallery.photos.photo import Photo

_TRIES: Final = 50
_PAUSE_S: Final = 0.005

# A sparse index serves the queries for what is due in MongoDB and in its local stand-in alike;
# the stand-in's planner does not use partial ones for them.
_INDEXES: Final[dict[str, tuple[list[str], bool]]] = {
    "library_by_taken": (["owner_id", "shelf", "taken_at", "_id"], False),
    "library_by_created": (["owner_id", "shelf", "created_at", "_id"], False),
    "library_by_favorite": (["owner_id", "shelf", "favorite", "taken_at", "_id"], False),
    "library_by_tag": (["owner_id", "shelf", "tag_keys", "taken_at", "_id"], False),
    "library_by_status": (["owner_id", "shelf", "status", "created_at", "_id"], False),
    "trash": (["owner_id", "shelf", "trashed_at", "_id"], False),
    "changed": (["owner_id", "changed_at", "_id"], False),
    "due": (["due_at"], True),
    "count_due": (["count_due"], True),
}


class MongoPhotos:
    """Implements the writing half of the `Photos` port; `MongoLibrary` adds the lists."""

    def __init__(
        self, database: MongoDatabase, patience: Patience, *, on_write: Nudge = lambda: None
    ) -> None:
        self.collection: MongoCollection = database["photos"]
        self._patience = patience
        self.on_write = on_write

    async def ensure_indexes(self) -> None:
        for name, (fields, sparse) in _INDEXES.items():
            await self.collection.create_index(
                [(field, ASCENDING) for field in fields], name=name, sparse=sparse
            )

    async def get(self, photo_id: str) -> Photo | None:
        found = await self.collection.find_one({"_id": photo_id}, PUBLIC)
        return from_document(found) if found else None

    async def get_many(self, photo_ids: Sequence[str]) -> Mapping[str, Photo]:
        found = self.collection.find({"_id": {"$in": list(photo_ids)}}, PUBLIC)
        return {document["_id"]: from_document(document) async for document in found}

    async def change(self, photo_id: str, decide: Decide) -> Photo | None:
        for attempt in range(_TRIES):
            before = await self.get(photo_id)
            change = decide(before)
            if change is None or (change.photo == before and not change.events):
                return before
            if before is None:
                if await self._insert(change):
                    return change.photo
            else:
                update, selected = self._update(before, change)
                done = await self.collection.update_one(selected, update)
                if done.matched_count:
                    self.on_write()
                    return change.photo
            # Somebody was faster; readers of one photo's topics are few, so this ends soon.
            await asyncio.sleep(_PAUSE_S * random.random() * (attempt + 1))
        raise EngineDown(f"photo {photo_id} is written to by too many at once")

    async def change_many(self, decisions: Mapping[str, Decide]) -> None:
        known = await self.get_many(list(decisions))
        operations: list[UpdateOne] = []
        alone: list[str] = []
        for photo_id, decide in decisions.items():
            before = known.get(photo_id)
            change = decide(before)
            if change is None or (change.photo == before and not change.events):
                continue
            if before is None:
                alone.append(photo_id)
                continue
            update, selected = self._update(before, change)
            operations.append(UpdateOne(selected, update))
        if operations:
            done = await self.collection.bulk_write(operations, ordered=False)
            self.on_write()
            if done.matched_count < len(operations):
                # Some were faster. Which, is not told; what is done already decides to nothing.
                alone = list(decisions)
        for photo_id in alone:
            await self.change(photo_id, decisions[photo_id])

    async def due(self, now: datetime, *, limit: int) -> Sequence[Photo]:
        found = (
            self.collection.find({"due_at": {"$lte": now}}, PUBLIC)
            .sort("due_at", ASCENDING)
            .limit(limit)
        )
        return [from_document(document) async for document in found]

    async def reschedule(self, photo: Photo) -> None:
        due = to_document(photo, self._patience).get("due_at")
        update: Document = {"$set": {"due_at": due}} if due else {"$unset": {"due_at": ""}}
        await self.collection.update_one({"_id": photo.photo_id, "seq": photo.seq}, update)

    async def delete_stub(self, photo: Photo) -> None:
        await self.collection.delete_one(
            {
                "_id": photo.photo_id,
                "seq": photo.seq,
                "count_due": {"$exists": False},
                "outbox_at": {"$exists": False},
            }
        )

    async def _insert(self, change: Change) -> bool:
        photo = change.photo
        fields = to_document(photo, self._patience)
        document: Document = {"_id": photo.photo_id, "seq": photo.seq + 1, "count_seq": 0, **fields}
        if "cell" in fields:
            document["count_due"] = photo.owner_id
        document |= outbox_fields(*_outgoing(change.events))
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError:
            return False
        self.on_write()
        return True

    def _update(self, before: Photo, change: Change) -> tuple[Document, Document]:
        """The update, and the document in the very state that it was decided upon."""
        old = to_document(before, self._patience)
        new = to_document(change.photo, self._patience)
        fields: dict[str, Any] = {
            name: value for name, value in new.items() if name not in old or old[name] != value
        }
        if old.get("cell") != new.get("cell"):
            fields["count_due"] = before.owner_id
        gone = {name: "" for name in old if name not in new}
        update: Document = {"$inc": {"seq": 1}}
        if fields:
            update["$set"] = fields
        if gone:
            update["$unset"] = gone
        update = merge_updates(update, outbox_update(*_outgoing(change.events)))
        return update, {"_id": before.photo_id, "seq": before.seq}


def _outgoing(events: Iterable[PhotoEvent]) -> list[Event | Tombstone]:
    """A purge takes the photo's state out of the compacted topic as well."""
    found: list[Event | Tombstone] = []
    for event in events:
        found.append(event)
        if isinstance(event, PhotoPurged):
            found.append(Tombstone(LIBRARY, event.photo_id))
    return found
