"""TIFF: the page to show, and who reads it.

libvips reads most layouts, 8-bit L*a*b* and tiled separate planes once they are described anew.
Pillow reads old-style JPEG; samples that are no whole bytes are unpacked by `packed_tiff`.
"""

import mmap
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from pichaven_processing.imaging.file_types import TIFF
from pichaven_processing.imaging.metadata.tiff_tags import Tags, TiffTags, integer_of
from pichaven_processing.imaging.sources.mapped_file import map_tags
from pichaven_processing.imaging.sources.packed_tiff import PACKED_BITS, PackedTiffSource
from pichaven_processing.imaging.sources.pillow_source import PillowSource
from pichaven_processing.imaging.sources.source import Source
from pichaven_processing.imaging.sources.tiff_directory import load_lab, load_planes
from pichaven_processing.imaging.sources.tiff_extents import check_extents
from pichaven_processing.imaging.sources.vips_source import VipsSource
from pichaven_processing.imaging.sources.zero_tails import check_rows

_SUBFILE, _WIDTH, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 258, 259, 262
_STRIPS, _SAMPLES, _STRIP_BYTES, _PLANAR = 273, 277, 279, 284
_TILE_WIDTH, _TILE_OFFSETS, _TILE_BYTES = 322, 324, 325
_REDUCED, _MASK = 1, 4
_MAX_PAGES: Final = 1000
_PLAIN, _OLD_JPEG = 1, 6
_LAB: Final = frozenset({8, 9})


def open_tiff(path: Path) -> Source:
    """Open the first page of full size. Raises `Rejected` for a damaged file."""
    tags = map_tags(path)
    if tags is None:
        return VipsSource(path, TIFF)
    number, page = _page_to_show(path, tags)
    check_extents([page], path.stat().st_size)
    _check_end(path, page)
    if _bits(page) in PACKED_BITS:
        return PackedTiffSource(path, page, tags)
    if integer_of(page, _COMPRESSION) == _OLD_JPEG:
        return PillowSource(path, ("TIFF",), number)
    load = _loader_of(page)
    if load is not None:
        return VipsSource(path, TIFF, load=partial(load, path, page))
    return VipsSource(path, TIFF, number)


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


def _check_end(path: Path, page: Tags) -> None:
    """Raise `Rejected` where plain data break off in the middle of a row and zeros follow."""
    bits = _bits(page)
    if (integer_of(page, _COMPRESSION) or _PLAIN) != _PLAIN or bits not in {8, 16}:
        return
    is_tiled = _TILE_OFFSETS in page
    offsets, lengths = (
        page.get(_TILE_OFFSETS if is_tiled else _STRIPS),
        page.get(_TILE_BYTES if is_tiled else _STRIP_BYTES),
    )
    if not isinstance(offsets, tuple) or not isinstance(lengths, tuple):
        return
    width = integer_of(page, _TILE_WIDTH if is_tiled else _WIDTH) or 0
    samples = 1 if integer_of(page, _PLANAR) == 2 else integer_of(page, _SAMPLES) or 1
    pixel_bytes = samples * bits // 8
    parts = [(int(at), int(at) + int(length)) for at, length in zip(offsets, lengths, strict=False)]
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        check_rows(data, parts, width * pixel_bytes, pixel_bytes)


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
