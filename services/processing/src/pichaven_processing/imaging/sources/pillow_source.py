"""BMP, and layouts of TIFF that libvips does not read, through Pillow."""

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

_XMP_TAG: Final = 700
_IPTC_TAG: Final = 33723
_BITS_TAG: Final = 258
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

    def _to_vips(self) -> Any:
        picture: Image.Image = self._image
        if picture.mode in _MODES:
            target = _MODES[picture.mode]
            if picture.mode == "P" and "transparency" not in picture.info:
                target = "RGB"
            picture = picture.convert(target)
        if picture.mode not in _INTERPRETATIONS:
            raise unsupported(f"The picture's pixel layout ({picture.mode}) is not known.")
        pixels = np.asarray(picture)
        if picture.mode.startswith("I;16") and self._bits() == 12:
            pixels = pixels.astype("uint16") << 4
        return pyvips.Image.new_from_array(
            np.ascontiguousarray(pixels), interpretation=_INTERPRETATIONS[picture.mode]
        )

    def _bits(self) -> int:
        value: Any = self._tags.first().get(_BITS_TAG, (0,)) if self._tags is not None else (0,)
        return int(value[0]) if isinstance(value, tuple) else 0
