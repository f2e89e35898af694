"""Put the variants into storage, all or none (`store`)."""

import asyncio
from contextlib import suppress
from typing import Final

from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.photo import PhotoUploaded, Variant
from pichaven_processing.application.ports import Folder
from pichaven_processing.domain.derived_keys import derived_key, derived_prefix
from pichaven_processing.domain.facts import Facts, MadeVariant

_AT_ONCE: Final = 4
CONTENT_TYPES: Final = {"avif": "image/avif", "webp": "image/webp", "jpeg": "image/jpeg"}


class StoreVariants:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def __call__(
        self, photo: PhotoUploaded, facts: Facts, folder: Folder
    ) -> tuple[Variant, ...]:
        """Write every variant under its key; writing again changes nothing.

        When one cannot be written, those that this call brought into being are removed before
        the error goes on. What an earlier run left stays: it may have been announced.
        """
        prefix = derived_prefix(photo.owner_id, photo.photo_id, photo.sha256)
        before = {item.key async for item in self._store.list(prefix)}
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
            # `wait` leaves the writes alone when it is cancelled: a thread that writes cannot be
            # called back, so each is seen to its end before anything is removed.
            await asyncio.wait(writes)
            for write in writes:
                write.result()
        except BaseException:
            await asyncio.wait(writes)
            with suppress(Exception):
                await self._store.delete([key for key in keys if key not in before])
            raise
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
