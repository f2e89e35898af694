"""Download the original and check that its bytes are the announced ones (`verify_hash`)."""

import hashlib
from pathlib import Path

from pichaven_chassis.storage import ObjectMissing, ObjectStore, ObjectTooLarge
from pichaven_contracts.photo import PhotoUploaded
from pichaven_processing.imaging.limits import Limits
from pichaven_processing.imaging.rejection import Rejected, RejectionCode


class OriginalMissing(Exception):
    """Raised when storage has no such original: it was removed meanwhile, or lost."""


class FetchOriginal:
    """Streams the object to a file and hashes it on the way, so the bytes are read once."""

    def __init__(self, store: ObjectStore, limits: Limits) -> None:
        self._store = store
        self._limits = limits

    async def __call__(self, photo: PhotoUploaded, path: Path) -> None:
        """Raises `Rejected` for other bytes than announced, `OriginalMissing` for none."""
        self._limits.check_bytes(photo.size)
        digest = hashlib.sha256()
        try:
            size = await self._store.download(
                photo.object_key, path, max_bytes=photo.size, on_chunk=digest.update
            )
        except ObjectTooLarge:
            raise _hash_mismatch() from None
        except ObjectMissing as error:
            raise OriginalMissing(photo.object_key) from error
        if size != photo.size or digest.hexdigest() != photo.sha256:
            raise _hash_mismatch()


def _hash_mismatch() -> Rejected:
    return Rejected(
        RejectionCode.HASH_MISMATCH,
        "The bytes that arrived are not the ones that were announced; upload the file again.",
    )
