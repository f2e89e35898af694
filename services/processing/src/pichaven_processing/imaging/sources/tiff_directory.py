"""Describe a TIFF's samples anew, so that libvips reads layouts that it otherwise refuses.

Separate planes in tiles become a page of grey for each plane, and 8-bit L*a*b* three plain
numbers a pixel. The data stay as they are, so every compression that libtiff reads is read.
"""

import struct
import sys
from pathlib import Path
from typing import Any, Final

import pyvips

from pichaven_processing.imaging.metadata.tiff_tags import Tags, integer_of, variant_of

_SAMPLES, _PLANAR, _PHOTOMETRIC, _BITS, _FORMAT = 277, 284, 262, 258, 339
_TILE_OFFSETS, _TILE_BYTES, _STRIP_OFFSETS, _STRIP_BYTES = 324, 325, 273, 279
_WIDTH, _HEIGHT, _ROWS_PER_STRIP, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 278, 322, 323
_GREY, _RGB, _CIELAB, _ICCLAB = 1, 2, 8, 9
LAB: Final = frozenset({_CIELAB, _ICCLAB})
"""Photometric interpretations that are read at 8 bits."""
_EXTRA_SAMPLES, _COLOUR_MAP, _PROFILE = 338, 320, 34675
_INK_SET, _SUBSAMPLING, _POSITIONING = 332, 530, 531
_OF_COLOURS: Final = (_COLOUR_MAP, _INK_SET, _EXTRA_SAMPLES, _SUBSAMPLING, _POSITIONING)
_SHORTS: Final = (258, 259, 262, 266, 274, 277, 284, 317, 339, *_OF_COLOURS)
_LONGS: Final = (256, 257, 278, 292, 293, 322, 323)
_JPEG_TABLES: Final = 347
_INTERPRETATIONS: Final = {
    (3, "uchar"): "srgb",
    (3, "ushort"): "rgb16",
    (4, "uchar"): "srgb",
    (4, "ushort"): "rgb16",
}

Entry = tuple[int, int, bytes]


def load_described(path: Path, page: Tags, **options: Any) -> Any:
    """Return the image of a page by tags that differ from the file's. Raises `pyvips.Error`."""
    data, order = _read(path)
    _append_page(data, order, page, is_first=True)
    return pyvips.Image.tiffload_buffer(bytes(data), **options)


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
    if integer_of(page, _PHOTOMETRIC) in LAB:
        return _lab(image, page)
    interpretation = _INTERPRETATIONS.get((min(count, 4), image.format))
    if integer_of(page, _PHOTOMETRIC) == 5 and count >= 4:
        interpretation = "cmyk"
    image = image.copy(interpretation=interpretation) if interpretation else image.copy()
    profile = page.get(_PROFILE)
    if isinstance(profile, bytes):
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return image


def load_doubles(path: Path, page: Tags, **options: Any) -> Any:
    """Return the image of a page of floating point numbers of 64 bits. Raises `pyvips.Error`."""
    samples = integer_of(page, _SAMPLES) or 1
    planes = samples if integer_of(page, _PLANAR) == 2 else 1
    bands = samples // planes
    data, order = _read(path)
    for plane in range(planes):
        tags = _without_colours(_plane_of(page, plane, planes))
        # A number is described as eight samples of a byte.
        tags |= {_SAMPLES: (8 * bands,), _BITS: (8,) * 8 * bands, _FORMAT: (1,) * 8 * bands}
        tags[_PHOTOMETRIC] = (_GREY,)
        _append_page(data, order, tags, is_first=plane == 0)
    content = bytes(data)
    is_swapped = (order == "<") != (sys.byteorder == "little")
    images = []
    for plane in range(planes):
        numbers = pyvips.Image.tiffload_buffer(content, page=plane, **options)
        numbers = numbers.copy(bands=bands, format="double")
        images.append(numbers.byteswap() if is_swapped else numbers)
    return images[0].bandjoin(images[1:]) if planes > 1 else images[0]


def load_as_bytes(path: Path, page: Tags, row_bytes: int, planes: int) -> list[Any]:
    """Return each plane as 8-bit grey of the bytes it has once it is decompressed.

    A row of a strip, or of each tile, has `row_bytes`. Raises `pyvips.Error`.
    """
    data, order = _read(path)
    for plane in range(planes):
        tags = _without_colours(_plane_of(page, plane, planes))
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


def load_tiles_as_strips(path: Path, page: Tags, **options: Any) -> Any:
    """Return an image of all tiles of a page, one below the other. Raises `pyvips.Error`."""
    planes = (integer_of(page, _SAMPLES) or 1) if integer_of(page, _PLANAR) == 2 else 1
    tags = {**page, **_plane_of(page, 0, planes)}
    pairs = zip(page[_TILE_OFFSETS], page[_TILE_BYTES], strict=False)
    # A tile that was left out is empty.
    parts = [(at, length) for at, length in pairs if length]
    height = integer_of(page, _TILE_HEIGHT) or 0
    tags[_WIDTH], tags[_HEIGHT] = page[_TILE_WIDTH], (height * len(parts),)
    tags[_ROWS_PER_STRIP] = (height,)
    tags[_STRIP_OFFSETS] = tuple(at for at, _ in parts)
    tags[_STRIP_BYTES] = tuple(length for _, length in parts)
    for tag in (_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES, _PROFILE):
        tags.pop(tag, None)
    return load_described(path, tags, **options)


def load_lab(path: Path, page: Tags, **options: Any) -> Any:
    """Return the image of a page of 8-bit L*a*b*. Raises `pyvips.Error`."""
    image = load_described(path, {**_without_colours(page), _PHOTOMETRIC: (_RGB,)}, **options)
    return _lab(image, page)


def _plane_of(page: Tags, plane: int, count: int) -> Tags:
    """Return the tags of one of `count` planes as a page of grey; of the only one, all of them."""
    if count == 1:
        return dict(page)
    tags = _without_colours(page)
    tags |= {_SAMPLES: (1,), _PLANAR: (1,), _PHOTOMETRIC: (_GREY,)}
    for tag in (_BITS, _FORMAT):
        if tag in page:
            tags[tag] = page[tag][:1]
    for tag in (_TILE_OFFSETS, _TILE_BYTES, _STRIP_OFFSETS, _STRIP_BYTES):
        value = page.get(tag)
        if value is not None:
            share = len(value) // count
            tags[tag] = value[plane * share : (plane + 1) * share]
    return tags


def _without_colours(page: Tags) -> Tags:
    """Return the tags but those that say what the samples mean."""
    return {tag: value for tag, value in page.items() if tag not in {*_OF_COLOURS, _PROFILE}}


def _lab(image: Any, page: Tags) -> Any:
    """Return L*a*b*, of which a* and b* are signed bytes, or 128 more by the rules of ICC."""
    if integer_of(page, _PHOTOMETRIC) != _CIELAB:
        return image.linear([100 / 255, 1, 1], [0, -128, -128]).copy(interpretation="lab")
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
    for tag in (_JPEG_TABLES, _PROFILE):
        block = tags.get(tag)
        if isinstance(block, bytes):
            entries[tag] = 7, len(block), block
    variant = variant_of(data[:4])
    directory = bytearray(struct.pack(order + variant.entries, len(entries)))
    for tag, (kind, count, packed) in sorted(entries.items()):
        value_or_offset = packed
        if len(packed) > variant.offset_bytes:
            data += bytes(len(data) % 2)
            value_or_offset = struct.pack(order + variant.offset, len(data))
            data += packed
        directory += struct.pack(f"{order}HH{variant.offset}", tag, kind, count)
        directory += value_or_offset.ljust(variant.offset_bytes, b"\0")
    data += bytes(len(data) % 2)
    start = len(data)
    data += directory + bytes(variant.offset_bytes)
    link = variant.first_link if is_first else _last_link(data, order, start)
    struct.pack_into(order + variant.offset, data, link, start)


def _last_link(data: bytearray, order: str, start: int) -> int:
    """Return where the last directory before `start` names the next one."""
    variant = variant_of(data[:4])
    (at,) = struct.unpack_from(order + variant.offset, data, variant.first_link)
    while True:
        (count,) = struct.unpack_from(order + variant.entries, data, at)
        link: int = at + variant.entries_bytes + variant.entry_bytes * count
        (following,) = struct.unpack_from(order + variant.offset, data, link)
        if following in {0, start}:
            return link
        at = following
