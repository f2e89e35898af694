"""Photos in MongoDB, each with the outbox of its events in the same document."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from pichaven_chassis.clock import Clock
from pichaven_chassis.mongo import (
    Document,
    MongoCollection,
    MongoDatabase,
    insert_unless_exists,
    merge_updates,
)
from pichaven_chassis.optimistic import WriteConflict, write_optimistically
from pichaven_chassis.outbox import PUBLIC, outbox_fields, outbox_update
from pichaven_contracts.photo import PhotoUploaded
from pichaven_upload.photos.model import LIVE, ConfirmationWaits, Photo, PhotoState

_LIVE: Final = sorted(LIVE)


class DigestTaken(Exception):
    """The owner has a photo that is the first of these bytes."""


def photos_collection(database: MongoDatabase) -> MongoCollection:
    return database["photos"]


class PhotoRepository:
    def __init__(
        self,
        database: MongoDatabase,
        *,
        clock: Clock,
        history: timedelta,
        waits: ConfirmationWaits = ConfirmationWaits(),  # noqa: B008 - frozen
    ) -> None:
        self._photos = photos_collection(database)
        self._clock = clock
        self._history = history
        self._waits = waits

    async def ensure_indexes(self) -> None:
        await self._photos.create_index(
            [("owner_id", ASCENDING), ("sha256", ASCENDING)], name="digests_of_owner"
        )
        await self._photos.create_index(
            "claim", name="one_first_per_digest", unique=True, sparse=True
        )
        await self._photos.create_index("release_at", name="to_release", sparse=True)
        await self._photos.create_index("confirm_at", name="unconfirmed", sparse=True)
        await self._photos.create_index("forget_at", name="forgotten", expireAfterSeconds=0)

    async def get(self, photo_id: str) -> Photo | None:
        document = await self._photos.find_one({"_id": photo_id}, PUBLIC)
        return _to_photo(document) if document else None

    async def find_live(self, owner_id: str, sha256: str) -> Photo | None:
        """Return the owner's oldest live photo of these bytes outside the trash."""
        return (await self.find_all_live(owner_id, [sha256])).get(sha256)

    async def find_all_live(self, owner_id: str, digests: Sequence[str]) -> Mapping[str, Photo]:
        """Return photos by digest, chosen as by `find_live`, in one indexed query."""
        documents = self._photos.find(
            {"owner_id": owner_id, "sha256": {"$in": list(digests)}}, PUBLIC
        )
        photos = [_to_photo(document) async for document in documents]
        photos.sort(key=lambda photo: photo.created_at)
        return {photo.sha256: photo for photo in reversed(photos) if photo.counts_as_duplicate}

    async def add(self, photo: Photo, event: PhotoUploaded, *, first: bool) -> bool:
        """Insert a photo and its event in one write; return False if its id exists.

        With `first`, raises `DigestTaken` where another live photo of the owner, not in the
        trash, was added as the first of these bytes.
        """
        claim = {"claim": _claim(photo)} if first else {}
        confirmation = {"confirm_at": self._clock() + self._waits.accepted}
        document = _to_document(photo) | claim | confirmation | outbox_fields(event)
        if await insert_unless_exists(self._photos, document):
            return True
        if await self._photos.find_one({"_id": photo.photo_id}, {"_id": 1}):
            return False
        raise DigestTaken(photo.sha256)

    async def revise(
        self, photo_id: str, upload_id: str, key: str, event: Callable[[int], PhotoUploaded]
    ) -> Photo | None:
        """Give a live photo its next revision, with its event in the same write.

        An upload counts once. The photo stays verified only if it keeps its object. Return None
        if it is not live. Raises `WriteContended` when all attempts conflict.
        """

        async def attempt() -> Photo | None:
            photo = await self.get(photo_id)
            if photo is None or not photo.is_live:
                return None
            if upload_id in photo.uploads:
                return photo
            state = photo.state if photo.key == key else PhotoState.ACCEPTED
            revision = photo.revision + 1
            result = await self._photos.update_one(
                {"_id": photo_id, "state": {"$in": _LIVE}, "revision": photo.revision},
                merge_updates(
                    {
                        "$set": {
                            "revision": revision,
                            "key": key,
                            "state": state.value,
                            "confirm_at": self._clock() + self._waits.accepted,
                        },
                        "$push": {"uploads": upload_id},
                    },
                    outbox_update(event(revision)),
                ),
            )
            if not result.matched_count:
                raise WriteConflict
            return await self.get(photo_id)

        return await write_optimistically(attempt)

    async def set_in_trash(self, photo_id: str, *, in_trash: bool, version: int) -> None:
        """Set a live photo's place unless a later version of the library has set it."""
        photo = await self.get(photo_id)
        if photo is None or not photo.is_live or photo.in_trash == in_trash:
            return
        due: Document = {
            "_id": photo_id,
            "state": {"$in": _LIVE},
            "library_version": {"$not": {"$gte": version}},
        }
        fields: Document = {"in_trash": in_trash, "library_version": version}
        if in_trash:
            await self._photos.update_one(due, {"$set": fields, "$unset": {"claim": ""}})
            return
        try:
            await self._photos.update_one(due, {"$set": fields | {"claim": _claim(photo)}})
        except DuplicateKeyError:
            # The same bytes were uploaded again meanwhile; both photos stay.
            await self._photos.update_one(due, {"$set": fields})

    async def verify(self, photo_id: str, revision: int) -> None:
        """Turn accepted into verified; change nothing in another state or revision.

        From then on the library should have the photo as ready.
        """
        accepted: Document = {"_id": photo_id, "state": PhotoState.ACCEPTED, "revision": revision}
        verified: Document = {"state": PhotoState.VERIFIED.value}
        confirmation = {"confirm_at": self._clock() + self._waits.verified}
        result = await self._photos.update_one(
            accepted | {"ready_revision": {"$not": {"$gte": revision}}},
            {"$set": verified | confirmation},
        )
        if not result.matched_count:
            await self._photos.update_one(accepted, {"$set": verified})

    async def confirm_seen(self, photo_id: str) -> None:
        """Note that the library has an accepted photo. A verified one should be ready there."""
        await self._photos.update_one(
            {"_id": photo_id, "state": PhotoState.ACCEPTED, "confirm_at": {"$exists": True}},
            {"$unset": {"confirm_at": ""}},
        )

    async def confirm_ready(self, photo_id: str, revision: int) -> None:
        """Note that the library has this revision of the photo, or a later one, as ready."""
        photo = await self.get(photo_id)
        if photo is None or photo.revision > revision:
            return
        if photo.confirm_at is None and photo.state is not PhotoState.ACCEPTED:
            return
        # Noted for a photo that is verified only after this.
        await self._photos.update_one(
            {"_id": photo_id, "revision": {"$lte": revision}},
            {"$set": {"ready_revision": revision}, "$unset": {"confirm_at": "", "repeats": ""}},
        )

    async def list_unconfirmed(self, now: datetime, *, limit: int) -> Sequence[Photo]:
        """Return photos that the library should have confirmed by now, the longest due first."""
        documents = (
            self._photos.find({"confirm_at": {"$lt": now}}, PUBLIC)
            .sort("confirm_at", ASCENDING)
            .limit(limit)
        )
        return [_to_photo(document) for document in await documents.to_list(limit)]

    async def repeat(self, photo: Photo, event: PhotoUploaded, *, confirm_at: datetime) -> bool:
        """Publish a live photo's event again, and expect it to be confirmed by then.

        Return False where it was confirmed or repeated since the photo was read.
        """
        result = await self._photos.update_one(
            {
                "_id": photo.photo_id,
                "state": {"$in": _LIVE},
                "revision": photo.revision,
                "confirm_at": photo.confirm_at,
            },
            merge_updates(
                {"$set": {"confirm_at": confirm_at, "repeats": photo.repeats + 1}},
                outbox_update(event),
            ),
        )
        return result.matched_count == 1

    async def give_up_confirmation(self, photo_id: str) -> None:
        """Expect nothing more of the library for a photo."""
        await self._photos.update_one({"_id": photo_id}, {"$unset": {"confirm_at": ""}})

    async def reject(self, photo_id: str, revision: int, *, now: datetime) -> Photo | None:
        """Reject an accepted photo of this revision; return the photo as it is then.

        A verified original outlives a later attempt at it that fails.
        """
        accepted = {"_id": photo_id, "state": PhotoState.ACCEPTED, "revision": revision}
        await self._end(accepted, PhotoState.REJECTED, now)
        return await self.get(photo_id)

    async def purge(self, photo_id: str, *, now: datetime) -> Photo | None:
        """Purge a photo; its release is due if it was live. Return the photo as it is then."""
        live = {"_id": photo_id, "state": {"$in": _LIVE}}
        if not await self._end(live, PhotoState.PURGED, now):
            await self._photos.update_one(
                {"_id": photo_id, "state": PhotoState.REJECTED},
                {"$set": {"state": PhotoState.PURGED.value}},
            )
        return await self.get(photo_id)

    async def mark_released(self, photo_id: str) -> None:
        """Note that the photo's blobs and quota are released; it is removed after the history."""
        await self._photos.update_one(
            {"_id": photo_id, "release_at": {"$exists": True}},
            {
                "$unset": {"release_at": ""},
                "$set": {"forget_at": self._clock() + self._history},
            },
        )

    async def list_release_due(self, before: datetime, *, limit: int) -> Sequence[Photo]:
        """Return photos that ended before the moment and are not released yet."""
        documents = (
            self._photos.find({"release_at": {"$lt": before}}, PUBLIC)
            .sort("release_at", ASCENDING)
            .limit(limit)
        )
        return [_to_photo(document) for document in await documents.to_list(limit)]

    async def _end(self, query: Document, state: PhotoState, now: datetime) -> bool:
        result = await self._photos.update_one(
            query,
            {
                "$set": {"state": state.value, "release_at": now},
                "$unset": {"claim": "", "confirm_at": ""},
            },
        )
        return result.matched_count == 1


def _claim(photo: Photo) -> str:
    return f"{photo.owner_id}:{photo.sha256}"


def _to_document(photo: Photo) -> Document:
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


def _to_photo(document: Document) -> Photo:
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
        confirm_at=document.get("confirm_at"),
        repeats=document.get("repeats", 0),
    )
