"""A ZIP file of stored files, made while it is sent: its size is known before its first byte.

Photos do not compress. A file's checksum follows its bytes, as they are read once. Extensions for
more than 2 GiB or 65,535 files (Zip64) are there only where they are needed.
"""

import asyncio
import zipfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from pichaven_gallery.downloads.model import ArchiveFile

READ_BYTES: Final = 1 << 20
"""Read of an original at a time."""
_PIECE_BYTES: Final = 256 << 10
"""Sent at a time; so much waits for a slow client."""

# Lengths of the records, PKWARE's APPNOTE.TXT 4.3.
_LOCAL_HEADER: Final = 30
_LOCAL_ZIP64: Final = 20
_DESCRIPTOR: Final = 16
_DESCRIPTOR_ZIP64: Final = 24
_CENTRAL_HEADER: Final = 46
_CENTRAL_ZIP64: Final = 4
_NUMBER_ZIP64: Final = 8
_END: Final = 22
_END_ZIP64: Final = 56 + 20
# Beyond these `zipfile` writes Zip64, for a file already where it might grow beyond it.
_LIMIT: Final = (1 << 31) - 1
_MAX_COUNT: Final = (1 << 16) - 1
_GROWTH: Final = 1.05

_FIRST_YEAR: Final = 1980
_LAST_YEAR: Final = 2107
_MODE: Final = 0o100644 << 16
"""A regular file that its owner writes and all read."""

ReadRange = Callable[[str, int, int], Awaitable[bytes]]
"""Returns bytes of the object under a key: where they start, and how many."""


def archive_size(files: Iterable[ArchiveFile]) -> int:
    """Return the bytes of the archive that `write_archive` makes of the files."""
    offset = central = count = 0
    for file in files:
        name = len(file.name.encode())
        large = file.size > _LIMIT
        extensions = 2 * large + (offset > _LIMIT)
        zip64 = _CENTRAL_ZIP64 + extensions * _NUMBER_ZIP64 if extensions else 0
        central += _CENTRAL_HEADER + name + zip64
        offset += _LOCAL_HEADER + name + file.size
        if file.size * _GROWTH > _LIMIT:
            offset += _LOCAL_ZIP64 + _DESCRIPTOR_ZIP64
        else:
            offset += _DESCRIPTOR
        count += 1
    needs_zip64 = count > _MAX_COUNT or offset > _LIMIT or central > _LIMIT
    return offset + central + _END + (_END_ZIP64 if needs_zip64 else 0)


async def write_archive(files: Sequence[ArchiveFile], read: ReadRange) -> AsyncGenerator[bytes]:
    """Yield the archive in pieces.

    Errors of `read` propagate, and what was yielded before is no archive: its directory comes
    last. At most one range of a file is in memory, and the directory.
    """
    buffer = _Buffer()
    archive = zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED)
    try:
        for file in files:
            with archive.open(_to_info(file), "w") as entry:
                for start in range(0, file.size, READ_BYTES):
                    data = await read(file.key, start, min(READ_BYTES, file.size - start))
                    # In a thread: it computes the checksum.
                    await asyncio.to_thread(entry.write, data)
                    for piece in buffer.take_pieces():
                        yield piece
        await asyncio.to_thread(archive.close)
        for piece in buffer.take_all():
            yield piece
    finally:
        # Without its file, `ZipFile` leaves out the directory of what was broken off.
        archive.fp = None


def _to_info(file: ArchiveFile) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(file.name, _to_dos_time(file.taken_at))
    info.compress_type = zipfile.ZIP_STORED
    info.external_attr = _MODE
    info.file_size = file.size
    return info


def _to_dos_time(moment: datetime) -> tuple[int, int, int, int, int, int]:
    """Return a wall time as an archive has it; the first or last one for years that it has not."""
    if moment.year < _FIRST_YEAR:
        return (_FIRST_YEAR, 1, 1, 0, 0, 0)
    if moment.year > _LAST_YEAR:
        return (_LAST_YEAR, 12, 31, 23, 59, 58)
    return (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)


class _Buffer:
    """A file that cannot be sought in: what was written waits until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes, /) -> int:
        self._parts.append(data)
        self._size += len(data)
        return len(data)

    def flush(self) -> None:
        """Part of what `ZipFile` needs of a file, as `close` is."""

    def close(self) -> None:
        pass

    def take_pieces(self) -> Iterator[bytes]:
        """Yield what waits once that is a piece; small files wait for the next ones."""
        if self._size >= _PIECE_BYTES:
            yield from self.take_all()

    def take_all(self) -> Iterator[bytes]:
        data, self._parts, self._size = b"".join(self._parts), [], 0
        for start in range(0, len(data), _PIECE_BYTES):
            yield data[start : start + _PIECE_BYTES]
