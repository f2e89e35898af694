"""Beginning an upload, or going on with one that was begun before."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import Unavailable
from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.photo import Lane
from pichaven_upload.ports import Accounts, Photos, SlotTaken, Uploads
from pichaven_upload.sessions.errors import EmptyFile, FileTooLarge
from pichaven_upload.sessions.file_names import display_name
from pichaven_upload.sessions.inspect_upload import InspectUpload, UploadView
from pichaven_upload.sessions.media_types import accepted_type, key_suffix
from pichaven_upload.sessions.model import (
    UNFINISHED,
    OnDuplicate,
    Upload,
    UploadState,
    original_key,
    part_size_for,
    slot_of,
)
from pichaven_upload.usage.model import Account, Limits

_log = get_logger(__name__)
_TRIES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a client says of a file that it wants to send."""

    owner_id: str
    filename: str
    size: int
    content_type: str
    sha256: str
    taken_at: datetime | None = None
    album_id: str | None = None
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    lane: Lane = Lane.INTERACTIVE


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The owner has these bytes; nothing needs to be sent."""

    photo_id: str


class ReserveSpace:
    """Take an upload onto its owner's account, before anything is stored."""

    def __init__(self, accounts: Accounts, limits: Limits, *, clock: Clock) -> None:
        self._accounts = accounts
        self._limits = limits
        self._clock = clock

    async def __call__(self, owner_id: str, upload_id: str, size: int, lane: Lane) -> Lane:
        """The lane to use: an owner who begins very many uploads queues apart.

        Raises `UploadRateExceeded`, `TooManyOpenUploads`, `QuotaExceeded`.
        """
        now = self._clock()

        async def reserve(account: Account) -> Account:
            return account.reserve(upload_id, size, self._limits, now)

        account = await self._accounts.change(owner_id, reserve)
        return Lane.BULK if account.is_bulk(self._limits, now) else lane

    async def back(self, owner_id: str, upload_id: str) -> None:
        """Undo a reservation that led to nothing; the sweeper does it where this fails."""

        async def settle(account: Account) -> Account:
            return account.settle(upload_id, added_bytes=0, added_photos=0)

        try:
            await asyncio.shield(self._accounts.change(owner_id, settle))
        except Exception as error:
            _log.warning("reservation_left", upload=upload_id, error=repr(error)[:300])


class OpenUpload:
    """Nothing is stored and nothing reserved before every check has passed."""

    def __init__(
        self,
        uploads: Uploads,
        photos: Photos,
        store: ObjectStore,
        reserve: ReserveSpace,
        inspect: InspectUpload,
        *,
        clock: Clock,
        max_file_bytes: int,
        part_bytes: int,
        ttl: timedelta,
    ) -> None:
        self._uploads = uploads
        self._photos = photos
        self._store = store
        self._reserve = reserve
        self._inspect = inspect
        self._clock = clock
        self._max_file_bytes = max_file_bytes
        self._part_bytes = part_bytes
        self._ttl = ttl

    async def __call__(self, announced: Announcement) -> UploadView | Duplicate:
        """The upload to send parts to, with the parts it has; or the photo that is there.

        Raises `EmptyFile`, `FileTooLarge`, `UnsupportedMediaType`, `QuotaExceeded`,
        `UploadRateExceeded`, `TooManyOpenUploads`.
        """
        if announced.size == 0:
            raise EmptyFile("A file without a single byte cannot become a photo.")
        if announced.size > self._max_file_bytes:
            raise FileTooLarge(self._max_file_bytes)
        content_type = accepted_type(announced.content_type, announced.filename)
        filename = display_name(announced.filename)
        slot = slot_of(
            announced.owner_id,
            announced.sha256,
            announced.size,
            filename,
            announced.on_duplicate,
        )
        for _ in range(_TRIES):
            there = await self._photos.live(announced.owner_id, announced.sha256)
            if there is not None and announced.on_duplicate is OnDuplicate.SKIP:
                return Duplicate(there.photo_id)
            begun = await self._uploads.in_slot(slot)
            if begun is not None:
                going_on = await self._go_on(begun)
                if going_on is not None:
                    return going_on
                continue
            replaces = announced.on_duplicate is OnDuplicate.REPLACE and there is not None
            photo_id = there.photo_id if replaces and there else new_id()
            upload = await self._begin(announced, photo_id, filename, content_type)
            if upload is not None:
                return UploadView(upload)
        raise Unavailable("The same upload is being begun elsewhere. Try again in a moment.")

    async def _go_on(self, begun: Upload) -> UploadView | Duplicate | None:
        view = await self._inspect.view(begun)
        if view.upload.state is UploadState.ACCEPTED:
            # Its completion had been interrupted, and was finished by looking at it.
            return Duplicate(view.upload.photo_id)
        if view.upload.state not in UNFINISHED:
            return None
        await self._uploads.prolong(begun.upload_id, self._clock() + self._ttl)
        current = await self._uploads.get(begun.upload_id)
        return UploadView(current, view.parts) if current else None

    async def _begin(
        self, announced: Announcement, photo_id: str, filename: str, content_type: str
    ) -> Upload | None:
        """None when the same upload was begun elsewhere at this moment."""
        now = self._clock()
        upload_id = new_id()
        owner_id = announced.owner_id
        key = original_key(
            owner_id, announced.sha256, upload_id, key_suffix(content_type, announced.filename)
        )
        lane = await self._reserve(owner_id, upload_id, announced.size, announced.lane)
        multipart_id: str | None = None
        try:
            multipart_id = await self._store.create_multipart(key, content_type=content_type)
            upload = Upload(
                upload_id=upload_id,
                owner_id=owner_id,
                photo_id=photo_id,
                filename=filename,
                content_type=content_type,
                size=announced.size,
                sha256=announced.sha256,
                key=key,
                multipart_id=multipart_id,
                part_size=part_size_for(announced.size, self._part_bytes),
                on_duplicate=announced.on_duplicate,
                lane=lane,
                taken_at=announced.taken_at,
                album_id=announced.album_id,
                created_at=now,
                expires_at=now + self._ttl,
            )
            await self._uploads.add(upload)
        except SlotTaken:
            assert multipart_id is not None
            await self._reserve.back(owner_id, upload_id)
            await self._store.abort_multipart(key, multipart_id)
            return None
        except Exception:
            # Whether the upload was kept is unknown if the database went away meanwhile:
            # the reservation may only go back when it was not.
            if multipart_id is None:
                await self._reserve.back(owner_id, upload_id)
            raise
        return upload
