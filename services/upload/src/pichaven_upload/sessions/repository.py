"""Uploads in Mongo: every change of state is one conditional write, with its event in it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from pichaven_chassis.mongo import Document, MongoCollection, MongoDatabase, merge_updates
from pichaven_chassis.outbox import PUBLIC, outbox_update
from pichaven_contracts.event import Event
from pichaven_contracts.photo import Lane
from pichaven_upload.ports import SlotTaken
from pichaven_upload.sessions.model import (
    UNFINISHED,
    Failure,
    OnDuplicate,
    Upload,
    UploadState,
)

_UNFINISHED: Final = sorted(UNFINISHED)
_IN_HAND: Final = frozenset({UploadState.COMPLETING, UploadState.STORED})
_REOPENED: Final[Document] = {
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
    "album_id",
)


def uploads_collection(database: MongoDatabase) -> MongoCollection:
    return database["uploads"]


class MongoUploads:
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
        try:
            await self._uploads.insert_one(_document(upload))
        except DuplicateKeyError:
            raise SlotTaken(upload.upload_id) from None

    async def get(self, upload_id: str) -> Upload | None:
        found = await self._uploads.find_one({"_id": upload_id}, PUBLIC)
        return _upload(found) if found else None

    async def in_slot(self, slot: str) -> Upload | None:
        found = await self._uploads.find_one({"slot": slot}, PUBLIC)
        return _upload(found) if found else None

    async def prolong(self, upload_id: str, expires_at: datetime) -> None:
        await self._uploads.update_one(
            {"_id": upload_id, "state": UploadState.OPEN}, {"$max": {"expires_at": expires_at}}
        )

    async def replace_multipart(self, upload_id: str, old: str | None, new: str) -> bool:
        changed = await self._uploads.update_one(
            {"_id": upload_id, "state": {"$in": _UNFINISHED}, "multipart_id": old},
            merge_updates({"$set": {"multipart_id": new}}, _REOPENED),
        )
        return changed.matched_count == 1

    async def move(
        self,
        upload_id: str,
        to: UploadState,
        *,
        since: Collection[UploadState],
        now: datetime,
        failure: Failure | None = None,
        event: Event | None = None,
    ) -> Upload | None:
        change = merge_updates(
            _into(to, now),
            {"$set": {"failure": _failure_document(failure)}} if failure else {},
            outbox_update(event) if event else {},
        )
        return await self._change({"_id": upload_id, "state": {"$in": sorted(since)}}, change)

    async def describe(self, upload: Upload) -> None:
        document = _document(upload)
        known = {name: document[name] for name in _DESCRIPTION}
        await self._uploads.update_one(
            {"_id": upload.upload_id, "state": {"$in": _UNFINISHED}}, {"$set": known}
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
        outcome = {
            "photo_id": photo_id,
            "blob_key": blob_key,
            "adds_photo": adds_photo,
            "duplicate_of": duplicate_of,
        }
        return await self._change(
            {"_id": upload_id, "state": UploadState.STORED},
            merge_updates(_into(UploadState.ACCEPTED, now), {"$set": outcome}),
        )

    async def tidied(self, upload_id: str, *, forget_at: datetime) -> None:
        await self._uploads.update_one(
            {"_id": upload_id, "state": {"$in": sorted(_ENDED)}},
            {"$unset": {"tidy_at": ""}, "$set": {"forget_at": forget_at}},
        )

    async def expired(self, now: datetime, *, limit: int) -> Sequence[Upload]:
        return await self._some(
            {"state": UploadState.OPEN, "expires_at": {"$lt": now}}, "expires_at", limit
        )

    async def stalled(self, before: datetime, *, limit: int) -> Sequence[Upload]:
        return await self._some({"in_hand_since": {"$lt": before}}, "in_hand_since", limit)

    async def untidied(self, before: datetime, *, limit: int) -> Sequence[Upload]:
        return await self._some({"tidy_at": {"$lt": before}}, "tidy_at", limit)

    async def _some(self, query: Document, by: str, limit: int) -> Sequence[Upload]:
        found = self._uploads.find(query, PUBLIC).sort(by, ASCENDING).limit(limit)
        return [_upload(document) for document in await found.to_list(limit)]

    async def _change(self, query: Document, change: Document) -> Upload | None:
        """Read after the write, so perhaps with what somebody else has done since."""
        changed = await self._uploads.update_one(query, change)
        return await self.get(query["_id"]) if changed.matched_count else None


def _into(state: UploadState, now: datetime) -> Document:
    entered: Document = {"$set": {"state": state.value}}
    if state in _ENDED:
        ended = {"$set": {"tidy_at": now}, "$unset": {"slot": "", "in_hand_since": ""}}
        return merge_updates(entered, ended)
    if state in _IN_HAND:
        return merge_updates(entered, {"$set": {"in_hand_since": now}})
    return _REOPENED


def _failure_document(failure: Failure) -> Document:
    return {"code": failure.code, "message": failure.message}


def _document(upload: Upload) -> Document:
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
        "album_id": upload.album_id,
        "created_at": upload.created_at,
        "expires_at": upload.expires_at,
    }
    return document | ({"slot": upload.slot} if upload.slot else {})


def _upload(document: Document) -> Upload:
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
        taken_at=document.get("taken_at"),
        album_id=document.get("album_id"),
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        duplicate_of=document.get("duplicate_of"),
        adds_photo=document.get("adds_photo", False),
        blob_key=document.get("blob_key"),
        failure=Failure(failure["code"], failure["message"]) if failure else None,
    )
