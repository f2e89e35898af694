"""An object store in memory; it passes the same suite as the S3 adapter."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pichaven_chassis.ids import new_id
from pichaven_chassis.storage.objects import (
    InvalidParts,
    MultipartInfo,
    ObjectInfo,
    ObjectMissing,
    ObjectTooLarge,
    Part,
    UploadMissing,
)


def _etag(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class MemoryObjectStore:
    """Implements `ObjectStore`; tests may read `objects`."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.content_types: dict[str, str] = {}
        self._multiparts: dict[str, tuple[MultipartInfo, str, dict[int, bytes]]] = {}

    async def put(self, key: str, data: bytes, *, content_type: str) -> None:
        self.objects[key] = data
        self.content_types[key] = content_type

    async def put_file(self, key: str, path: Path, *, content_type: str) -> None:
        await self.put(key, path.read_bytes(), content_type=content_type)

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        data = self._read(key)
        if len(data) > max_bytes:
            raise ObjectTooLarge(key)
        return data

    async def get_start(self, key: str, size: int) -> bytes:
        return self._read(key)[:size]

    async def get_range(self, key: str, start: int, size: int) -> bytes:
        return self._read(key)[start : start + size]

    async def download(
        self,
        key: str,
        path: Path,
        *,
        max_bytes: int,
        on_chunk: Callable[[bytes], None] | None = None,
    ) -> int:
        data = await self.get(key, max_bytes=max_bytes)
        if on_chunk is not None and data:
            on_chunk(data)
        path.write_bytes(data)
        return len(data)

    async def head(self, key: str) -> ObjectInfo | None:
        data = self.objects.get(key)
        return None if data is None else self._info(key)

    async def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)

    async def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        for key in sorted(self.objects):
            if key.startswith(prefix):
                yield self._info(key)

    async def copy(self, source: str, target: str) -> None:
        await self.put(
            target,
            self._read(source),
            content_type=self.content_types.get(source, "application/octet-stream"),
        )

    async def create_multipart(self, key: str, *, content_type: str) -> str:
        upload_id = new_id()
        info = MultipartInfo(key, upload_id, datetime.now(UTC))
        self._multiparts[upload_id] = (info, content_type, {})
        return upload_id

    async def upload_part(self, key: str, upload_id: str, number: int, data: bytes) -> str:
        self._parts(key, upload_id)[number] = data
        return _etag(data)

    async def list_parts(self, key: str, upload_id: str) -> Sequence[Part]:
        parts = self._parts(key, upload_id)
        return [Part(number, _etag(data), len(data)) for number, data in sorted(parts.items())]

    async def complete_multipart(
        self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]
    ) -> None:
        stored = self._parts(key, upload_id)
        numbers = [number for number, _ in parts]
        if not parts or numbers != sorted(set(numbers)):
            raise InvalidParts("parts must be named once each, in order")
        for number, etag in parts:
            if number not in stored or _etag(stored[number]) != etag.strip('"'):
                raise InvalidParts(f"part {number} is not what storage holds")
        content_type = self._multiparts.pop(upload_id)[1]
        data = b"".join(stored[number] for number in numbers)
        await self.put(key, data, content_type=content_type)

    async def abort_multipart(self, key: str, upload_id: str) -> None:
        multipart = self._multiparts.get(upload_id)
        if multipart is not None and multipart[0].key == key:
            del self._multiparts[upload_id]

    async def list_multiparts(self, prefix: str) -> AsyncIterator[MultipartInfo]:
        for info, _, _ in list(self._multiparts.values()):
            if info.key.startswith(prefix):
                yield info

    def _read(self, key: str) -> bytes:
        try:
            return self.objects[key]
        except KeyError:
            raise ObjectMissing(key) from None

    def _info(self, key: str) -> ObjectInfo:
        data = self.objects[key]
        return ObjectInfo(key, len(data), _etag(data))

    def _parts(self, key: str, upload_id: str) -> dict[int, bytes]:
        multipart = self._multiparts.get(upload_id)
        if multipart is None or multipart[0].key != key:
            raise UploadMissing(upload_id)
        return multipart[2]
