"""Describe a TIFF's samples anew, so that libvips reads layouts that it otherwise refuses.

Separate planes in tiles become a page of grey for each plane, and 8-bit L*a*b* three plain
numbers a pixel. The data stay as they are, so every compression that libtiff reads is read.
"""

import struct
from pathlib import Path
from typing import Any, Final

import pyvips

from pichaven_processing.imaging.metadata.tiff_tags import Tags, integer_of

_SAMPLES, _PLANAR, _PHOTOMETRIC, _BITS, _FORMAT = 277, 284, 262, 258, 339
_TILE_OFFSETS, _TILE_BYTES, _STRIP_OFFSETS, _STRIP_BYTES = 324, 325, 273, 279
_WIDTH, _TILE_WIDTH = 256, 322
_GREY, _RGB, _CIELAB = 1, 2, 8
_SHORTS: Final = (258, 259, 262, 266, 274, 277, 284, 317, 339)
_LONGS: Final = (256, 257, 278, 322, 323)
_JPEG_TABLES: Final = 347
_INTERPRETATIONS: Final = {(3, "uchar"): "srgb", (3, "ushort"): "rgb16", (4, "uchar"): "srgb"}

Entry = tuple[int, int, bytes]


def load_planes(path: Path, page: Tags, **options: Any) -> Any:
    """Return the image of a page of separate planes. Raises `pyvips.Error`."""
    count = integer_of(page, _SAMPLES) or 1
    data, order = _read(path)
    for plane in range(count):
        _append_page(data, order, _plane_of(page, plane, count), is_first=plane == 0)
    content = bytes(data)
    planes = [
        pyvips.Image.tiffload_buffer(content, page=plane, **options) for plane in range(count)
    ]
    image = planes[0].bandjoin(planes[1:]) if count > 1 else planes[0]
    if integer_of(page, _PHOTOMETRIC) == _CIELAB:
        return _lab(image)
    interpretation = _INTERPRETATIONS.get((min(count, 4), image.format))
    if integer_of(page, _PHOTOMETRIC) == 5 and count >= 4:
        interpretation = "cmyk"
    return image.copy(interpretation=interpretation) if interpretation else image


def load_as_bytes(path: Path, page: Tags, row_bytes: int, planes: int) -> list[Any]:
    """Return each plane as 8-bit grey of the bytes it has once it is decompressed.

    A row of a strip, or of each tile, has `row_bytes`. Raises `pyvips.Error`.
    """
    data, order = _read(path)
    for plane in range(planes):
        tags = _plane_of(page, plane, planes)
        tags |= {_SAMPLES: (1,), _PHOTOMETRIC: (_GREY,), _BITS: (8,), _FORMAT: (1,)}
        tags[_WIDTH] = (row_bytes,)
        tile_width = integer_of(page, _TILE_WIDTH)
        if tile_width:
            tags[_TILE_WIDTH] = (row_bytes,)
            tags[_WIDTH] = (-(-(integer_of(page, _WIDTH) or 0) // tile_width) * row_bytes,)
        _append_page(data, order, tags, is_first=plane == 0)
    content = bytes(data)
    return [
        pyvips.Image.tiffload_buffer(content, page=plane, fail_on="error")
        for plane in range(planes)
    ]


def load_lab(path: Path, page: Tags, **options: Any) -> Any:
    """Return the image of a page of 8-bit L*a*b*. Raises `pyvips.Error`."""
    data, order = _read(path)
    _append_page(data, order, {**page, _PHOTOMETRIC: (_RGB,)}, is_first=True)
    image = pyvips.Image.tiffload_buffer(bytes(data), **options)
    if integer_of(page, _PHOTOMETRIC) == _CIELAB:
        return _lab(image)
    return image.linear([100 / 255, 1, 1], [0, -128, -128]).copy(interpretation="lab")


def _plane_of(page: Tags, plane: int, count: int) -> Tags:
    """Return the tags of one of `count` planes as a page of grey; of the only one, all of them."""
    if count == 1:
        return dict(page)
    tags: Tags = {**page, _SAMPLES: (1,), _PLANAR: (1,), _PHOTOMETRIC: (_GREY,)}
    for tag in (_BITS, _FORMAT):
        if tag in page:
            tags[tag] = page[tag][:1]
    for tag in (_TILE_OFFSETS, _TILE_BYTES, _STRIP_OFFSETS, _STRIP_BYTES):
        value = page.get(tag)
        if value is not None:
            share = len(value) // count
            tags[tag] = value[plane * share : (plane + 1) * share]
    return tags


def _lab(image: Any) -> Any:
    """Return CIE L*a*b*, of which a* and b* are signed bytes."""
    raw = image.extract_band(1, n=2)
    signed = (raw > 127).ifthenelse(raw - 256, raw)
    lightness = image[0] * (100 / 255)
    return lightness.bandjoin(signed).cast("float").copy(interpretation="lab")


def _read(path: Path) -> tuple[bytearray, str]:
    data = bytearray(path.read_bytes())
    return data, "<" if data[:2] == b"II" else ">"


def _append_page(data: bytearray, order: str, tags: Tags, *, is_first: bool) -> None:
    """Append a directory and point the header, or the directory before it, to it."""
    entries: dict[int, Entry] = {}
    for tag in (*_SHORTS, *_LONGS, _TILE_OFFSETS, _TILE_BYTES, _STRIP_OFFSETS, _STRIP_BYTES):
        value = tags.get(tag)
        if isinstance(value, tuple):
            kind, code = (3, "H") if tag in _SHORTS else (4, "I")
            numbers = [int(number) for number in value]
            packed = struct.pack(f"{order}{len(numbers)}{code}", *numbers)
            entries[tag] = kind, len(numbers), packed
    tables = tags.get(_JPEG_TABLES)
    if isinstance(tables, bytes):
        entries[_JPEG_TABLES] = 7, len(tables), tables
    directory = bytearray(struct.pack(order + "H", len(entries)))
    for tag, (kind, count, packed) in sorted(entries.items()):
        value_or_offset = packed
        if len(packed) > 4:
            data += bytes(len(data) % 2)
            value_or_offset = struct.pack(order + "I", len(data))
            data += packed
        directory += struct.pack(order + "HHI", tag, kind, count) + value_or_offset.ljust(4, b"\0")
    data += bytes(len(data) % 2)
    start = len(data)
    data += directory + bytes(4)
    link = 4 if is_first else _last_link(data, order, start)
    struct.pack_into(order + "I", data, link, start)


def _last_link(data: bytearray, order: str, start: int) -> int:
    """Return where the last directory before `start` names the next one."""
    (at,) = struct.unpack_from(order + "I", data, 4)
    while True:
        (count,) = struct.unpack_from(order + "H", data, at)
        link: int = at + 2 + 12 * count
        (following,) = struct.unpack_from(order + "I", data, link)
        if following in {0, start}:
            return link
        at = following
