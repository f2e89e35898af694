"""The port to object storage: what a service may ask of it, whatever it is."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


class ObjectMissing(Exception):
    """There is no object under this key."""


class ObjectTooLarge(Exception):
    """The object has more bytes than the caller is ready to take."""


class UploadMissing(Exception):
    """Storage knows no such multipart upload: it was ended, or lost."""


class InvalidParts(Exception):
    """The parts named are not the parts that storage holds."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    key: str
    size: int
    """Bytes."""
    etag: str
    last_modified: datetime


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
    """One bucket. Everything is bounded in memory; every call has a time limit.

    An engine that is away raises its driver's own connection error (`outages.is_outage`).
    """

    async def put(self, key: str, data: bytes, *, content_type: str) -> None: ...

    async def put_file(self, key: str, path: Path, *, content_type: str) -> None: ...

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        """The whole object. Raises `ObjectMissing`, `ObjectTooLarge`."""
        ...

    async def download(
        self,
        key: str,
        path: Path,
        *,
        max_bytes: int,
        on_chunk: Callable[[bytes], None] | None = None,
    ) -> int:
        """Write the object to a file and return its size; `on_chunk` sees each piece, in a thread.

        Raises `ObjectMissing`, `ObjectTooLarge`; what was written then is the caller's to remove.
        """
        ...

    async def head(self, key: str) -> ObjectInfo | None: ...

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`. Raises `ObjectMissing`."""
        ...

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; absent ones are fine."""
        ...

    def list(self, prefix: str) -> AsyncIterator[ObjectInfo]: ...

    async def copy(self, source: str, target: str) -> None:
        """Raises `ObjectMissing`."""
        ...

    async def create_multipart(self, key: str, *, content_type: str) -> str: ...

    async def upload_part(self, key: str, upload_id: str, number: int, data: bytes) -> str:
        """The part's etag. Raises `UploadMissing`."""
        ...

    async def list_parts(self, key: str, upload_id: str) -> Sequence[Part]:
        """Raises `UploadMissing`."""
        ...

    async def complete_multipart(
        self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]
    ) -> None:
        """Make the object of its parts. Raises `UploadMissing`, `InvalidParts`."""
        ...

    async def abort_multipart(self, key: str, upload_id: str) -> None:
        """Drop an unfinished upload; an absent one is fine."""
        ...

    def list_multiparts(self, prefix: str) -> AsyncIterator[MultipartInfo]: ...
