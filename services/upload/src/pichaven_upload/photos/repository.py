"""Photos in Mongo, each with the events that tell of its originals."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from pichaven_chassis.clock import Clock
from pichaven_chassis.mongo import Document, MongoCollection, MongoDatabase, merge_updates
from pichaven_chassis.outbox import PUBLIC, outbox_fields, outbox_update
from pichaven_contracts.photo import PhotoUploaded
from pichaven_upload.photos.model import LIVE, Photo, PhotoState
from pichaven_upload.ports import DigestTaken

_LIVE: Final = sorted(LIVE)


def photos_collection(database: MongoDatabase) -> MongoCollection:
    return database["photos"]


class MongoPhotos:
    def __init__(self, database: MongoDatabase, *, clock: Clock, history: timedelta) -> None:
        self._photos = photos_collection(database)
        self._clock = clock
        self._history = history

    async def ensure_indexes(self) -> None:
        await self._photos.create_index(
            [("owner_id", ASCENDING), ("sha256", ASCENDING)], name="digests_of_owner"
        )
        await self._photos.create_index(
            "claim", name="one_first_per_digest", unique=True, sparse=True
        )
        await self._photos.create_index("release_at", name="to_release", sparse=True)
        await self._photos.create_index("forget_at", name="forgotten", expireAfterSeconds=0)

    async def get(self, photo_id: str) -> Photo | None:
        found = await self._photos.find_one({"_id": photo_id}, PUBLIC)
        return _photo(found) if found else None

    async def live(self, owner_id: str, sha256: str) -> Photo | None:
        found = self._photos.find({"owner_id": owner_id, "sha256": sha256}, PUBLIC)
        photos = [_photo(document) async for document in found]
        return min(
            (photo for photo in photos if photo.counts_as_duplicate),
            key=lambda photo: photo.created_at,
            default=None,
        )

    async def live_by_digest(self, owner_id: str, digests: Sequence[str]) -> Mapping[str, str]:
        found = self._photos.find(
            {"owner_id": owner_id, "sha256": {"$in": list(digests)}},
            {"sha256": 1, "state": 1, "created_at": 1, "in_trash": 1},
        )
        first: dict[str, Document] = {}
        async for document in found:
            known = first.get(document["sha256"])
            if (
                document["state"] in LIVE
                and not document.get("in_trash")
                and (known is None or document["created_at"] < known["created_at"])
            ):
                first[document["sha256"]] = document
        return {digest: document["_id"] for digest, document in first.items()}

    async def add(self, photo: Photo, event: PhotoUploaded, *, first: bool) -> bool:
        claim = {"claim": _claim(photo)} if first else {}
        try:
            await self._photos.insert_one(_document(photo) | claim | outbox_fields(event))
        except DuplicateKeyError:
            if await self._photos.find_one({"_id": photo.photo_id}, {"_id": 1}):
                return False
            raise DigestTaken(photo.sha256) from None
        return True

    async def revise(
        self, photo_id: str, upload_id: str, key: str, event: Callable[[int], PhotoUploaded]
    ) -> Photo | None:
        while True:
            photo = await self.get(photo_id)
            if photo is None or not photo.is_live:
                return None
            if upload_id in photo.uploads:
                return photo
            state = photo.state if photo.key == key else PhotoState.ACCEPTED
            revision = photo.revision + 1
            changed = await self._photos.update_one(
                {"_id": photo_id, "state": {"$in": _LIVE}, "revision": photo.revision},
                merge_updates(
                    {
                        "$set": {"revision": revision, "key": key, "state": state.value},
                        "$push": {"uploads": upload_id},
                    },
                    outbox_update(event(revision)),
                ),
            )
            if changed.matched_count:
                return await self.get(photo_id)

    async def shelve(self, photo_id: str, *, in_trash: bool, version: int) -> None:
        photo = await self.get(photo_id)
        if photo is None or not photo.is_live or photo.in_trash == in_trash:
            return
        due: Document = {
            "_id": photo_id,
            "state": {"$in": _LIVE},
            "library_version": {"$not": {"$gte": version}},
        }
        moved: Document = {"in_trash": in_trash, "library_version": version}
        if in_trash:
            await self._photos.update_one(due, {"$set": moved, "$unset": {"claim": ""}})
            return
        try:
            await self._photos.update_one(due, {"$set": moved | {"claim": _claim(photo)}})
        except DuplicateKeyError:
            # The same bytes were uploaded anew meanwhile; both photos stay.
            await self._photos.update_one(due, {"$set": moved})

    async def verify(self, photo_id: str, revision: int) -> None:
        await self._photos.update_one(
            {"_id": photo_id, "state": PhotoState.ACCEPTED, "revision": revision},
            {"$set": {"state": PhotoState.VERIFIED.value}},
        )

    async def end(
        self, photo_id: str, to: PhotoState, *, revision: int | None, now: datetime
    ) -> Photo | None:
        due: Document = (
            {"_id": photo_id, "state": PhotoState.ACCEPTED, "revision": revision}
            if to is PhotoState.REJECTED
            else {"_id": photo_id, "state": {"$in": _LIVE}}
        )
        changed = await self._photos.update_one(
            due, {"$set": {"state": to.value, "release_at": now}, "$unset": {"claim": ""}}
        )
        if not changed.matched_count and to is PhotoState.PURGED:
            await self._photos.update_one(
                {"_id": photo_id, "state": PhotoState.REJECTED}, {"$set": {"state": to.value}}
            )
        return await self.get(photo_id)

    async def released(self, photo_id: str) -> None:
        await self._photos.update_one(
            {"_id": photo_id, "release_at": {"$exists": True}},
            {
                "$unset": {"release_at": ""},
                "$set": {"forget_at": self._clock() + self._history},
            },
        )

    async def to_release(self, before: datetime, *, limit: int) -> Sequence[Photo]:
        found = (
            self._photos.find({"release_at": {"$lt": before}}, PUBLIC)
            .sort("release_at", ASCENDING)
            .limit(limit)
        )
        return [_photo(document) for document in await found.to_list(limit)]


def _claim(photo: Photo) -> str:
    return f"{photo.owner_id}:{photo.sha256}"


def _document(photo: Photo) -> Document:
    return {
        "_id": photo.photo_id,
        "owner_id": photo.owner_id,
        "sha256": photo.sha256,
        "size": photo.size,
        "key": photo.key,
        "state": photo.state.value,
        "revision": photo.revision,
        "uploads": list(photo.uploads),
        "created_at": photo.created_at,
    }


def _photo(document: Document) -> Photo:
    return Photo(
        photo_id=document["_id"],
        owner_id=document["owner_id"],
        sha256=document["sha256"],
        size=document["size"],
        key=document["key"],
        state=PhotoState(document["state"]),
        revision=document["revision"],
        uploads=tuple(document["uploads"]),
        created_at=document["created_at"],
        in_trash=document.get("in_trash", False),
        release_due="release_at" in document,
    )
