"""Blobs in Mongo. A blob that nobody holds can never be shared again, only removed."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_upload.photos.model import Blob


class MongoBlobs:
    def __init__(self, database: MongoDatabase) -> None:
        self._blobs = database["blobs"]

    async def ensure_indexes(self) -> None:
        await self._blobs.create_index(
            [("owner_id", ASCENDING), ("sha256", ASCENDING)], name="digests_of_owner"
        )
        await self._blobs.create_index("unreferenced_at", name="unreferenced", sparse=True)

    async def add(self, blob: Blob) -> None:
        try:
            await self._blobs.update_one(
                {"_id": blob.key, "unreferenced_at": None},
                {
                    "$setOnInsert": {
                        "owner_id": blob.owner_id,
                        "sha256": blob.sha256,
                        "size": blob.size,
                        "verified": blob.verified,
                    },
                    "$addToSet": {"held_by": {"$each": list(blob.held_by)}},
                },
                upsert=True,
            )
        except DuplicateKeyError:
            # It was added at this moment; or it is being removed, so its photo has ended.
            await self._blobs.update_one(
                {"_id": blob.key, "unreferenced_at": None},
                {"$addToSet": {"held_by": {"$each": list(blob.held_by)}}},
            )

    async def exists(self, key: str) -> bool:
        return await self._blobs.find_one({"_id": key}, {"_id": 1}) is not None

    async def join_verified(self, owner_id: str, sha256: str, upload_id: str) -> Blob | None:
        async for document in self._blobs.find({"owner_id": owner_id, "sha256": sha256}):
            joined = await self._blobs.update_one(
                {"_id": document["_id"], "verified": True, "unreferenced_at": None},
                {"$addToSet": {"held_by": upload_id}},
            )
            if joined.matched_count:
                return _blob(document)
        return None

    async def verify(self, key: str, sha256: str) -> None:
        await self._blobs.update_one({"_id": key, "sha256": sha256}, {"$set": {"verified": True}})

    async def leave(
        self, owner_id: str, sha256: str, upload_ids: Sequence[str], *, now: datetime
    ) -> Sequence[str]:
        leaving = list(upload_ids)
        keys = list(await self._of(owner_id, sha256))
        await self._blobs.update_many(
            {"_id": {"$in": keys}, "held_by": {"$in": leaving}},
            {"$pull": {"held_by": {"$in": leaving}}},
        )
        await self._blobs.update_many(
            {"_id": {"$in": keys}, "held_by": {"$size": 0}, "unreferenced_at": None},
            {"$set": {"unreferenced_at": now}},
        )
        left = await self._of(owner_id, sha256)
        return [key for key, document in left.items() if document.get("unreferenced_at")]

    async def _of(self, owner_id: str, sha256: str) -> dict[str, Document]:
        found = self._blobs.find({"owner_id": owner_id, "sha256": sha256})
        return {document["_id"]: document async for document in found}

    async def unreferenced(self, before: datetime, *, limit: int) -> Sequence[str]:
        found = self._blobs.find({"unreferenced_at": {"$lt": before}}, {"_id": 1}).limit(limit)
        return [document["_id"] for document in await found.to_list(limit)]

    async def remove(self, keys: Sequence[str]) -> None:
        await self._blobs.delete_many(
            {"_id": {"$in": list(keys)}, "unreferenced_at": {"$gt": _EVER}}
        )


_EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _blob(document: Document) -> Blob:
    return Blob(
        key=document["_id"],
        owner_id=document["owner_id"],
        sha256=document["sha256"],
        size=document["size"],
        held_by=tuple(document["held_by"]),
        verified=document["verified"],
    )
