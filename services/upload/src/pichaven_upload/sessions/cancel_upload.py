"""Cancelling an upload that is not a photo yet."""

from pichaven_upload.ports import Uploads
from pichaven_upload.sessions.abort_upload import GiveUpUpload
from pichaven_upload.sessions.errors import UploadCompleting
from pichaven_upload.sessions.find_upload import ended, find_upload
from pichaven_upload.sessions.model import Failure, UploadState


class CancelUpload:
    def __init__(self, uploads: Uploads, give_up: GiveUpUpload) -> None:
        self._uploads = uploads
        self._give_up = give_up

    async def __call__(self, owner_id: str, upload_id: str) -> None:
        """Remove an open upload with its parts; one that ended without a photo stays so.

        Raises `NotFound`, `UploadEnded` for an accepted one, `UploadCompleting`.
        """
        upload = await find_upload(self._uploads, owner_id, upload_id)
        failure = Failure("cancelled", "The upload was cancelled.")
        if await self._give_up(upload, UploadState.CANCELLED, failure, from_open_only=True):
            return
        current = await find_upload(self._uploads, owner_id, upload_id)
        if current.state is UploadState.ACCEPTED:
            raise ended(current)
        if current.state in {UploadState.COMPLETING, UploadState.STORED}:
            raise UploadCompleting("It can be deleted as a photo in a moment.")
