"""The state of an upload, with its parts as storage holds them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pichaven_chassis.clock import Clock
from pichaven_chassis.storage import ObjectStore, Part, UploadMissing
from pichaven_upload.sessions.accept_upload import AcceptUpload
from pichaven_upload.sessions.model import UNFINISHED, Upload, UploadState
from pichaven_upload.sessions.repository import UploadRepository


@dataclass(frozen=True, slots=True)
class UploadProgress:
    upload: Upload
    parts: Sequence[Part] = ()
    """What storage holds of an unfinished upload."""


class ReopenUpload:
    """Give an upload a new multipart upload, after storage lost the old one."""

    def __init__(self, uploads: UploadRepository, store: ObjectStore) -> None:
        self._uploads = uploads
        self._store = store

    async def __call__(self, upload: Upload) -> Upload:
        """Return the upload with the new multipart upload, its own or another process's."""
        multipart_id = await self._store.create_multipart(
            upload.key, content_type=upload.content_type
        )
        if not await self._uploads.replace_multipart(
            upload.upload_id, upload.multipart_id, multipart_id
        ):
            await self._store.abort_multipart(upload.key, multipart_id)
        return await self._uploads.get(upload.upload_id) or upload


class InspectUpload:
    """Reading repairs: an interrupted completion is finished, lost parts can be sent again."""

    def __init__(
        self,
        uploads: UploadRepository,
        store: ObjectStore,
        accept: AcceptUpload,
        reopen: ReopenUpload,
        *,
        clock: Clock,
    ) -> None:
        self._uploads = uploads
        self._store = store
        self._accept = accept
        self._reopen = reopen
        self._clock = clock

    async def __call__(self, owner_id: str, upload_id: str) -> UploadProgress:
        """Raises `NotFound`."""
        return await self.inspect(await self._uploads.get_owned(owner_id, upload_id))

    async def inspect(self, upload: Upload) -> UploadProgress:
        if upload.state is UploadState.STORED:
            return UploadProgress(await self._accept(upload))
        if not upload.is_unfinished or upload.multipart_id is None:
            return UploadProgress(upload)
        try:
            return UploadProgress(upload, await self._list_parts(upload))
        except UploadMissing:
            return await self._inspect_without_multipart(upload)

    async def _list_parts(self, upload: Upload) -> Sequence[Part]:
        assert upload.multipart_id is not None
        key = upload.scratch_key or upload.key
        return await self._store.list_parts(key, upload.multipart_id)

    async def _inspect_without_multipart(self, upload: Upload) -> UploadProgress:
        if upload.slot is None:
            # The request that is still being received handles this itself.
            return UploadProgress(upload)
        if upload.state is UploadState.COMPLETING:
            info = await self._store.head(upload.key)
            if info is None or info.size != upload.size:
                # Storage may be assembling the object at this moment.
                return UploadProgress(upload)
            stored = await self._uploads.transition(
                upload.upload_id, UploadState.STORED, since=UNFINISHED, now=self._clock()
            )
            return UploadProgress(await self._accept(stored) if stored else upload)
        reopened = await self._reopen(upload)
        if not reopened.is_unfinished or reopened.multipart_id is None:
            return UploadProgress(reopened)
        try:
            return UploadProgress(reopened, await self._list_parts(reopened))
        except UploadMissing:
            return UploadProgress(reopened)
