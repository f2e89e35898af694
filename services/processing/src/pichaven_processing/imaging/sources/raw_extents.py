"""Check that a RAW file has its sensor's data, by the bytes where its container has them.

Decoders fill missing data with black, and a preview may be whole in a cut file. A sensor's values
have noise, so zeros at the end of its data are data that were never written.
"""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pichaven_processing.imaging.file_types import CR3, RAF, FileType
from pichaven_processing.imaging.metadata.iso_boxes import iso_boxes
from pichaven_processing.imaging.metadata.tiff_tags import Buffer, Tags, TiffTags, integer_of
from pichaven_processing.imaging.sources.source import damaged_file
from pichaven_processing.imaging.sources.zero_tails import count_zeros

_STRIPS: Final = ((273, 279), (324, 325))
"""Tags of offsets and lengths: of strips, of tiles."""
_WIDTH, _BITS, _COMPRESSION, _SAMPLES = 256, 258, 259, 277
_PANASONIC: Final = b"IIU\0"
_START_OF_RW2: Final = 280
_PADDING: Final = 4096
"""Bytes; cameras fill compressed data up to a block of the card."""
_RAF_PARTS: Final = (84, 92, 100)
"""Where a RAF file has offset and length of its JPEG, of its header and of its sensor's data."""
_PATH_TO_TABLES: Final = (b"mdia", b"minf", b"stbl")
_MOST_SAMPLES: Final = 10_000

Part = tuple[int, int]
"""Start and end in the file."""


def check_raw(path: Path, file_type: FileType, tags: TiffTags | None) -> bool:
    """Raise `Rejected` for a file that lacks data; return whether its sensor's data were found."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        padding = _PADDING
        if file_type is RAF:
            parts = _raf_parts(data)
        elif file_type is CR3:
            parts = _cr3_parts(data)
        else:
            parts, padding = _tiff_parts(data, tags)
        _check_tail(data, parts, padding)
        return bool(parts)


def _check_tail(data: Buffer, parts: list[Part], most: int) -> None:
    most = min(most, sum(map(_length, parts)) // 2)
    zeros = 0
    for start, end in sorted(parts, reverse=True):
        here = count_zeros(data, start, end)
        zeros += here
        if zeros > most:
            raise damaged_file()
        if here < end - start:
            return


def _tiff_parts(data: Buffer, tags: TiffTags | None) -> tuple[list[Part], int]:
    """Return the largest data of a directory, and how many zeros these may end in."""
    if tags is not None and not tags.first():
        raise damaged_file()
    largest: tuple[list[Part], int] = [], 0
    for directory in tags.all() if tags is not None else ():
        parts = [part for part in _parts_of(data, directory) if part[0] < part[1] <= len(data)]
        if sum(map(_length, parts)) > sum(map(_length, largest[0])):
            largest = parts, _longest_tail(directory)
    return largest


def _parts_of(data: Buffer, directory: Tags) -> Iterator[Part]:
    start = integer_of(directory, _START_OF_RW2) if data[:4] == _PANASONIC else None
    if start is not None:
        yield start, len(data)
        return
    for offsets_tag, lengths_tag in _STRIPS:
        offsets, lengths = directory.get(offsets_tag), directory.get(lengths_tag)
        if isinstance(offsets, tuple) and isinstance(lengths, tuple):
            for at, length in zip(offsets, lengths, strict=False):
                if isinstance(at, int) and isinstance(length, int):
                    yield at, at + length


def _length(part: Part) -> int:
    return part[1] - part[0]


def _longest_tail(directory: Tags) -> int:
    """Return less than a row of plain data, else the padding of compressed data."""
    width, bits = integer_of(directory, _WIDTH), integer_of(directory, _BITS)
    if integer_of(directory, _COMPRESSION) != 1 or not width or not bits:
        return _PADDING
    return max(width * bits // 8 * (integer_of(directory, _SAMPLES) or 1) - 1, 0)


def _raf_parts(data: Buffer) -> list[Part]:
    parts: list[Part] = []
    for at in _RAF_PARTS:
        if at + 8 > len(data):
            raise damaged_file()
        offset, length = struct.unpack(">II", data[at : at + 8])
        if offset + length > len(data):
            raise damaged_file()
        parts.append((offset, offset + length))
    return parts[-1:] if _length(parts[-1]) else []


def _cr3_parts(data: Buffer) -> list[Part]:
    """Return the largest sample of all tracks, which is the sensor's."""
    samples: list[Part] = []
    for kind, start, end in iso_boxes(data, 0, len(data)):
        if end > len(data):
            raise damaged_file()
        if kind == b"moov":
            for track, first, last in iso_boxes(data, start, end):
                if track == b"trak":
                    samples += _samples(data, first, last)
    if any(end > len(data) for _, end in samples):
        raise damaged_file()
    return [max(samples, key=_length)] if samples else []


def _samples(data: Buffer, start: int, end: int) -> list[Part]:
    """Return where a track's samples are, each of them a chunk of its own."""
    for name in _PATH_TO_TABLES:
        same_name = [part for part in iso_boxes(data, start, end) if part[0] == name]
        if not same_name:
            return []
        _, start, end = same_name[0]
    tables = {kind: data[at : min(to, end)] for kind, at, to in iso_boxes(data, start, end)}
    sizes, wide, short = (tables.get(name, b"") for name in (b"stsz", b"co64", b"stco"))
    chunks, width = (wide, 8) if wide else (short, 4)
    if len(sizes) < 12 or len(chunks) < 8:
        raise damaged_file()
    size, count = struct.unpack(">II", sizes[4:12])
    parts = []
    for index in range(min(count, int.from_bytes(chunks[4:8]), _MOST_SAMPLES)):
        at = int.from_bytes(chunks[8 + width * index : 8 + width * (index + 1)])
        length = size or int.from_bytes(sizes[12 + 4 * index : 16 + 4 * index])
        parts.append((at, at + length))
    return parts
