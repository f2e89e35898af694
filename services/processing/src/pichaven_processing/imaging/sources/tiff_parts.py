"""Check that each strip or tile of a TIFF page can be unpacked.

libvips shows a tile that cannot be unpacked as black or as noise, whatever it is told to fail on;
with strips it fails. So tiles are read as the strips of a page as wide as a tile. libtiff does not
compare the checksum of deflated data, which is compared here, and libvips takes whatever libjpeg
makes of a broken part.
"""

import mmap
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyvips

from pichaven_processing.imaging.metadata.tiff_tags import Tags, integer_of
from pichaven_processing.imaging.sources.jpeg_warnings import raise_late_warnings
from pichaven_processing.imaging.sources.source import damaged_file
from pichaven_processing.imaging.sources.tiff_directory import load_tiles_as_strips

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES, _PLANAR = 256, 257, 258, 259, 277, 284
_STRIPS, _STRIP_BYTES, _ROWS, _TILE_WIDTH, _TILE_HEIGHT = 273, 279, 278, 322, 323
_TILES, _TILE_BYTES = 324, 325
_JPEG_TABLES: Final = 347
_PLAIN, _JPEG = 1, 7
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_DEFLATE: Final = frozenset({8, 32946})
_AT_ONCE: Final = 1 << 20


def check_parts(path: Path, page: Tags) -> None:
    """Raise `Rejected` where a strip or a tile of the page cannot be unpacked."""
    compression = integer_of(page, _COMPRESSION) or _PLAIN
    if compression in _DEFLATE:
        _check_deflated(path, page)
    if compression == _JPEG and integer_of(page, _BITS) == 8:
        _check_jpeg(path, page)
    if _TILES not in page or compression == _PLAIN:
        return
    try:
        strips = load_tiles_as_strips(path, page, access="sequential", fail_on="error")
    except pyvips.Error:
        # The layout is one that libvips does not read so; its reader judges the file.
        return
    try:
        strips.avg()
    except pyvips.Error as error:
        raise damaged_file() from error


def _check_deflated(path: Path, page: Tags) -> None:
    most = _part_bytes(page)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for start, end in _parts(page):
            if not _can_be_inflated(data[start:end], most):
                raise damaged_file()


def _check_jpeg(path: Path, page: Tags) -> None:
    """Read each part by libjpeg, every warning an error."""
    tables = page.get(_JPEG_TABLES)
    start_of_all = tables.removesuffix(_JPEG_END) if isinstance(tables, bytes) else _JPEG_START
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for start, end in _parts(page):
            part = data[start:end].removeprefix(_JPEG_START)
            try:
                with raise_late_warnings():
                    pyvips.Image.jpegload_buffer(
                        start_of_all + part + _JPEG_END, access="sequential", fail_on="warning"
                    ).avg()
            except pyvips.Error as error:
                raise damaged_file() from error


def _can_be_inflated(part: bytes, most: int) -> bool:
    """Return whether a stream is sound as far as `most` bytes come of it."""
    inflater = zlib.decompressobj()
    rest, size = part, 0
    try:
        while rest and size <= most and not inflater.eof:
            size += len(inflater.decompress(rest, _AT_ONCE))
            rest = inflater.unconsumed_tail
    except zlib.error:
        return False
    return True


def _parts(page: Tags) -> Iterator[tuple[int, int]]:
    offsets_tag, lengths_tag = (_TILES, _TILE_BYTES) if _TILES in page else (_STRIPS, _STRIP_BYTES)
    offsets, lengths = page.get(offsets_tag), page.get(lengths_tag)
    if isinstance(offsets, tuple) and isinstance(lengths, tuple):
        for at, length in zip(offsets, lengths, strict=False):
            if length:
                yield int(at), int(at) + int(length)


def _part_bytes(page: Tags) -> int:
    """Return the size of a strip or tile once it is unpacked."""

    def number(tag: int, default: int = 1) -> int:
        return integer_of(page, tag) or default

    samples = 1 if number(_PLANAR) == 2 else number(_SAMPLES)
    if _TILES in page:
        width, height = number(_TILE_WIDTH), number(_TILE_HEIGHT)
    else:
        width, height = number(_WIDTH), min(number(_ROWS, 1 << 32), number(_HEIGHT))
    return (width * samples * number(_BITS) + 7) // 8 * height
