"""JPEG, PNG, GIF, WebP, TIFF and AVIF through libvips."""

from pathlib import Path
from typing import Any, Final

import pyvips

from pichaven_processing.imaging.file_types import AVIF, JPEG, TIFF, WEBP, FileType
from pichaven_processing.imaging.metadata.tiff_tags import TiffTags
from pichaven_processing.imaging.sources.mapped_file import map_tags
from pichaven_processing.imaging.sources.source import Blocks, Pixels, damaged_file, tiff_tags
from pichaven_processing.imaging.sources.tiff_extents import check_extents

_XMP_TAG: Final = 700
_IPTC_TAG: Final = 33723


class VipsSource:
    def __init__(self, path: Path, file_type: FileType) -> None:
        self._path = path
        self._type = file_type
        self._loader = getattr(pyvips.Image, file_type.loader)
        # `thumbnail` reads by its own settings and takes truncated files; the loader does not.
        self._options: dict[str, Any] = {"access": "sequential", "fail_on": "truncated"}
        try:
            self._header = self._loader(str(path), **self._options)
        except pyvips.Error as error:
            raise damaged_file() from error
        if file_type is TIFF:
            tags = map_tags(path)
            if tags is not None:
                check_extents([tags.first()], path.stat().st_size)
        fields = set(self._header.get_fields())
        self.width = int(self._header.width)
        self.height = int(self._header.get("page-height")) if "page-height" in fields else 0
        self.height = self.height or int(self._header.height)
        self.pages = int(self._header.get("n-pages")) if "n-pages" in fields else 1
        orientation = int(self._header.get("orientation")) if "orientation" in fields else 1
        # libheif has turned an AVIF already.
        upright = file_type is AVIF or not 1 <= orientation <= 8
        self.orientation = 1 if upright else orientation

    def blocks(self) -> Blocks:
        exif = tiff_tags(self._field("exif-data"))
        if self._type is TIFF:
            exif = map_tags(self._path) or exif
        return Blocks(
            exif,
            self._field("xmp-data") or _tag(exif, _XMP_TAG),
            self._field("iptc-data") or _tag(exif, _IPTC_TAG),
        )

    def thumbnail(self, edge: int) -> Pixels:
        longest = max(self.width, self.height)
        options = dict(self._options)
        if self._type is JPEG:
            options["shrink"] = next(n for n in (8, 4, 2, 1) if n == 1 or longest >= 2 * n * edge)
        elif self._type is WEBP and longest > 2 * edge:
            options["scale"] = 2 * edge / longest
        try:
            image = self._loader(str(self._path), **options)
            return Pixels(shrink(image, edge), self.orientation)
        except pyvips.Error as error:
            raise damaged_file() from error

    def _field(self, name: str) -> bytes | None:
        if name not in self._header.get_fields():
            return None
        return bytes(self._header.get(name))


def shrink(image: Any, edge: int) -> Any:
    """Return the image within a square of `edge` pixels, in memory."""
    if image.interpretation == "cmyk":
        # libvips would convert it by a formula; a profile knows the inks.
        has_profile = "icc-profile-data" in image.get_fields()
        image = image.icc_transform("srgb", embedded=has_profile, input_profile="cmyk")
        image = image.copy()
        image.remove("icc-profile-data")
    if max(image.width, image.height) > edge:
        image = image.thumbnail_image(edge, height=edge, size="down", no_rotate=True)
    return image.copy_memory()


def _tag(tags: TiffTags | None, tag: int) -> bytes | None:
    value = tags.first().get(tag) if tags is not None else None
    return value if isinstance(value, bytes) else None
