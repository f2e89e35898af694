"""The port to object storage."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


class ObjectMissing(Exception):
    """Raised when there is no object under the key."""


class ObjectTooLarge(Exception):
    """Raised when the object has more bytes than the caller accepts."""


class UploadMissing(Exception):
    """Raised when there is no such multipart upload: it was completed, aborted or lost."""


class InvalidParts(Exception):
    """Raised when the named parts are not those that storage has."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    key: str
    size: int
    """Bytes."""
    etag: str


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class MultipartInfo:
    key: str
    upload_id: str
    initiated: datetime


class ObjectStore(Protocol):
    """One bucket. Memory is bounded; every call has a timeout.

    An outage raises the driver's own connection error (`outages.is_outage`).
    """

    async def put(self, key: str, data: bytes, *, content_type: str) -> None: ...

    async def put_file(self, key: str, path: Path, *, content_type: str) -> None: ...

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        """Return the whole object. Raises `ObjectMissing`, `ObjectTooLarge`."""
        ...

    async def get_start(self, key: str, size: int) -> bytes:
        """Return the first `size` bytes of an object, or all of a smaller one.

        Raises `ObjectMissing`.
        """
        ...

    async def get_range(self, key: str, start: int, size: int) -> bytes:
        """Return `size` bytes from `start`, fewer where the object ends before.

        The object goes on behind `start`. Raises `ObjectMissing`.
        """
        ...

    async def download(
        self,
        key: str,
        path: Path,
        *,
        max_bytes: int,
        on_chunk: Callable[[bytes], None] | None = None,
    ) -> int:
        """Write the object to a file and return its size; `on_chunk` gets each chunk, in a thread.

        Raises `ObjectMissing`, `ObjectTooLarge`; the caller removes a partial file.
        """
        ...

    async def head(self, key: str) -> ObjectInfo | None: ...

    async def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; absent keys are ignored."""
        ...

    def list(self, prefix: str) -> AsyncIterator[ObjectInfo]: ...

    async def copy(self, source: str, target: str) -> None:
        """Copy an object. Raises `ObjectMissing`."""
        ...

    async def create_multipart(self, key: str, *, content_type: str) -> str: ...

    async def upload_part(self, key: str, upload_id: str, number: int, data: bytes) -> str:
        """Upload a part and return its etag. Raises `UploadMissing`."""
        ...

    async def list_parts(self, key: str, upload_id: str) -> Sequence[Part]:
        """Return the parts that storage has. Raises `UploadMissing`."""
        ...

    async def complete_multipart(
        self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]
    ) -> None:
        """Assemble the object of its parts. Raises `UploadMissing`, `InvalidParts`."""
        ...

    async def abort_multipart(self, key: str, upload_id: str) -> None:
        """Abort an unfinished upload; an absent one is ignored."""
        ...

    def list_multiparts(self, prefix: str) -> AsyncIterator[MultipartInfo]: ...
