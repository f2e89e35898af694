"""Where an upload stands, as storage sees it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pichaven_chassis.clock import Clock
from pichaven_chassis.storage import ObjectStore, Part, UploadMissing
from pichaven_upload.ports import Uploads
from pichaven_upload.sessions.accept_upload import AcceptUpload
from pichaven_upload.sessions.errors import InvalidPartList
from pichaven_upload.sessions.find_upload import ended, find_upload
from pichaven_upload.sessions.model import UNFINISHED, Upload, UploadState


@dataclass(frozen=True, slots=True)
class UploadView:
    upload: Upload
    parts: Sequence[Part] = ()
    """What storage holds of an unfinished upload."""


class ReopenUpload:
    """Give an upload a new multipart upload in storage, after the old one was lost there."""

    def __init__(self, uploads: Uploads, store: ObjectStore) -> None:
        self._uploads = uploads
        self._store = store

    async def __call__(self, upload: Upload) -> Upload:
        """The upload with a multipart that storage knows, whoever opened it."""
        fresh = await self._store.create_multipart(upload.key, content_type=upload.content_type)
        if not await self._uploads.replace_multipart(upload.upload_id, upload.multipart_id, fresh):
            await self._store.abort_multipart(upload.key, fresh)
        return await self._uploads.get(upload.upload_id) or upload


class InspectUpload:
    """Reading heals: an interrupted completion is finished, lost parts are started anew."""

    def __init__(
        self,
        uploads: Uploads,
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

    async def __call__(self, owner_id: str, upload_id: str) -> UploadView:
        """Raises `NotFound`."""
        return await self.view(await find_upload(self._uploads, owner_id, upload_id))

    async def view(self, upload: Upload) -> UploadView:
        if upload.state is UploadState.STORED:
            return UploadView(await self._accept(upload))
        if upload.state not in UNFINISHED or upload.multipart_id is None:
            return UploadView(upload)
        try:
            return UploadView(upload, await self._parts(upload))
        except UploadMissing:
            return await self._without_multipart(upload)

    async def _parts(self, upload: Upload) -> Sequence[Part]:
        assert upload.multipart_id is not None
        key = upload.scratch_key or upload.key
        return await self._store.list_parts(key, upload.multipart_id)

    async def _without_multipart(self, upload: Upload) -> UploadView:
        if upload.slot is None:
            # A request that is still coming in tends to itself.
            return UploadView(upload)
        if upload.state is UploadState.COMPLETING:
            info = await self._store.head(upload.key)
            if info is None or info.size != upload.size:
                # Storage may be putting it together at this moment.
                return UploadView(upload)
            stored = await self._uploads.move(
                upload.upload_id, UploadState.STORED, since=UNFINISHED, now=self._clock()
            )
            return UploadView(await self._accept(stored) if stored else upload)
        reopened = await self._reopen(upload)
        if reopened.state not in UNFINISHED or reopened.multipart_id is None:
            return UploadView(reopened)
        try:
            return UploadView(reopened, await self._parts(reopened))
        except UploadMissing:
            return UploadView(reopened)


class AddressParts:
    """Check that parts of an unfinished upload may be sent, before their URLs are signed."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads

    async def __call__(self, owner_id: str, upload_id: str, numbers: Sequence[int]) -> Upload:
        """Raises `NotFound`, `UploadEnded`, `InvalidPartList`."""
        upload = await find_upload(self._uploads, owner_id, upload_id)
        if upload.state not in UNFINISHED or upload.slot is None:
            raise ended(upload)
        outside = [number for number in numbers if not 1 <= number <= upload.parts_total]
        if outside:
            raise InvalidPartList(outside)
        return upload
