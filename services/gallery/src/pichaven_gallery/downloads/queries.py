"""Sending downloads."""

import hmac
from collections.abc import AsyncGenerator, Sequence
from functools import partial

from pichaven_chassis.clock import Clock
from pichaven_chassis.fair_slots import FairSlots
from pichaven_chassis.storage import ObjectStore
from pichaven_gallery.downloads.archive import write_archive
from pichaven_gallery.downloads.commands import digest_of
from pichaven_gallery.downloads.model import (
    ArchiveFile,
    Download,
    DownloadNotFound,
    OriginalTruncated,
)
from pichaven_gallery.downloads.repository import DownloadRepository


class GetDownload:
    """Return a download for who has its token. Raises `DownloadNotFound`."""

    def __init__(self, downloads: DownloadRepository, clock: Clock) -> None:
        self._downloads = downloads
        self._clock = clock

    async def __call__(self, download_id: str, token: str) -> Download:
        download = await self._downloads.get(download_id)
        if download is None or download.expires_at <= self._clock():
            raise DownloadNotFound
        if not hmac.compare_digest(download.token_digest, digest_of(token)):
            raise DownloadNotFound
        return download


class StreamDownload:
    """Yield the archive of a download.

    Owners share the archives that a process sends at a time: raises `OwnShareTaken` and
    `SlotsTaken` before the first piece. Ends in an error where an original cannot be read.
    """

    def __init__(self, downloads: DownloadRepository, store: ObjectStore, slots: FairSlots) -> None:
        self._downloads = downloads
        self._store = store
        self._slots = slots

    async def __call__(self, download: Download) -> AsyncGenerator[bytes]:
        async with self._slots.slot(download.owner_id):
            files = await self._downloads.list_files(download)
            if files is None:
                raise DownloadNotFound
            async for piece in self._write(files):
                yield piece

    def _write(self, files: Sequence[ArchiveFile]) -> AsyncGenerator[bytes]:
        return write_archive(files, partial(_read, self._store))


async def _read(store: ObjectStore, key: str, start: int, size: int) -> bytes:
    """Return a range of an original. Raises `ObjectMissing`, `OriginalTruncated`."""
    data = await store.get_range(key, start, size)
    if len(data) != size:
        raise OriginalTruncated(f"{key}: {len(data)} of {size} bytes from {start} on")
    return data
