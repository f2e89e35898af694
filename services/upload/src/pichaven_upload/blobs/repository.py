"""Blobs in MongoDB. A blob without references can never be shared again, only removed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_upload.blobs.model import Blob

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class BlobRepository:
    def __init__(self, database: MongoDatabase) -> None:
        self._blobs = database["blobs"]

    async def ensure_indexes(self) -> None:
        await self._blobs.create_index(
            [("owner_id", ASCENDING), ("sha256", ASCENDING)], name="digests_of_owner"
        )
        await self._blobs.create_index("unreferenced_at", name="unreferenced", sparse=True)

    async def add(self, blob: Blob) -> None:
        """Insert a blob, or add its references if it exists."""
        referenced: Document = {"_id": blob.key, "unreferenced_at": None}
        add_references: Document = {"$addToSet": {"held_by": {"$each": list(blob.held_by)}}}
        on_insert = {
            "owner_id": blob.owner_id,
            "sha256": blob.sha256,
            "size": blob.size,
            "verified": blob.verified,
        }
        try:
            await self._blobs.update_one(
                referenced, {"$setOnInsert": on_insert, **add_references}, upsert=True
            )
        except DuplicateKeyError:
            # Another process inserted it just now; or it is being removed, so its photo has ended.
            await self._blobs.update_one(referenced, add_references)

    async def exists(self, key: str) -> bool:
        return await self._blobs.find_one({"_id": key}, {"_id": 1}) is not None

    async def acquire_verified(self, owner_id: str, sha256: str, upload_id: str) -> Blob | None:
        """Add a reference to a verified blob of the owner; return the blob as it was, or None."""
        async for document in self._blobs.find({"owner_id": owner_id, "sha256": sha256}):
            result = await self._blobs.update_one(
                {"_id": document["_id"], "verified": True, "unreferenced_at": None},
                {"$addToSet": {"held_by": upload_id}},
            )
            if result.matched_count:
                return _to_blob(document)
        return None

    async def verify(self, key: str, sha256: str) -> None:
        """Mark a blob as having the digest that it was announced with."""
        await self._blobs.update_one({"_id": key, "sha256": sha256}, {"$set": {"verified": True}})

    async def release(
        self, owner_id: str, sha256: str, upload_ids: Sequence[str], *, now: datetime
    ) -> Sequence[str]:
        """Remove these uploads' references to blobs of these bytes.

        Return the keys of blobs without references; their objects are to be deleted now.
        """
        references = list(upload_ids)
        keys = list(await self._find(owner_id, sha256))
        await self._blobs.update_many(
            {"_id": {"$in": keys}, "held_by": {"$in": references}},
            {"$pull": {"held_by": {"$in": references}}},
        )
        await self._blobs.update_many(
            {"_id": {"$in": keys}, "held_by": {"$size": 0}, "unreferenced_at": None},
            {"$set": {"unreferenced_at": now}},
        )
        documents = await self._find(owner_id, sha256)
        return [key for key, document in documents.items() if document.get("unreferenced_at")]

    async def list_unreferenced(self, before: datetime, *, limit: int) -> Sequence[str]:
        """Return keys of blobs without references since before the moment."""
        documents = self._blobs.find({"unreferenced_at": {"$lt": before}}, {"_id": 1}).limit(limit)
        return [document["_id"] for document in await documents.to_list(limit)]

    async def remove(self, keys: Sequence[str]) -> None:
        """Remove blobs without references, after their objects."""
        await self._blobs.delete_many(
            {"_id": {"$in": list(keys)}, "unreferenced_at": {"$gt": _EPOCH}}
        )

    async def _find(self, owner_id: str, sha256: str) -> dict[str, Document]:
        documents = self._blobs.find({"owner_id": owner_id, "sha256": sha256})
        return {document["_id"]: document async for document in documents}


def _to_blob(document: Document) -> Blob:
    return Blob(
        key=document["_id"],
        owner_id=document["owner_id"],
        sha256=document["sha256"],
        size=document["size"],
        held_by=tuple(document["held_by"]),
        verified=document["verified"],
    )
