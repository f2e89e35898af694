"""JPEG, PNG, GIF, WebP, TIFF and AVIF through libvips."""

import mmap
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyvips

from pichaven_processing.imaging.file_types import AVIF, GIF, JPEG, PNG, TIFF, WEBP, FileType
from pichaven_processing.imaging.metadata.tiff_tags import TiffTags
from pichaven_processing.imaging.rejection import Rejected
from pichaven_processing.imaging.sources.code_points import DISPLAY_P3, CodePoints
from pichaven_processing.imaging.sources.iso_media import read_iso_media
from pichaven_processing.imaging.sources.jpeg_scans import check_coding, end_jpeg, mend
from pichaven_processing.imaging.sources.jpeg_warnings import raise_late_warnings
from pichaven_processing.imaging.sources.mapped_file import map_tags
from pichaven_processing.imaging.sources.png_colours import png_code_points
from pichaven_processing.imaging.sources.source import (
    Blocks,
    Pixels,
    damaged_file,
    tiff_tags,
    unsupported,
)
from pichaven_processing.imaging.sources.zero_tails import check_gif, check_webp

_XMP_TAG: Final = 700
_IPTC_TAG: Final = 33723
_UNSUPPORTED: Final = re.compile(
    r"tiff2vips:.*(not supported|not configured|unsupported|whole number of bytes"
    r"|samples out of range)"
    r"|VipsJpeg: Unsupported (JPEG process|marker type|color conversion request)"
)
_SHORTEST_TO_SHRINK: Final = 64
_MAX_ODDITIES: Final = 4
"""Of a JPEG, each of which costs another reading."""
"""Pixels."""


class VipsSource:
    def __init__(
        self,
        path: Path,
        file_type: FileType,
        page: int = 0,
        load: Callable[..., Any] | None = None,
        *,
        scale: Callable[[Callable[[], Any]], Any] | None = None,
        premultiplied: bool = False,
        check: Callable[[], None] | None = None,
    ) -> None:
        """`load` replaces libvips' own loader of the type. `check` raises `Rejected` for data that
        the loader would show although they are damaged; it runs before pixels are read.

        `scale` returns the image that the function it is given opens, its samples scaled. What
        is opened has alpha that is `premultiplied`.
        """
        self._path = path
        self._own_loader = load
        self._type = file_type
        # `thumbnail` reads by its own settings and takes damaged files; the loader does not.
        self._options: dict[str, Any] = {"access": "sequential", "fail_on": "error"}
        self._code_points: CodePoints | None = None
        self._scale = scale
        self._check = check
        self._is_premultiplied, self._is_limited = premultiplied, False
        self._content: bytes | None = None
        self._oddities_left = 0
        if file_type is JPEG:
            check_coding(path)
            self._content = end_jpeg(path)
            self._oddities_left = 0 if self._content is not None else _MAX_ODDITIES
            self._options["fail_on"] = "warning"
        if file_type is TIFF and load is None:
            self._options["page"] = page
        if file_type is AVIF:
            self._read_boxes()
        if file_type is PNG:
            self._code_points = points = png_code_points(path)
            self._is_limited = points is not None and not points.is_full_range
        self._header = self._read(lambda: self._load(**self._options))
        fields = set(self._header.get_fields())
        self.width = int(self._header.width)
        self.height = int(self._header.get("page-height")) if "page-height" in fields else 0
        self.height = self.height or int(self._header.height)
        self.pages = int(self._header.get("n-pages")) if "n-pages" in fields else 1
        orientation = int(self._header.get("orientation")) if "orientation" in fields else 1
        if file_type in {GIF, WEBP}:
            self._check_end()
        # libheif has turned an AVIF already.
        upright = file_type is AVIF or not 1 <= orientation <= 8
        self.orientation = 1 if upright else orientation

    def blocks(self) -> Blocks:
        exif = tiff_tags(self._field("exif-data"))
        if self._type is TIFF:
            exif = map_tags(self._path) or exif
        return Blocks(
            exif,
            self._field("xmp-data") or tag_bytes(exif, _XMP_TAG),
            self._field("iptc-data") or tag_bytes(exif, _IPTC_TAG),
        )

    def thumbnail(self, edge: int) -> Pixels:
        longest, shortest = max(self.width, self.height), min(self.width, self.height)
        if self._type is GIF:
            # Few pictures need Pillow.
            from pichaven_processing.imaging.sources.gif_frame import check_first_frame

            check_first_frame(self._path)
        if self._check is not None:
            self._check()
        options: dict[str, Any] = {}
        # A loader that shrinks a side to less than a pixel refuses the file.
        if self._type is JPEG and shortest >= _SHORTEST_TO_SHRINK:
            options["shrink"] = next(n for n in (8, 4, 2, 1) if n == 1 or longest >= 2 * n * edge)
        elif self._type is WEBP and longest > 2 * edge and shortest >= _SHORTEST_TO_SHRINK:
            options["scale"] = 2 * edge / longest
        pixels = self._read(lambda: self._shrink(edge, **self._options, **options))
        points = self._code_points
        is_p3 = points is not None and points.primaries == DISPLAY_P3
        return Pixels(pixels, self.orientation, "p3" if is_p3 else None, points)

    def _read(self, read: Callable[[], Any]) -> Any:
        """Return what `read` does, again without each oddity of a JPEG that is not broken."""
        while True:
            try:
                if self._type is not JPEG:
                    return read()
                with raise_late_warnings():
                    return read()
            except pyvips.Error as error:
                if not self._mend(str(error)):
                    raise _to_rejected(error) from error

    def _mend(self, warning: str) -> bool:
        """Return whether reading again may succeed."""
        if self._oddities_left == 0:
            return False
        self._oddities_left -= 1
        content = self._content if self._content is not None else self._path.read_bytes()
        self._content = mend(content, warning)
        return self._content is not None

    def _shrink(self, edge: int, **options: Any) -> Any:
        load = partial(self._load, **options)
        image = load() if self._scale is None else self._scale(load)
        if self._is_limited:
            image = expand_limited_range(image)
        return shrink(image, edge, premultiplied=self._is_premultiplied)

    def _load(self, **options: Any) -> Any:
        if self._own_loader is not None:
            return self._own_loader(**options)
        loader = self._type.loader
        if self._content is not None:
            return getattr(pyvips.Image, f"{loader}_buffer")(self._content, **options)
        return getattr(pyvips.Image, loader)(str(self._path), **options)

    def _check_end(self) -> None:
        with (
            self._path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            if self._type is GIF:
                check_gif(data)
            else:
                check_webp(data, self.width * self.height)

    def _read_boxes(self) -> None:
        media = read_iso_media(self._path)
        media.check()
        self._code_points = points = media.code_points
        self._is_premultiplied = media.is_premultiplied
        # libheif expands the range of colours alone.
        self._is_limited = media.is_grey and points is not None and not points.is_full_range

    def _field(self, name: str) -> bytes | None:
        if name not in self._header.get_fields():
            return None
        return bytes(self._header.get(name))


def _to_rejected(error: pyvips.Error) -> Rejected:
    if _UNSUPPORTED.search(str(error)):
        return unsupported("The picture is coded in a way that cannot be read here.")
    return damaged_file()


def expand_limited_range(image: Any) -> Any:
    """Return the image with black at 0 and white at the most, from 16 to 235 of 255."""
    scale = 257 if image.format == "ushort" else 1
    expanded = image.linear(255 / 219, -16 * scale * 255 / 219)
    if image.hasalpha():
        last = image.bands - 1
        expanded = expanded.extract_band(0, n=last).bandjoin(image[last])
    return expanded.cast(image.format).copy(interpretation=image.interpretation)


def shrink(image: Any, edge: int, *, premultiplied: bool = False) -> Any:
    """Return the image within a square of `edge` pixels, in memory, its alpha not premultiplied."""
    if premultiplied and image.hasalpha():
        format_, interpretation = image.format, image.interpretation
        image = image.unpremultiply().cast(format_).copy(interpretation=interpretation)
    if image.interpretation == "cmyk":
        # libvips would convert it by a formula; a profile knows the inks.
        has_profile = "icc-profile-data" in image.get_fields()
        image = image.icc_transform("srgb", embedded=has_profile, input_profile="cmyk")
        image = image.copy()
        image.remove("icc-profile-data")
    if max(image.width, image.height) > edge:
        image = image.thumbnail_image(edge, height=edge, size="down", no_rotate=True)
    return image.copy_memory()


def tag_bytes(tags: TiffTags | None, tag: int) -> bytes | None:
    """Return a tag's bytes of the first directory, None where it has no such."""
    value = tags.first().get(tag) if tags is not None else None
    return value if isinstance(value, bytes) else None
