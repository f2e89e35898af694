"""TIFF: the page to show, and who reads it.

libvips reads most layouts, 8-bit L*a*b* and tiled separate planes once they are described anew.
Pillow reads old-style JPEG and 12-bit grey; 12-bit colours are unpacked here.
"""

import re
import struct
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvips

from pichaven_processing.imaging.file_types import TIFF
from pichaven_processing.imaging.metadata.tiff_tags import Tags, TiffTags, integer_of
from pichaven_processing.imaging.rejection import Rejected
from pichaven_processing.imaging.sources.mapped_file import map_tags
from pichaven_processing.imaging.sources.pillow_source import PillowSource
from pichaven_processing.imaging.sources.source import (
    Blocks,
    Pixels,
    Source,
    damaged_file,
    unsupported,
)
from pichaven_processing.imaging.sources.tiff_directory import load_lab, load_planes
from pichaven_processing.imaging.sources.tiff_extents import check_extents
from pichaven_processing.imaging.sources.vips_source import VipsSource, shrink, tag_bytes

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIPS, _SAMPLES, _ROWS, _STRIP_BYTES, _PLANAR, _PREDICTOR = 273, 277, 278, 279, 284, 317
_TILE_OFFSETS, _XMP, _IPTC, _ORIENTATION = 324, 700, 33723, 274
_REDUCED, _MASK = 1, 4
_MAX_PAGES: Final = 1000
_PLAIN, _OLD_JPEG = 1, 6
_DEFLATE: Final = frozenset({8, 32946})
_LAB: Final = frozenset({8, 9})
_UNSUPPORTED: Final = re.compile(r"not supported|not configured|unsupported|whole number of bytes")


def open_tiff(path: Path) -> Source:
    """Open the first page of full size. Raises `Rejected` for a damaged file."""
    tags = map_tags(path)
    if tags is None:
        return VipsSource(path, TIFF)
    number, page = _page_to_show(path, tags)
    check_extents([page], path.stat().st_size)
    if _bits(page) == 12 and (integer_of(page, _SAMPLES) or 1) > 1:
        return TwelveBitSource(path, page, tags)
    if _is_read_by_pillow(page):
        return PillowSource(path, ("TIFF",), number)
    try:
        load = _loader_of(page)
        if load is not None:
            return VipsSource(path, TIFF, load=partial(load, path, page))
        return VipsSource(path, TIFF, number)
    except Rejected as rejected:
        if rejected.__cause__ is not None and _UNSUPPORTED.search(str(rejected.__cause__)):
            raise unsupported("The TIFF's pixel layout cannot be read here.") from rejected
        raise


def _page_to_show(path: Path, tags: TiffTags) -> tuple[int, Tags]:
    """Return number and directory of the first page that is no preview or mask, else of the first.

    Only of the main chain; a file whose first page is of full size is not read further.
    """
    with path.open("rb") as file:
        head = file.read(8)
    (offset,) = struct.unpack("<4xI" if head[:2] == b"II" else ">4xI", head)
    for number in range(_MAX_PAGES):
        page = tags.at(offset)
        if not page.tags:
            break
        if not (integer_of(page.tags, _SUBFILE) or 0) & (_REDUCED | _MASK):
            return number, page.tags
        offset = page.next_offset
    return 0, tags.first()


def _is_read_by_pillow(page: Tags) -> bool:
    return integer_of(page, _COMPRESSION) == _OLD_JPEG or _bits(page) == 12


def _loader_of(page: Tags) -> Callable[..., Any] | None:
    """Return the loader of a layout that libvips does not read as it is."""
    if integer_of(page, _PLANAR) == 2 and _TILE_OFFSETS in page:
        return load_planes
    is_lab = integer_of(page, _PHOTOMETRIC) in _LAB and _bits(page) == 8
    if is_lab and integer_of(page, _SAMPLES) == 3:
        return load_planes if integer_of(page, _PLANAR) == 2 else load_lab
    return None


def _bits(page: Tags) -> int:
    return integer_of(page, _BITS) or 1


class TwelveBitSource:
    """Colours of 12 bits a sample, in strips, one after another; plain or deflated."""

    def __init__(self, path: Path, page: Tags, tags: TiffTags) -> None:
        self._path = path
        self._page = page
        self._tags = tags
        self.width = integer_of(page, _WIDTH) or 0
        self.height = integer_of(page, _HEIGHT) or 0
        self.pages = 1
        orientation = integer_of(page, _ORIENTATION) or 1
        self.orientation = orientation if 1 <= orientation <= 8 else 1
        self._samples = integer_of(page, _SAMPLES) or 1
        compression = integer_of(page, _COMPRESSION) or _PLAIN
        self._is_deflated = compression in _DEFLATE
        if (
            (compression != _PLAIN and not self._is_deflated)
            or (integer_of(page, _PLANAR) or 1) != 1
            or (integer_of(page, _PREDICTOR) or 1) != 1
            or integer_of(page, _PHOTOMETRIC) != 2
            or not 3 <= self._samples <= 4
            or _TILE_OFFSETS in page
        ):
            raise unsupported("The TIFF's pixel layout cannot be read here.")

    def blocks(self) -> Blocks:
        return Blocks(self._tags, tag_bytes(self._tags, _XMP), tag_bytes(self._tags, _IPTC))

    def thumbnail(self, edge: int) -> Pixels:
        per_row = self.width * self._samples
        row_bytes = (per_row * 12 + 7) // 8
        pixels = np.empty((self.height, per_row), np.uint16)
        rows = min(integer_of(self._page, _ROWS) or self.height, self.height)
        strips = zip(self._numbers(_STRIPS), self._numbers(_STRIP_BYTES), strict=False)
        done = 0
        with self._path.open("rb") as file:
            for offset, length in strips:
                count = min(rows, self.height - done)
                if count <= 0:
                    break
                file.seek(offset)
                data = self._inflate(file.read(length), row_bytes * count)
                if len(data) < row_bytes * count:
                    raise damaged_file()
                packed = np.frombuffer(data, np.uint8, row_bytes * count).reshape(count, row_bytes)
                pixels[done : done + count] = _unpack(packed, per_row)
                done += count
        if done < self.height:
            raise damaged_file()
        image = pyvips.Image.new_from_array(
            pixels.reshape(self.height, self.width, self._samples), interpretation="rgb16"
        )
        return Pixels(shrink(image, edge), self.orientation)

    def _inflate(self, data: bytes, length: int) -> bytes:
        if not self._is_deflated:
            return data
        try:
            return zlib.decompressobj().decompress(data, length)
        except zlib.error as error:
            raise damaged_file() from error

    def _numbers(self, tag: int) -> list[int]:
        value: Any = self._page.get(tag, ())
        return [int(number) for number in value] if isinstance(value, tuple) else []


def _unpack(packed: Any, count: int) -> Any:
    """Return 16-bit samples of rows of 12-bit ones, which are packed most significant bit first."""
    padded = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 3))).astype(np.uint16)
    first, second, third = padded[:, ::3], padded[:, 1::3], padded[:, 2::3]
    pair = np.stack([first << 4 | second >> 4, (second & 15) << 8 | third], axis=2)
    samples = pair.reshape(packed.shape[0], -1)[:, :count]
    return samples << 4 | samples >> 8
