"""Put the variants into storage; told of are all or none (`store`)."""

import asyncio
from typing import Final

from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.photo import PhotoUploaded, Variant
from pichaven_processing.imaging.facts import Facts, MadeVariant
from pichaven_processing.photos.derived_keys import derived_key
from pichaven_processing.ports import Folder

_AT_ONCE: Final = 4
CONTENT_TYPES: Final = {"avif": "image/avif", "webp": "image/webp", "jpeg": "image/jpeg"}


class StoreVariants:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def __call__(
        self, photo: PhotoUploaded, facts: Facts, folder: Folder
    ) -> tuple[Variant, ...]:
        """Write every variant under its key; writing again changes nothing.

        When one cannot be written the error goes on, and what was written stays: the keys are
        the same for every run of these bytes, so another run may have announced them meanwhile,
        and the next one writes over them.
        """
        keys = [
            derived_key(photo.owner_id, photo.photo_id, photo.sha256, made.name, made.format)
            for made in facts.variants
        ]
        limit = asyncio.Semaphore(_AT_ONCE)

        async def put(made: MadeVariant, key: str) -> None:
            async with limit:
                await self._store.put_file(
                    key,
                    folder.variants / made.filename,
                    content_type=CONTENT_TYPES[made.format],
                )

        writes = [
            asyncio.create_task(put(made, key))
            for made, key in zip(facts.variants, keys, strict=True)
        ]
        try:
            await asyncio.wait(writes)
        except asyncio.CancelledError:
            # A thread that writes cannot be called back and reads from the folder, so each is
            # seen to its end before the folder goes.
            await asyncio.wait(writes)
            raise
        for write in writes:
            write.result()
        return tuple(
            Variant(
                name=made.name,
                format=made.format,
                width=made.width,
                height=made.height,
                bytes=made.bytes,
                key=key,
            )
            for made, key in zip(facts.variants, keys, strict=True)
        )
