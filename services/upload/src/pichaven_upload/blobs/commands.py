"""Releasing references to stored originals."""

from collections.abc import Sequence

from pichaven_chassis.clock import Clock
from pichaven_chassis.storage import ObjectStore
from pichaven_upload.blobs.repository import BlobRepository


class ReleaseBlobs:
    """Remove uploads' references to blobs, and delete the blobs that have none left."""

    def __init__(self, blobs: BlobRepository, store: ObjectStore, *, clock: Clock) -> None:
        self._blobs = blobs
        self._store = store
        self._clock = clock

    async def __call__(self, owner_id: str, sha256: str, upload_ids: Sequence[str]) -> None:
        await self.delete(
            await self._blobs.release(owner_id, sha256, upload_ids, now=self._clock())
        )

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete unreferenced blobs: the objects first, so that a repeat finds what is left."""
        if keys:
            await self._store.delete(keys)
            await self._blobs.remove(keys)
