"""Beginning an upload, or resuming an unfinished one of the same file."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_chassis.optimistic import WriteConflict, WriteContended, write_optimistically
from pichaven_chassis.problems import EmptyFile, Unavailable
from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.photo import Lane
from pichaven_upload.blobs.model import original_key
from pichaven_upload.photos.repository import PhotoRepository
from pichaven_upload.sessions.errors import FileTooLarge
from pichaven_upload.sessions.file_names import display_name
from pichaven_upload.sessions.inspect_upload import InspectUpload, UploadProgress
from pichaven_upload.sessions.media_types import accepted_type, key_suffix
from pichaven_upload.sessions.model import (
    ExistingPhoto,
    OnDuplicate,
    Upload,
    UploadState,
    part_size_for,
    slot_of,
)
from pichaven_upload.sessions.repository import SlotTaken, UploadRepository
from pichaven_upload.usage.commands import ReserveQuota

_ATTEMPTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a client says about a file that it wants to send."""

    owner_id: str
    filename: str
    size: int
    content_type: str
    sha256: str
    taken_at: datetime | None = None
    album_id: str | None = None
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    lane: Lane = Lane.INTERACTIVE


class OpenUpload:
    """Nothing is stored and nothing reserved before every check has passed."""

    def __init__(
        self,
        uploads: UploadRepository,
        photos: PhotoRepository,
        store: ObjectStore,
        reserve: ReserveQuota,
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

    async def __call__(self, announcement: Announcement) -> UploadProgress | ExistingPhoto:
        """Return the upload to send parts to, with the parts it has; or the existing photo.

        Raises `EmptyFile`, `FileTooLarge`, `UnsupportedMediaType`, `QuotaExceeded`,
        `UploadRateExceeded`, `TooManyOpenUploads`.
        """
        if announcement.size == 0:
            raise EmptyFile
        if announcement.size > self._max_file_bytes:
            raise FileTooLarge(self._max_file_bytes)
        content_type = accepted_type(announcement.content_type, announcement.filename)
        filename = display_name(announcement.filename)
        slot = slot_of(
            announcement.owner_id,
            announcement.sha256,
            announcement.size,
            filename,
            announcement.on_duplicate,
        )

        async def attempt() -> UploadProgress | ExistingPhoto:
            existing = await self._photos.find_live(announcement.owner_id, announcement.sha256)
            if existing is not None and announcement.on_duplicate is OnDuplicate.SKIP:
                return ExistingPhoto(existing.photo_id)
            unfinished = await self._uploads.find_in_slot(slot)
            if unfinished is not None:
                return await self._resume(unfinished, announcement)
            replaces = existing is not None and announcement.on_duplicate is OnDuplicate.REPLACE
            photo_id = existing.photo_id if existing and replaces else new_id()
            upload = await self._begin(announcement, photo_id, filename, content_type)
            return UploadProgress(upload)

        try:
            return await write_optimistically(attempt, attempts=_ATTEMPTS)
        except WriteContended:
            detail = "The same upload is being begun elsewhere. Try again in a moment."
            raise Unavailable(detail) from None

    async def _resume(
        self, upload: Upload, announcement: Announcement
    ) -> UploadProgress | ExistingPhoto:
        """Raises `WriteConflict` if the upload has ended meanwhile."""
        progress = await self._inspect.inspect(upload)
        if progress.upload.state is UploadState.ACCEPTED:
            # Its completion had been interrupted, and the inspection finished it.
            return ExistingPhoto(progress.upload.photo_id)
        if not progress.upload.is_unfinished:
            raise WriteConflict
        await self._uploads.resume(
            upload.upload_id,
            expires_at=self._clock() + self._ttl,
            album_id=announcement.album_id,
        )
        current = await self._uploads.get(upload.upload_id)
        if current is None:
            raise WriteConflict
        return UploadProgress(current, progress.parts)

    async def _begin(
        self, announcement: Announcement, photo_id: str, filename: str, content_type: str
    ) -> Upload:
        """Raises `WriteConflict` if another request began the same upload at this moment."""
        now = self._clock()
        upload_id = new_id()
        owner_id = announcement.owner_id
        suffix = key_suffix(content_type, announcement.filename)
        key = original_key(owner_id, announcement.sha256, upload_id, suffix)
        lane = await self._reserve(owner_id, upload_id, announcement.size, announcement.lane)
        multipart_id: str | None = None
        try:
            multipart_id = await self._store.create_multipart(key, content_type=content_type)
            upload = Upload(
                upload_id=upload_id,
                owner_id=owner_id,
                photo_id=photo_id,
                filename=filename,
                content_type=content_type,
                size=announcement.size,
                sha256=announcement.sha256,
                key=key,
                multipart_id=multipart_id,
                part_size=part_size_for(announcement.size, self._part_bytes),
                on_duplicate=announcement.on_duplicate,
                lane=lane,
                taken_at=announcement.taken_at,
                album_id=announcement.album_id,
                created_at=now,
                expires_at=now + self._ttl,
            )
            await self._uploads.add(upload)
        except SlotTaken:
            assert multipart_id is not None
            await self._reserve.undo(owner_id, upload_id)
            await self._store.abort_multipart(key, multipart_id)
            raise WriteConflict from None
        except Exception:
            # If the database went away meanwhile, the upload may have been stored all the same;
            # the reservation may be undone only if it was not.
            if multipart_id is None:
                await self._reserve.undo(owner_id, upload_id)
            raise
        return upload
