"""HEIC and HEIF through libheif, which turns pictures upright itself.

A phone's picture is a grid of a hundred tiles or more with large boxes of metadata beside it.
libheif's own limits refuse such files, so they are off: this service checks its limits before
decoding, and the process has a memory limit. libheif fills missing tiles with a colour, so the
file's boxes are checked first.
"""

from pathlib import Path
from typing import Any, Final

import pillow_heif
import pyvips

from pichaven_processing.imaging.sources.code_points import (
    DISPLAY_P3,
    CodePoints,
    code_points_of_icc,
)
from pichaven_processing.imaging.sources.iso_media import read_iso_media
from pichaven_processing.imaging.sources.pixel_layouts import to_image
from pichaven_processing.imaging.sources.source import (
    Blocks,
    Pixels,
    damaged_file,
    tiff_tags,
    unsupported,
)
from pichaven_processing.imaging.sources.vips_source import expand_limited_range, shrink

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
        media = read_iso_media(path)
        media.check()
        self._code_points = media.code_points
        self._is_limited_grey = (
            media.is_grey and self._code_points is not None and not self._code_points.is_full_range
        )
        try:
            self._file = pillow_heif.open_heif(path, convert_hdr_to_8bit=True)
            if self._is_hdr():
                # Eight bits of PQ show bands.
                self._file = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
            self.width, self.height = (int(side) for side in self._file.size)
        except IndexError as error:
            raise unsupported("The file has no picture that can be read here.") from error
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
        mode = self._file.mode
        image = to_image(data, mode, self.width, self.height, stride=self._file.stride)
        if self._is_limited_grey:
            image = expand_limited_range(image)
        profile = self._profile()
        if isinstance(profile, bytes):
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
        pixels = shrink(image, edge, premultiplied="a" in mode)
        name = profile if isinstance(profile, str) else None
        return Pixels(pixels, 1, name, self._code_points)

    def _is_hdr(self) -> bool:
        icc: Any = self._file.info.get("icc_profile")
        by_icc: CodePoints | None = code_points_of_icc(bytes(icc)) if icc else None
        return any(points is not None and points.is_hdr for points in (self._code_points, by_icc))

    def _profile(self) -> bytes | str | None:
        """Return the ICC profile, or the name of libvips' own for the file's colour primaries."""
        icc: Any = self._file.info.get("icc_profile")
        if icc:
            return bytes(icc)
        points = self._code_points
        return "p3" if points is not None and points.primaries == DISPLAY_P3 else None
