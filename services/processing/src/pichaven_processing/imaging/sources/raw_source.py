"""Camera RAW: the camera's own preview where it is large enough, else the sensor's data."""

from pathlib import Path
from typing import Any, Final

import pyvips
import rawpy

from pichaven_processing.imaging.file_types import FileType
from pichaven_processing.imaging.metadata.tiff_tags import EXIF_IFD, TiffTags
from pichaven_processing.imaging.rejection import Rejected
from pichaven_processing.imaging.sources.mapped_file import map_tags
from pichaven_processing.imaging.sources.raw_extents import check_raw
from pichaven_processing.imaging.sources.source import (
    Blocks,
    Pixels,
    damaged_file,
    tiff_tags,
    unsupported,
)
from pichaven_processing.imaging.sources.tiff_extents import check_extents
from pichaven_processing.imaging.sources.vips_source import shrink

_SUFFICIENT: Final = 1920
"""A preview with this long edge has the pixels of every variant."""
_ORIENTATIONS: Final = {0: 1, 3: 3, 5: 8, 6: 6}
"""EXIF's orientation for LibRaw's `flip`."""
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
_XMP_TAG: Final = 700
_UNSUPPORTED: Final = (
    rawpy.LibRawFileUnsupportedError,
    rawpy.LibRawNotImplementedError,
    rawpy.LibRawTooBigError,
    rawpy.NotSupportedError,
)
_TAIL_SHARE: Final = 50
_MOST_ZEROS: Final = 0.99


class RawSource:
    def __init__(self, path: Path, file_type: FileType) -> None:
        self._tags = map_tags(path)
        if self._tags is not None and self._tags.is_plain:
            check_extents(self._tags.all(), path.stat().st_size)
        self._is_checked = check_raw(path, file_type, self._tags)
        try:
            self._raw: Any = rawpy.imread(str(path))
            sizes = self._raw.sizes
        except _UNSUPPORTED as error:
            # LibRaw says the same of a container without a sensor's data.
            raise _not_read() if self._is_checked else damaged_file() from error
        except (rawpy.LibRawError, OSError) as error:
            raise damaged_file() from error
        self.width, self.height = int(sizes.width), int(sizes.height)
        self.pages = 1
        self.orientation = _ORIENTATIONS.get(int(sizes.flip), 1)
        self._preview = self._embedded_preview()

    def blocks(self) -> Blocks:
        tags = self._tags
        preview = self._preview_tags()
        xmp = tags.first().get(_XMP_TAG) if tags is not None else None
        if tags is None or EXIF_IFD not in tags.first():
            tags = preview or tags
        return Blocks(tags, xmp if isinstance(xmp, bytes) else None)

    def thumbnail(self, edge: int) -> Pixels:
        is_read = self._unpack()
        required = min(edge, _SUFFICIENT, max(self.width, self.height))
        if self._preview is not None and max(self._preview.width, self._preview.height) >= required:
            try:
                return Pixels(shrink(self._preview, edge), self._preview_orientation())
            except pyvips.Error:
                # The sensor's data may be whole all the same.
                self._preview = None
        if not is_read:
            raise _not_read()
        return self._develop(edge)

    def _unpack(self) -> bool:
        """Return whether LibRaw knows how the sensor's data are coded.

        Raises `Rejected` without the data: a preview alone is no photo.
        """
        try:
            self._raw.unpack()
            sensor = self._raw.raw_image_visible
        except _UNSUPPORTED:
            if self._is_checked:
                return False
            raise _not_read() from None
        except (rawpy.LibRawError, ValueError) as error:
            raise damaged_file() from error
        if self._is_checked or sensor is None or sensor.size == 0:
            return True
        tail = sensor[-max(1, sensor.shape[0] // _TAIL_SHARE) :]
        if (tail == 0).mean() > _MOST_ZEROS:
            raise damaged_file()
        return True

    def _develop(self, edge: int) -> Pixels:
        half = max(self.width, self.height) // 2 >= edge
        try:
            pixels = self._raw.postprocess(
                use_camera_wb=True,
                half_size=half,
                output_bps=8,
                output_color=rawpy.ColorSpace.sRGB,
                user_flip=0,
            )
        except _UNSUPPORTED as error:
            raise _not_read() from error
        except rawpy.LibRawError as error:
            raise damaged_file() from error
        height, width, bands = pixels.shape
        image = pyvips.Image.new_from_memory(pixels.tobytes(), width, height, bands, "uchar")
        image = image.copy(interpretation="b-w" if bands < 3 else "srgb")
        try:
            return Pixels(shrink(image, edge), self.orientation)
        except pyvips.Error as error:
            raise damaged_file() from error

    def _embedded_preview(self) -> Any:
        try:
            preview = self._raw.extract_thumb()
        except (rawpy.LibRawError, ValueError):
            return None
        if preview.format is not rawpy.ThumbFormat.JPEG:
            return None
        self._preview_bytes = bytes(preview.data)
        try:
            return pyvips.Image.jpegload_buffer(self._preview_bytes, fail_on="truncated")
        except pyvips.Error:
            return None

    def _preview_orientation(self) -> int:
        """Return the preview's own, else the sensor's unless the preview is upright already."""
        if "orientation" in self._preview.get_fields():
            orientation = int(self._preview.get("orientation"))
            if 1 <= orientation <= 8:
                return orientation
        is_tall = self._preview.height > self._preview.width
        upright = self.orientation in _SIDEWAYS and is_tall != (self.height > self.width)
        return 1 if upright else self.orientation

    def _preview_tags(self) -> TiffTags | None:
        if self._preview is None or "exif-data" not in self._preview.get_fields():
            return None
        return tiff_tags(bytes(self._preview.get("exif-data")))


def _not_read() -> Rejected:
    return unsupported("The camera's data are coded in a way that cannot be read here.")
