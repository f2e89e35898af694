"""Upload the variants to storage; `photo.processed` names all or none (`store`)."""

import asyncio
from typing import Final

from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.photo import PhotoUploaded, Variant
from pichaven_processing.imaging.facts import Facts, VariantFile
from pichaven_processing.photos.derived_keys import derived_key
from pichaven_processing.spool import Workspace

_PARALLEL: Final = 4
CONTENT_TYPES: Final = {"avif": "image/avif", "webp": "image/webp", "jpeg": "image/jpeg"}


class StoreVariants:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def __call__(
        self, photo: PhotoUploaded, facts: Facts, workspace: Workspace
    ) -> tuple[Variant, ...]:
        """Write every variant under its key and return them; writing again changes nothing.

        Raises the error of a failed write and leaves the other objects: every run of these bytes
        has the same keys, so another run may have announced them, and the next one overwrites
        them.
        """
        limit = asyncio.Semaphore(_PARALLEL)

        async def put(file: VariantFile) -> Variant:
            key = derived_key(photo.owner_id, photo.photo_id, photo.sha256, file.name, file.format)
            async with limit:
                await self._store.put_file(
                    key,
                    workspace.variants / file.filename,
                    content_type=CONTENT_TYPES[file.format],
                )
            return Variant(
                name=file.name,
                format=file.format,
                width=file.width,
                height=file.height,
                bytes=file.bytes,
                key=key,
            )

        writes = [asyncio.create_task(put(file)) for file in facts.variants]
        try:
            await asyncio.wait(writes)
        except asyncio.CancelledError:
            # A thread that writes cannot be cancelled and reads from the workspace, so each is
            # awaited before the workspace is removed.
            await asyncio.wait(writes)
            raise
        return tuple(write.result() for write in writes)
