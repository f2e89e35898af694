"""From a stored object to a photo and its `photo.uploaded` event.

The order of the writes matters: blob, photo with its event, upload, then the clean-up. Each can
be repeated. Until the upload is accepted, the client or the reconciler repeats all of it with the
same photo id. So a crash between any two of them loses nothing and duplicates nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import derived_id
from pichaven_chassis.logging import get_logger
from pichaven_chassis.optimistic import WriteConflict, write_optimistically
from pichaven_contracts.photo import PhotoUploaded
from pichaven_upload.blobs.commands import ReleaseBlobs
from pichaven_upload.blobs.model import Blob
from pichaven_upload.blobs.repository import BlobRepository
from pichaven_upload.photos.model import Photo
from pichaven_upload.photos.repository import DigestTaken, PhotoRepository
from pichaven_upload.sessions.abort_upload import CleanUpUpload
from pichaven_upload.sessions.errors import to_problem
from pichaven_upload.sessions.model import OnDuplicate, Upload, UploadState
from pichaven_upload.sessions.repository import UploadRepository

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    photo_id: str
    blob_key: str | None
    adds_photo: bool = False
    duplicate_of: str | None = None


class AcceptUpload:
    def __init__(
        self,
        uploads: UploadRepository,
        photos: PhotoRepository,
        blobs: BlobRepository,
        release_blobs: ReleaseBlobs,
        clean_up: CleanUpUpload,
        *,
        clock: Clock,
    ) -> None:
        self._uploads = uploads
        self._photos = photos
        self._blobs = blobs
        self._release_blobs = release_blobs
        self._clean_up = clean_up
        self._clock = clock

    async def __call__(self, upload: Upload) -> Upload:
        """Make the photo of a stored upload; return the accepted upload, the durable receipt."""
        now = self._clock()
        outcome = await self._place(upload, now)
        accepted = await self._uploads.accept(
            upload.upload_id,
            photo_id=outcome.photo_id,
            blob_key=outcome.blob_key,
            adds_photo=outcome.adds_photo,
            duplicate_of=outcome.duplicate_of,
            now=now,
        )
        if accepted is None:
            # Another process finished it at the same time.
            current = await self._uploads.get(upload.upload_id)
            if current is None or current.state is not UploadState.ACCEPTED:
                raise to_problem(current or upload)
            accepted = current
        try:
            await self._clean_up(accepted)
        except Exception as error:
            # The upload is accepted all the same; the reconciler cleans up later.
            _log.warning("clean_up_deferred", upload=upload.upload_id, error=repr(error)[:300])
        return accepted

    async def _place(self, upload: Upload, now: datetime) -> _Outcome:
        photo = await write_optimistically(lambda: self._try_photo(upload, now))
        if upload.upload_id not in photo.uploads:
            await self._release(upload, (upload.upload_id,))
            return _Outcome(photo.photo_id, None, duplicate_of=photo.photo_id)
        if photo.superseded_uploads:
            await self._release(upload, photo.superseded_uploads)
        adds_photo = photo.uploads[0] == upload.upload_id
        return _Outcome(photo.photo_id, photo.key, adds_photo=adds_photo)

    async def _try_photo(self, upload: Upload, now: datetime) -> Photo:
        """Return the photo of these bytes: made, revised, or existing.

        A repeat returns the photo of the first time: by the photo's id, or, where that one had
        ended, by the id derived from the upload. Raises `WriteConflict` if the photo that had
        the bytes first has ended just now.
        """
        photo = await self._photos.get(upload.photo_id)
        if photo is not None and upload.upload_id in photo.uploads:
            return photo
        if upload.on_duplicate is OnDuplicate.SKIP:
            existing = await self._photos.find_live(upload.owner_id, upload.sha256)
            return existing or await self._add(upload, upload.photo_id, now)
        if upload.on_duplicate is OnDuplicate.REPLACE and photo is not None:
            revised = await self._revise(upload, now)
            return revised or await self._add(upload, _fallback_photo_id(upload), now)
        return await self._add(upload, upload.photo_id, now)

    async def _add(self, upload: Upload, photo_id: str, now: datetime) -> Photo:
        await self._add_sidecar(upload)
        first = upload.on_duplicate is OnDuplicate.SKIP
        photo = Photo(
            photo_id=photo_id,
            owner_id=upload.owner_id,
            sha256=upload.sha256,
            size=upload.size,
            # For the first photo of these bytes there is no verified blob to share.
            key=await (self._add_blob(upload) if first else self._share_or_add_blob(upload)),
            uploads=(upload.upload_id,),
            created_at=now,
        )
        event = to_uploaded_event(upload, photo_id, photo.key, 1, now)
        try:
            if await self._photos.add(photo, event, first=first):
                return photo
            existing = await self._photos.get(photo_id)
        except DigestTaken:
            existing = await self._photos.find_live(upload.owner_id, upload.sha256)
        if existing is None:
            raise WriteConflict
        return existing

    async def _revise(self, upload: Upload, now: datetime) -> Photo | None:
        await self._add_sidecar(upload)
        key = await self._share_or_add_blob(upload)
        return await self._photos.revise(
            upload.photo_id,
            upload.upload_id,
            key,
            lambda revision: to_uploaded_event(upload, upload.photo_id, key, revision, now),
        )

    async def _share_or_add_blob(self, upload: Upload) -> str:
        """Return the key of a verified blob of these bytes, else of the upload's own."""
        shared = await self._blobs.acquire_verified(
            upload.owner_id, upload.sha256, upload.upload_id
        )
        return shared.key if shared is not None else await self._add_blob(upload)

    async def _add_blob(self, upload: Upload) -> str:
        await self._blobs.add(
            Blob(
                key=upload.key,
                owner_id=upload.owner_id,
                sha256=upload.sha256,
                size=upload.size,
                held_by=(upload.upload_id,),
            )
        )
        return upload.key

    async def _add_sidecar(self, upload: Upload) -> None:
        """Add the sidecar as a blob of the original's digest, which is released with it.

        It is never verified, so no other photo shares it.
        """
        if upload.sidecar_key is None:
            return
        await self._blobs.add(
            Blob(
                key=upload.sidecar_key,
                owner_id=upload.owner_id,
                sha256=upload.sha256,
                size=0,
                held_by=(upload.upload_id,),
            )
        )

    async def _release(self, upload: Upload, upload_ids: Sequence[str]) -> None:
        await self._release_blobs(upload.owner_id, upload.sha256, upload_ids)


def _fallback_photo_id(upload: Upload) -> str:
    """Return the id for an upload whose photo ended meanwhile; the same at every attempt."""
    return derived_id(upload.upload_id, "photo")


def to_uploaded_event(
    upload: Upload, photo_id: str, key: str, revision: int, at: datetime
) -> PhotoUploaded:
    """Return the event of a photo that an upload makes or revises."""
    return PhotoUploaded(
        occurred_at=at,
        photo_id=photo_id,
        owner_id=upload.owner_id,
        revision=revision,
        upload_id=upload.upload_id,
        filename=upload.filename,
        content_type=upload.content_type,
        size=upload.size,
        sha256=upload.sha256,
        object_key=key,
        taken_at=upload.taken_at,
        lane=upload.lane,
        album_id=upload.album_id,
        sidecar_key=upload.sidecar_key,
    )
