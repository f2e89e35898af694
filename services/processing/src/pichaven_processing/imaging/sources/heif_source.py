"""HEIC and HEIF through libheif, which turns pictures upright itself.

A phone's picture is a grid of a hundred tiles or more with large boxes of metadata beside it.
libheif's own limits refuse such files, so they are off: this service checks its limits before
decoding, and the process has a memory limit.
"""

from pathlib import Path
from typing import Any, Final

import pillow_heif
import pyvips

from pichaven_processing.imaging.sources.source import Blocks, Pixels, damaged_file, tiff_tags
from pichaven_processing.imaging.sources.vips_source import shrink

_BANDS: Final = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "RGBa": 4}
_DISPLAY_P3: Final = 12
_DAMAGE: Final = (ValueError, RuntimeError, OSError, SyntaxError, EOFError)


def _configure() -> None:
    options = pillow_heif.options
    options.DECODE_THREADS = 1
    options.THUMBNAILS = False
    options.DEPTH_IMAGES = False
    options.AUX_IMAGES = False
    options.DISABLE_SECURITY_LIMITS = True


class HeifSource:
    def __init__(self, path: Path) -> None:
        _configure()
        try:
            self._file = pillow_heif.open_heif(path, convert_hdr_to_8bit=True)
            self.width, self.height = (int(side) for side in self._file.size)
        except _DAMAGE as error:
            raise damaged_file() from error
        self.pages = 1
        self.orientation = 1

    def blocks(self) -> Blocks:
        info = self._file.info
        return Blocks(tiff_tags(info.get("exif")), info.get("xmp"))

    def thumbnail(self, edge: int) -> Pixels:
        try:
            data = self._file.data
        except _DAMAGE as error:
            raise damaged_file() from error
        bands = _BANDS.get(self._file.mode)
        if bands is None:
            raise damaged_file(f"The picture's pixel layout ({self._file.mode}) is not known.")
        image = pyvips.Image.new_from_memory(
            data, self._file.stride // bands, self.height, bands, "uchar"
        )
        if image.width != self.width:
            image = image.crop(0, 0, self.width, self.height)
        image = image.copy(interpretation="b-w" if bands < 3 else "srgb")
        profile = self._profile()
        if isinstance(profile, bytes):
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
        pixels = shrink(image, edge)
        return Pixels(pixels, 1, profile if isinstance(profile, str) else None)

    def _profile(self) -> bytes | str | None:
        """Return the ICC profile, or the name of libvips' own for the file's colour primaries."""
        icc: Any = self._file.info.get("icc_profile")
        if icc:
            return bytes(icc)
        nclx = self._file.info.get("nclx_profile") or {}
        return "p3" if nclx.get("color_primaries") == _DISPLAY_P3 else None
