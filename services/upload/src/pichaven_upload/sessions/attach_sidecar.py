"""An XMP sidecar beside the file of an upload.

It lies beside the original, is a blob of the same digest that the same upload holds, and so goes
with it. Only processing parses it.
"""

from typing import Final

from pichaven_chassis.problems import Problem
from pichaven_chassis.storage import ObjectStore
from pichaven_upload.blobs.model import original_key
from pichaven_upload.blobs.repository import BlobRepository
from pichaven_upload.sessions.errors import (
    InvalidSidecar,
    SidecarTooLarge,
    UploadCompleting,
    to_problem,
)
from pichaven_upload.sessions.model import Upload, UploadState
from pichaven_upload.sessions.repository import UploadRepository

MAX_SIDECAR_BYTES: Final = 1_000_000
SIDECAR_TYPE: Final = "application/rdf+xml"
_SUFFIX: Final = ".xmp"
_BLANK: Final = b" \t\r\n\0\xef\xbb\xbf\xfe\xff"
"""What may precede the first tag: white space and byte order marks, in UTF-16 with zero bytes."""
_WITH_SIDECAR: Final = frozenset({UploadState.OPEN, UploadState.COMPLETING, UploadState.STORED})
"""States of an upload that has its sidecar until it ends."""


def check_sidecar(data: bytes) -> None:
    """Raises `SidecarTooLarge`, and `InvalidSidecar` for what does not begin as XML does."""
    if len(data) > MAX_SIDECAR_BYTES:
        raise SidecarTooLarge(MAX_SIDECAR_BYTES)
    if not data.lstrip(_BLANK).startswith(b"<"):
        raise InvalidSidecar


def sidecar_key(owner_id: str, sha256: str, upload_id: str) -> str:
    """Return the key of the sidecar of the original with this digest."""
    return original_key(owner_id, sha256, upload_id, _SUFFIX)


class AttachSidecar:
    """Store a sidecar for the photo of an open upload. A later one replaces it."""

    def __init__(
        self, uploads: UploadRepository, blobs: BlobRepository, store: ObjectStore
    ) -> None:
        self._uploads = uploads
        self._blobs = blobs
        self._store = store

    async def __call__(self, owner_id: str, upload_id: str, data: bytes) -> None:
        """Raises `NotFound`, `SidecarTooLarge`, `InvalidSidecar`, `UploadEnded`,
        `UploadCompleting`.
        """
        upload = await self._uploads.get_owned(owner_id, upload_id)
        check_sidecar(data)
        key = sidecar_key(owner_id, upload.sha256, upload_id)
        # The key is on record before an object exists under it, or a crash would lose it.
        if not await self._uploads.set_sidecar(upload_id, key):
            raise _to_problem(await self._uploads.get(upload_id) or upload)
        await self._store.put(key, data, content_type=SIDECAR_TYPE)
        await self._delete_if_ended(upload, key)

    async def _delete_if_ended(self, upload: Upload, key: str) -> None:
        """Delete the object of an upload that ended meanwhile, whose clean-up may have passed."""
        current = await self._uploads.get(upload.upload_id)
        if current is not None and current.state in _WITH_SIDECAR:
            return
        if not await self._blobs.exists(key):
            await self._store.delete([key])
            raise _to_problem(current or upload)


def _to_problem(upload: Upload) -> Problem:
    if upload.state in _WITH_SIDECAR:
        return UploadCompleting("A sidecar is sent before the completion.")
    return to_problem(upload)
