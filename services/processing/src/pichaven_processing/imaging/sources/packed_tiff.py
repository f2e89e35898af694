"""TIFF whose samples are packed without regard to bytes: 10, 12 and 14 bits.

libtiff unpacks every compression, but libvips refuses samples of other widths than bytes. Here
the page is described as bytes of grey, and the samples are taken out of these.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyvips

from pichaven_processing.imaging.metadata.tiff_tags import Tags, TiffTags, integer_of
from pichaven_processing.imaging.sources.source import Blocks, Pixels, damaged_file, unsupported
from pichaven_processing.imaging.sources.tiff_directory import load_as_bytes
from pichaven_processing.imaging.sources.vips_source import shrink, tag_bytes

PACKED_BITS: Final = frozenset({10, 12, 14})
_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _ORIENTATION = 256, 257, 258, 262, 274
_SAMPLES, _PLANAR, _PREDICTOR, _TILE_WIDTH = 277, 284, 317, 322
_EXTRA_SAMPLES, _PREMULTIPLIED = 338, 1
_XMP, _IPTC = 700, 33723
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_ROWS: Final = 64
"""Rows in work at once: their bits take eight times the memory."""

Samples = npt.NDArray[np.uint16]


class PackedTiffSource:
    def __init__(self, path: Path, page: Tags, tags: TiffTags) -> None:
        self._path = path
        self._page = page
        self._tags = tags
        self.width = integer_of(page, _WIDTH) or 0
        self.height = integer_of(page, _HEIGHT) or 0
        self.pages = 1
        orientation = integer_of(page, _ORIENTATION) or 1
        self.orientation = orientation if 1 <= orientation <= 8 else 1
        self._bits = integer_of(page, _BITS) or 0
        self._samples = integer_of(page, _SAMPLES) or 1
        self._is_planar = integer_of(page, _PLANAR) == 2
        self._is_premultiplied = integer_of(page, _EXTRA_SAMPLES) == _PREMULTIPLIED
        photometric = integer_of(page, _PHOTOMETRIC)
        self._is_inverted = photometric == _WHITE_IS_ZERO
        is_grey = photometric in {_WHITE_IS_ZERO, _BLACK_IS_ZERO} and self._samples <= 2
        is_rgb = photometric == _RGB and 3 <= self._samples <= 4
        if not (is_grey or is_rgb) or (integer_of(page, _PREDICTOR) or 1) != 1:
            raise unsupported("The TIFF's pixel layout cannot be read here.")

    def blocks(self) -> Blocks:
        return Blocks(self._tags, tag_bytes(self._tags, _XMP), tag_bytes(self._tags, _IPTC))

    def thumbnail(self, edge: int) -> Pixels:
        planes = self._samples if self._is_planar else 1
        try:
            packed = load_as_bytes(self._path, self._page, self._row_bytes(), planes)
            pixels = np.concatenate([self._unpack(plane.numpy()) for plane in packed], axis=2)
        except pyvips.Error as error:
            raise damaged_file() from error
        if self._is_inverted:
            pixels[..., 0] = 65535 - pixels[..., 0]
        image = pyvips.Image.new_from_array(
            pixels, interpretation="grey16" if self._samples < 3 else "rgb16"
        )
        pixels_of_display = shrink(image, edge, premultiplied=self._is_premultiplied)
        return Pixels(pixels_of_display, self.orientation)

    @property
    def _samples_per_pixel(self) -> int:
        return 1 if self._is_planar else self._samples

    def _row_width(self) -> int:
        """Return the pixels of a row of a strip or tile."""
        return integer_of(self._page, _TILE_WIDTH) or self.width

    def _row_bytes(self) -> int:
        return (self._row_width() * self._samples_per_pixel * self._bits + 7) // 8

    def _unpack(self, packed: Any) -> Samples:
        """Return samples of 16 bits, of rows of tiles side by side or of one strip's width."""
        across = packed.shape[1] // self._row_bytes()
        count = self._row_width() * self._samples_per_pixel
        out = np.empty((self.height, across, count), np.uint16)
        for top in range(0, self.height, _ROWS):
            rows = packed[top : top + _ROWS].reshape(-1, self._row_bytes())
            out[top : top + _ROWS] = _take_bits(rows, count, self._bits).reshape(-1, across, count)
        pixels = out.reshape(self.height, -1, self._samples_per_pixel)
        return pixels[:, : self.width]


def _take_bits(rows: Any, count: int, bits: int) -> Samples:
    """Return `count` numbers a row, packed most significant bit first, widened to 16 bits."""
    unpacked = np.unpackbits(rows, axis=1)[:, : count * bits].reshape(rows.shape[0], count, bits)
    numbers = np.zeros((rows.shape[0], count), np.uint16)
    for index in range(bits):
        numbers = numbers << 1 | unpacked[..., index]
    widened: Samples = (numbers << (16 - bits) | numbers >> (2 * bits - 16)).astype(np.uint16)
    return widened
