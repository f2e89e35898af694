"""From a stored object to a photo that everyone is told of.

The order of the writes is the point: blob, photo with its event, upload, then tidying. Each can
be repeated, and until the upload is accepted the whole is repeated, by the client or by the
sweeper, with the same photo id. So a crash between any two of them loses and doubles nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import derived_id
from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import Unavailable
from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.photo import PhotoUploaded
from pichaven_upload.photos.model import Blob, Photo
from pichaven_upload.ports import Blobs, DigestTaken, Photos, Uploads
from pichaven_upload.sessions.abort_upload import TidyUpload
from pichaven_upload.sessions.find_upload import ended
from pichaven_upload.sessions.model import OnDuplicate, Upload, UploadState

_log = get_logger(__name__)
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class _Outcome:
    photo_id: str
    blob_key: str | None
    adds_photo: bool = False
    duplicate_of: str | None = None


class AcceptUpload:
    def __init__(
        self,
        uploads: Uploads,
        photos: Photos,
        blobs: Blobs,
        store: ObjectStore,
        tidy: TidyUpload,
        *,
        clock: Clock,
    ) -> None:
        self._uploads = uploads
        self._photos = photos
        self._blobs = blobs
        self._store = store
        self._tidy = tidy
        self._clock = clock

    async def __call__(self, upload: Upload) -> Upload:
        """Make the photo of a stored upload; the accepted upload is the durable receipt."""
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
            # Somebody else finished it at the same time.
            known = await self._uploads.get(upload.upload_id)
            if known is None or known.state is not UploadState.ACCEPTED:
                raise ended(known or upload)
            accepted = known
        try:
            await self._tidy(accepted)
        except Exception as error:
            # The receipt stands; the sweeper tidies later.
            _log.warning("tidying_postponed", upload=upload.upload_id, error=repr(error)[:300])
        return accepted

    async def _place(self, upload: Upload, now: datetime) -> _Outcome:
        photo = await self._photo_for(upload, now)
        if upload.upload_id not in photo.uploads:
            await self._leave(upload, (upload.upload_id,), now)
            return _Outcome(photo.photo_id, None, duplicate_of=photo.photo_id)
        if photo.superseded:
            await self._leave(upload, photo.superseded, now)
        made = photo.uploads[0] == upload.upload_id
        return _Outcome(photo.photo_id, photo.key, adds_photo=made)

    async def _photo_for(self, upload: Upload, now: datetime) -> Photo:
        for _ in range(_TRIES):
            photo = await self._try_photo_for(upload, now)
            if photo is not None:
                return photo
        raise Unavailable

    async def _try_photo_for(self, upload: Upload, now: datetime) -> Photo | None:
        """The photo that shows these bytes: made, revised, or there before.

        Asked again it finds what it did the first time: by the photo's id, or, where that had
        to be replaced, by the id derived from the upload. None when the photo that had the
        bytes first has ended at this moment.
        """
        own = await self._photos.get(upload.photo_id)
        if own is not None and upload.upload_id in own.uploads:
            return own
        if upload.on_duplicate is OnDuplicate.SKIP:
            known = await self._photos.live(upload.owner_id, upload.sha256)
            return known or await self._add(upload, upload.photo_id, now)
        if upload.on_duplicate is OnDuplicate.REPLACE and own is not None:
            revised = await self._revise(upload, now)
            return revised or await self._add(upload, _id_after_loss(upload), now)
        return await self._add(upload, upload.photo_id, now)

    async def _add(self, upload: Upload, photo_id: str, now: datetime) -> Photo | None:
        first = upload.on_duplicate is OnDuplicate.SKIP
        photo = Photo(
            photo_id=photo_id,
            owner_id=upload.owner_id,
            sha256=upload.sha256,
            size=upload.size,
            # The first photo of these bytes finds no verified object to share.
            key=await (self._own_blob(upload) if first else self._blob_for(upload)),
            uploads=(upload.upload_id,),
            created_at=now,
        )
        event = _told(upload, photo_id, photo.key, 1, now)
        try:
            if await self._photos.add(photo, event, first=first):
                return photo
        except DigestTaken:
            return await self._photos.live(upload.owner_id, upload.sha256)
        return await self._photos.get(photo_id)

    async def _revise(self, upload: Upload, now: datetime) -> Photo | None:
        key = await self._blob_for(upload)
        return await self._photos.revise(
            upload.photo_id,
            upload.upload_id,
            key,
            lambda revision: _told(upload, upload.photo_id, key, revision, now),
        )

    async def _blob_for(self, upload: Upload) -> str:
        """The object to show: a verified one of the same bytes before the fresh one."""
        shared = await self._blobs.join_verified(upload.owner_id, upload.sha256, upload.upload_id)
        if shared is not None:
            return shared.key
        return await self._own_blob(upload)

    async def _own_blob(self, upload: Upload) -> str:
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

    async def _leave(self, upload: Upload, upload_ids: Sequence[str], now: datetime) -> None:
        unused = await self._blobs.leave(upload.owner_id, upload.sha256, upload_ids, now=now)
        if unused:
            await self._store.delete(unused)
            await self._blobs.remove(unused)


def _id_after_loss(upload: Upload) -> str:
    """For an upload whose photo was removed under way; the same at every try."""
    return derived_id(upload.upload_id, "photo")


def _told(upload: Upload, photo_id: str, key: str, revision: int, now: datetime) -> PhotoUploaded:
    return PhotoUploaded(
        occurred_at=now,
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
    )
