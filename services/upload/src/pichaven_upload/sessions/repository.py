"""Uploads in MongoDB: every transition is one conditional write, with its event in it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from pymongo import ASCENDING

from pichaven_chassis.mongo import (
    Document,
    MongoCollection,
    MongoDatabase,
    insert_unless_exists,
    merge_updates,
)
from pichaven_chassis.outbox import PUBLIC, outbox_update
from pichaven_chassis.problems import NotFound
from pichaven_contracts.event import Event
from pichaven_contracts.photo import Lane
from pichaven_upload.sessions.model import (
    UNFINISHED,
    Failure,
    OnDuplicate,
    Upload,
    UploadState,
)

_UNFINISHED: Final = sorted(UNFINISHED)
_IN_PROGRESS: Final = frozenset({UploadState.COMPLETING, UploadState.STORED})
_REOPEN: Final[Document] = {
    "$set": {"state": UploadState.OPEN.value},
    "$unset": {"in_hand_since": ""},
}
_ENDED: Final = frozenset(
    {UploadState.ACCEPTED, UploadState.CANCELLED, UploadState.EXPIRED, UploadState.FAILED}
)
_DESCRIPTION: Final = (
    "size",
    "sha256",
    "key",
    "photo_id",
    "on_duplicate",
    "taken_at",
    "taken_at_offset",
    "album_id",
    "sidecar_key",
)


class SlotTaken(Exception):
    """An unfinished upload of the same thing exists."""


def uploads_collection(database: MongoDatabase) -> MongoCollection:
    return database["uploads"]


class UploadRepository:
    def __init__(self, database: MongoDatabase) -> None:
        self._uploads = uploads_collection(database)

    async def ensure_indexes(self) -> None:
        await self._uploads.create_index(
            "slot", name="one_unfinished_per_slot", unique=True, sparse=True
        )
        await self._uploads.create_index(
            [("state", ASCENDING), ("expires_at", ASCENDING)], name="expiry"
        )
        await self._uploads.create_index("in_hand_since", name="in_hand", sparse=True)
        await self._uploads.create_index("tidy_at", name="untidied", sparse=True)
        await self._uploads.create_index("forget_at", name="forgotten", expireAfterSeconds=0)

    async def add(self, upload: Upload) -> None:
        """Insert an upload. Raises `SlotTaken`."""
        if not await insert_unless_exists(self._uploads, _to_document(upload)):
            raise SlotTaken(upload.upload_id)

    async def get(self, upload_id: str) -> Upload | None:
        document = await self._uploads.find_one({"_id": upload_id}, PUBLIC)
        return _to_upload(document) if document else None

    async def get_owned(self, owner_id: str, upload_id: str) -> Upload:
        """Return an owner's upload. Raises `NotFound`, for another owner's upload too."""
        upload = await self.get(upload_id)
        if upload is None or upload.owner_id != owner_id:
            raise NotFound("There is no such upload.")
        return upload

    async def find_in_slot(self, slot: str) -> Upload | None:
        """Return the unfinished upload that holds the slot."""
        document = await self._uploads.find_one({"slot": slot}, PUBLIC)
        return _to_upload(document) if document else None

    async def resume(self, upload_id: str, *, expires_at: datetime, album_id: str | None) -> None:
        """Let an open upload expire later, and go into the album if there is one."""
        update: Document = {"$max": {"expires_at": expires_at}}
        if album_id is not None:
            update["$set"] = {"album_id": album_id}
        await self._uploads.update_one({"_id": upload_id, "state": UploadState.OPEN}, update)

    async def set_sidecar(self, upload_id: str, key: str) -> bool:
        """Note the sidecar's key; return False if the upload is not open."""
        result = await self._uploads.update_one(
            {"_id": upload_id, "state": UploadState.OPEN}, {"$set": {"sidecar_key": key}}
        )
        return result.matched_count == 1

    async def replace_multipart(self, upload_id: str, old: str | None, new: str) -> bool:
        """Replace the multipart upload; return False if it is not `old` or the upload ended."""
        result = await self._uploads.update_one(
            {"_id": upload_id, "state": {"$in": _UNFINISHED}, "multipart_id": old},
            merge_updates({"$set": {"multipart_id": new}}, _REOPEN),
        )
        return result.matched_count == 1

    async def transition(
        self,
        upload_id: str,
        state: UploadState,
        *,
        since: Collection[UploadState],
        now: datetime,
        failure: Failure | None = None,
        event: Event | None = None,
    ) -> Upload | None:
        """Change the state, with the event in the same write; None if it is in none of `since`.

        After a transition into an end state the upload waits for its clean-up.
        """
        update = merge_updates(
            _enter(state, now),
            {"$set": {"failure": _failure_document(failure)}} if failure else {},
            outbox_update(event) if event else {},
        )
        return await self._update({"_id": upload_id, "state": {"$in": sorted(since)}}, update)

    async def describe(self, upload: Upload) -> None:
        """Write what an unfinished one-request upload turned out to be, its key above all."""
        document = _to_document(upload)
        await self._uploads.update_one(
            {"_id": upload.upload_id, "state": {"$in": _UNFINISHED}},
            {"$set": {name: document[name] for name in _DESCRIPTION}},
        )

    async def accept(
        self,
        upload_id: str,
        *,
        photo_id: str,
        blob_key: str | None,
        adds_photo: bool,
        duplicate_of: str | None,
        now: datetime,
    ) -> Upload | None:
        """End a stored upload with its photo; None if it was not stored."""
        outcome = {
            "photo_id": photo_id,
            "blob_key": blob_key,
            "adds_photo": adds_photo,
            "duplicate_of": duplicate_of,
        }
        return await self._update(
            {"_id": upload_id, "state": UploadState.STORED},
            merge_updates(_enter(UploadState.ACCEPTED, now), {"$set": outcome}),
        )

    async def mark_cleaned_up(self, upload_id: str, *, forget_at: datetime) -> None:
        """Note that an ended upload is cleaned up; MongoDB removes it at `forget_at`."""
        await self._uploads.update_one(
            {"_id": upload_id, "state": {"$in": sorted(_ENDED)}},
            {"$unset": {"tidy_at": ""}, "$set": {"forget_at": forget_at}},
        )

    async def list_expired(self, now: datetime, *, limit: int) -> Sequence[Upload]:
        """Return open uploads past their time."""
        return await self._list(
            {"state": UploadState.OPEN, "expires_at": {"$lt": now}}, "expires_at", limit
        )

    async def list_stalled(self, before: datetime, *, limit: int) -> Sequence[Upload]:
        """Return uploads in `completing` or `stored` since before the moment."""
        return await self._list({"in_hand_since": {"$lt": before}}, "in_hand_since", limit)

    async def list_cleanup_due(self, before: datetime, *, limit: int) -> Sequence[Upload]:
        """Return uploads that ended before the moment and are not cleaned up yet."""
        return await self._list({"tidy_at": {"$lt": before}}, "tidy_at", limit)

    async def _list(self, query: Document, field: str, limit: int) -> Sequence[Upload]:
        documents = self._uploads.find(query, PUBLIC).sort(field, ASCENDING).limit(limit)
        return [_to_upload(document) for document in await documents.to_list(limit)]

    async def _update(self, query: Document, update: Document) -> Upload | None:
        """Return the upload as read after the write, perhaps with a later change in it."""
        result = await self._uploads.update_one(query, update)
        return await self.get(query["_id"]) if result.matched_count else None


def _enter(state: UploadState, now: datetime) -> Document:
    entry: Document = {"$set": {"state": state.value}}
    if state in _ENDED:
        end = {"$set": {"tidy_at": now}, "$unset": {"slot": "", "in_hand_since": ""}}
        return merge_updates(entry, end)
    if state in _IN_PROGRESS:
        return merge_updates(entry, {"$set": {"in_hand_since": now}})
    return _REOPEN


def _failure_document(failure: Failure) -> Document:
    return {"code": failure.code, "message": failure.message}


def _to_document(upload: Upload) -> Document:
    document: Document = {
        "_id": upload.upload_id,
        "owner_id": upload.owner_id,
        "photo_id": upload.photo_id,
        "filename": upload.filename,
        "content_type": upload.content_type,
        "size": upload.size,
        "sha256": upload.sha256,
        "key": upload.key,
        "scratch_key": upload.scratch_key,
        "multipart_id": upload.multipart_id,
        "part_size": upload.part_size,
        "state": upload.state.value,
        "on_duplicate": upload.on_duplicate.value,
        "lane": upload.lane.value,
        "taken_at": upload.taken_at,
        # Stored times are in UTC.
        "taken_at_offset": _offset_minutes(upload.taken_at),
        "album_id": upload.album_id,
        "sidecar_key": upload.sidecar_key,
        "created_at": upload.created_at,
        "expires_at": upload.expires_at,
    }
    return document | ({"slot": upload.slot} if upload.slot else {})


def _offset_minutes(moment: datetime | None) -> int | None:
    offset = moment.utcoffset() if moment else None
    return None if offset is None else offset // timedelta(minutes=1)


def _with_offset(moment: datetime | None, minutes: int | None) -> datetime | None:
    if moment is None or not minutes:
        return moment
    return moment.astimezone(timezone(timedelta(minutes=minutes)))


def _to_upload(document: Document) -> Upload:
    failure: dict[str, Any] | None = document.get("failure")
    return Upload(
        upload_id=document["_id"],
        owner_id=document["owner_id"],
        photo_id=document["photo_id"],
        filename=document["filename"],
        content_type=document["content_type"],
        size=document["size"],
        sha256=document["sha256"],
        key=document["key"],
        scratch_key=document.get("scratch_key"),
        multipart_id=document.get("multipart_id"),
        part_size=document["part_size"],
        state=UploadState(document["state"]),
        on_duplicate=OnDuplicate(document["on_duplicate"]),
        lane=Lane(document["lane"]),
        taken_at=_with_offset(document.get("taken_at"), document.get("taken_at_offset")),
        album_id=document.get("album_id"),
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        duplicate_of=document.get("duplicate_of"),
        adds_photo=document.get("adds_photo", False),
        blob_key=document.get("blob_key"),
        failure=Failure(failure["code"], failure["message"]) if failure else None,
        sidecar_key=document.get("sidecar_key"),
    )
