"""BMP and old-style JPEG in TIFF, through Pillow."""

import mmap
import struct
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvips
from PIL import Image

from pichaven_processing.imaging.sources.mapped_file import map_tags
from pichaven_processing.imaging.sources.source import (
    Blocks,
    Pixels,
    damaged_file,
    tiff_tags,
    unsupported,
)
from pichaven_processing.imaging.sources.vips_source import shrink, tag_bytes
from pichaven_processing.imaging.sources.zero_tails import check_rows, levels_of_bytes

_XMP_TAG: Final = 700
_IPTC_TAG: Final = 33723
_DAMAGE: Final = (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError)
_MODES: Final = {
    "1": "L",
    "P": "RGBA",
    "PA": "RGBA",
    "YCbCr": "RGB",
    "RGBX": "RGB",
    "La": "LA",
    "RGBa": "RGBA",
}
"""Pillow's modes and what they are converted to first."""
_INTERPRETATIONS: Final = {
    "L": "b-w",
    "LA": "b-w",
    "RGB": "srgb",
    "RGBA": "srgb",
    "CMYK": "cmyk",
    "I;16": "grey16",
    "I;16B": "grey16",
}


class PillowSource:
    def __init__(self, path: Path, formats: tuple[str, ...], page: int = 0) -> None:
        # The service's own limits apply, after the header is read and before its pixels are.
        Image.MAX_IMAGE_PIXELS = None
        self._path = path
        try:
            self._image = Image.open(path, formats=formats)
            self._image.seek(page)
        except _DAMAGE as error:
            raise damaged_file() from error
        self.width, self.height = self._image.size
        if formats == ("BMP",):
            self._check_end()
        self.pages = 1
        self._tags = map_tags(path) if "TIFF" in formats else None
        orientation = self._image.getexif().get(0x0112, 1) if self._tags is not None else 1
        self.orientation = orientation if orientation in range(1, 9) else 1

    def blocks(self) -> Blocks:
        if self._tags is None:
            return Blocks(tiff_tags(self._image.info.get("exif")))
        return Blocks(self._tags, tag_bytes(self._tags, _XMP_TAG), tag_bytes(self._tags, _IPTC_TAG))

    def thumbnail(self, edge: int) -> Pixels:
        try:
            self._image.load()
        except _DAMAGE as error:
            raise damaged_file() from error
        # Pillow turns a TIFF upright as it loads it.
        self.width, self.height = self._image.size
        self.orientation = 1
        profile = self._image.info.get("icc_profile")
        image = self._to_vips()
        if profile:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", bytes(profile))
        try:
            return Pixels(shrink(image, edge))
        except pyvips.Error as error:
            raise damaged_file() from error

    def _check_end(self) -> None:
        """Raise `Rejected` where plain data break off in the middle of a row and zeros follow."""
        with (
            self._path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            start, header_size = struct.unpack_from("<II", data, 10)
            if header_size < 40:
                return
            bits, compression = struct.unpack_from("<HI", data, 28)
            if compression not in {0, 3} or bits < 8:
                return
            row_bytes = (self.width * bits + 31) // 32 * 4
            end = min(start + row_bytes * self.height, len(data))
            check_rows(
                data,
                [(start, end)],
                row_bytes,
                partial(levels_of_bytes, pixel_bytes=bits // 8),
            )

    def _to_vips(self) -> Any:
        picture: Image.Image = self._image
        if picture.mode in _MODES:
            target = _MODES[picture.mode]
            if picture.mode == "P" and "transparency" not in picture.info:
                target = "RGB"
            picture = picture.convert(target)
        if picture.mode not in _INTERPRETATIONS:
            raise unsupported(f"The picture's pixel layout ({picture.mode}) is not known.")
        return pyvips.Image.new_from_array(
            np.ascontiguousarray(picture), interpretation=_INTERPRETATIONS[picture.mode]
        )
