"""Finding an owner's upload, and saying why an ended one cannot go on."""

from typing import Final

from pichaven_chassis.problems import NotFound, Problem
from pichaven_upload.ports import Uploads
from pichaven_upload.sessions.errors import HashMismatch, SizeMismatch, UploadEnded
from pichaven_upload.sessions.model import Upload, UploadState

_FAILURES: Final[dict[str, type[Problem]]] = {
    problem.code: problem for problem in (SizeMismatch, HashMismatch)
}
_ENDED: Final = {
    UploadState.CANCELLED: "The upload was cancelled.",
    UploadState.EXPIRED: "The upload was not continued in time and has been removed.",
    UploadState.ACCEPTED: "The upload is complete; its photo can be deleted instead.",
}


async def find_upload(uploads: Uploads, owner_id: str, upload_id: str) -> Upload:
    """Raises `NotFound`, for another owner's upload too."""
    upload = await uploads.get(upload_id)
    if upload is None or upload.owner_id != owner_id:
        raise NotFound("There is no such upload.")
    return upload


def ended(upload: Upload) -> Problem:
    """Why nothing more can be done with an ended upload; the same as when it failed."""
    if upload.failure is not None:
        known = _FAILURES.get(upload.failure.code)
        if known is not None:
            return known(upload.failure.message)
    text = _ENDED.get(upload.state, "The upload has failed.")
    return UploadEnded(text, extra={"state": upload.state.value})
