"""Cancelling an upload that is not a photo yet."""

from pichaven_upload.sessions.abort_upload import AbortUpload
from pichaven_upload.sessions.errors import UploadCompleting, to_problem
from pichaven_upload.sessions.model import Failure, UploadState
from pichaven_upload.sessions.repository import UploadRepository


class CancelUpload:
    def __init__(self, uploads: UploadRepository, abort: AbortUpload) -> None:
        self._uploads = uploads
        self._abort = abort

    async def __call__(self, owner_id: str, upload_id: str) -> None:
        """Remove an open upload with its parts; one that ended without a photo stays as it is.

        Raises `NotFound`, `UploadEnded` for an accepted one, `UploadCompleting`.
        """
        upload = await self._uploads.get_owned(owner_id, upload_id)
        failure = Failure("cancelled", "The upload was cancelled.")
        if await self._abort(upload, UploadState.CANCELLED, failure, only_if_open=True):
            return
        current = await self._uploads.get_owned(owner_id, upload_id)
        if current.state is UploadState.ACCEPTED:
            raise to_problem(current)
        if current.state in {UploadState.COMPLETING, UploadState.STORED}:
            raise UploadCompleting("It can be deleted as a photo in a moment.")
