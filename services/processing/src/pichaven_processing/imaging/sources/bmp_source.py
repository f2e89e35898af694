"""BMP: through Pillow, and by an own reader where that knows no such header, depth or masks."""

import mmap
import struct
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyvips

from pichaven_processing.imaging.metadata.tiff_tags import Buffer
from pichaven_processing.imaging.rejection import Rejected
from pichaven_processing.imaging.sources.pillow_source import PillowSource
from pichaven_processing.imaging.sources.source import (
    Blocks,
    Pixels,
    Source,
    damaged_file,
    unsupported,
)
from pichaven_processing.imaging.sources.vips_source import shrink
from pichaven_processing.imaging.sources.zero_tails import check_rows, levels_of_bytes

_FILE_HEADER: Final = 14
_CORE, _INFO, _OS2 = 12, 40, 64
_PLAIN, _MASKS, _MASKS_WITH_ALPHA = 0, 3, 6
_CODINGS: Final = {4: "a JPEG in a BMP", 5: "a PNG in a BMP"}
_PALETTE_DEPTHS: Final = frozenset({1, 2, 4, 8})
_MASK_DEPTHS: Final = frozenset({16, 32})
_MASKS_BY_DEPTH: Final = {16: (0x7C00, 0x03E0, 0x001F, 0), 32: (0xFF0000, 0xFF00, 0xFF, 0)}
_ROWS: Final = 128
"""Rows in work at once, which bounds the memory."""


@dataclass(frozen=True, slots=True)
class _Header:
    start: int
    """Of the pixels in the file."""
    size: int
    width: int
    height: int
    is_top_down: bool
    bits: int
    compression: int
    colours: int
    masks: tuple[int, int, int, int]

    @property
    def row_bytes(self) -> int:
        return (self.width * self.bits + 31) // 32 * 4


def open_bmp(path: Path) -> Source:
    """Open a file. Raises `Rejected` for a damaged one, and for one of a kind that is not read."""
    try:
        return PillowSource(path, ("BMP",))
    except Rejected:
        return _BmpSource(path)


class _BmpSource:
    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                self._header = header = _read_header(data)
            except struct.error as error:
                raise damaged_file() from error
            self._palette = _read_palette(data, header)
            if header.start + header.row_bytes * header.height > len(data):
                raise damaged_file()
        self.width, self.height = header.width, header.height
        self.pages = self.orientation = 1

    def blocks(self) -> Blocks:
        return Blocks()

    def thumbnail(self, edge: int) -> Pixels:
        header = self._header
        bands = 4 if header.bits in _MASK_DEPTHS and header.masks[3] else 3
        out = np.empty((self.height, self.width, bands), np.uint8)
        end = header.start + header.row_bytes * header.height
        with self._path.open("rb") as file:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                if header.bits >= 8:
                    levels = partial(levels_of_bytes, pixel_bytes=header.bits // 8)
                    check_rows(data, [(header.start, end)], header.row_bytes, levels)
            file.seek(header.start)
            for top in range(0, self.height, _ROWS):
                count = min(_ROWS, self.height - top)
                rows = np.frombuffer(file.read(count * header.row_bytes), np.uint8)
                out[top : top + count] = self._pixels(rows.reshape(count, -1), bands)
        if bands == 4 and not out[..., 3].any():
            # Programs that know no alpha leave its bits at 0.
            out = np.ascontiguousarray(out[..., :3])
        image: Any = pyvips.Image.new_from_array(out, interpretation="srgb")
        if not header.is_top_down:
            image = image.flip("vertical").copy_memory()
        return Pixels(shrink(image, edge))

    def _pixels(self, rows: npt.NDArray[np.uint8], bands: int) -> npt.NDArray[np.uint8]:
        header, width = self._header, self.width
        if header.bits in _PALETTE_DEPTHS:
            per_byte = 8 // header.bits
            shifts = np.arange(per_byte, dtype=np.uint8)[::-1] * header.bits
            numbers = rows[..., None] >> shifts & ((1 << header.bits) - 1)
            pixels: npt.NDArray[np.uint8] = self._palette[numbers.reshape(len(rows), -1)[:, :width]]
            return pixels
        if header.bits == 24:
            return rows[:, : width * 3].reshape(len(rows), width, 3)[..., ::-1]
        values = rows.view("<u2" if header.bits == 16 else "<u4")[:, :width].astype(np.uint64)
        samples = [_to_8_bits(values, mask) for mask in header.masks[:bands]]
        return np.stack(samples, axis=-1)


def _to_8_bits(values: npt.NDArray[np.uint64], mask: int) -> npt.NDArray[np.uint8]:
    if mask == 0:
        return np.zeros(values.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    most = mask >> shift
    samples = (values & np.uint64(mask)) >> np.uint64(shift)
    result = (samples * np.uint64(255) + np.uint64(most // 2)) // np.uint64(most)
    # A mask with gaps may give more.
    levels: npt.NDArray[np.uint8] = np.minimum(result, 255).astype(np.uint8)
    return levels


def _read_header(data: Buffer) -> _Header:
    start, size = struct.unpack("<II", data[10:18])
    compression = colours = 0
    masks: tuple[int, ...] = ()
    if size == _CORE:
        width, height, _, bits = struct.unpack("<HHHH", data[18:26])
    else:
        width, height, _, bits = struct.unpack("<iiHH", data[18:30])
    if size >= _INFO:
        (compression,) = struct.unpack("<I", data[30:34])
        (colours,) = struct.unpack("<I", data[46:50])
    if width <= 0 or height == 0 or start < _FILE_HEADER + size:
        raise damaged_file()
    if compression in _CODINGS and size != _OS2:
        raise unsupported(f"The picture is coded as {_CODINGS[compression]}, which is not read.")
    has_masks = compression in {_MASKS, _MASKS_WITH_ALPHA} and bits in _MASK_DEPTHS
    if size == _OS2 and compression:
        raise unsupported("The picture is a BMP of OS/2 in a compression that is not read.")
    if bits in _MASK_DEPTHS:
        masks = _MASKS_BY_DEPTH[bits]
    if has_masks:
        masks = struct.unpack("<III", data[54:66])
        has_alpha = size >= 56 or compression == _MASKS_WITH_ALPHA
        masks += struct.unpack("<I", data[66:70]) if has_alpha else (0,)
    elif compression != _PLAIN or bits not in {*_PALETTE_DEPTHS, 24, *_MASK_DEPTHS}:
        # What Pillow reads of these and refuses is broken.
        raise damaged_file()
    red, green, blue, alpha = masks or (0, 0, 0, 0)
    return _Header(
        start,
        size,
        width,
        abs(height),
        height < 0,
        bits,
        compression,
        colours,
        (red, green, blue, alpha),
    )


def _read_palette(data: Buffer, header: _Header) -> npt.NDArray[np.uint8]:
    palette = np.zeros((256, 3), np.uint8)
    if header.bits in _PALETTE_DEPTHS:
        entry = 3 if header.size == _CORE else 4
        first = _FILE_HEADER + header.size
        most = min(header.colours or 256, 1 << header.bits, (header.start - first) // entry)
        content = data[first : first + entry * most]
        colours = np.frombuffer(content[: len(content) // entry * entry], np.uint8)
        colours = colours.reshape(-1, entry)[:, 2::-1]
        palette[: len(colours)] = colours
    return palette
