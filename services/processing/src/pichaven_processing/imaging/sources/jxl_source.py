"""JPEG XL through libjxl, which turns pictures upright itself."""

from pathlib import Path

import pyvips

from pichaven_processing.imaging.sources.jxl_header import (
    is_premultiplied,
    metadata_boxes,
    picture_size,
)
from pichaven_processing.imaging.sources.pixel_layouts import to_image
from pichaven_processing.imaging.sources.source import Blocks, Pixels, damaged_file, tiff_tags
from pichaven_processing.imaging.sources.vips_source import shrink
from pichaven_processing.imaging.sources.zero_tails import check_jxl


class JxlSource:
    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self.width, self.height = picture_size(self._data)
        check_jxl(self._data)
        self.pages = 1
        self.orientation = 1

    def blocks(self) -> Blocks:
        if self._data.startswith(b"\xff\x0a"):
            return Blocks()
        by_type = metadata_boxes(self._data)
        exif = by_type.get(b"Exif", b"")
        if not exif.startswith((b"II", b"MM")):
            # The box begins with the distance to the TIFF header; some writers leave it out.
            exif = exif[4 + int.from_bytes(exif[:4]) :]
        return Blocks(tiff_tags(exif), by_type.get(b"xml "))

    def thumbnail(self, edge: int) -> Pixels:
        from pillow_jxl import Decoder

        try:
            is_jpeg, info, data, icc, _ = Decoder(num_threads=0)(self._data)
        except (RuntimeError, ValueError, OSError) as error:
            raise damaged_file() from error
        try:
            if is_jpeg:
                # A JPEG packed without loss comes out as the JPEG's bytes.
                image = pyvips.Image.jpegload_buffer(bytes(data), fail_on="truncated")
                orientation = 1
                if "orientation" in image.get_fields():
                    orientation = int(image.get("orientation"))
                pixels = shrink(image, edge)
                self._set_size(image.width, image.height, orientation)
                return Pixels(pixels, self.orientation)
            image = to_image(data, info.mode, info.width, info.height)
            if icc:
                image.set_type(pyvips.GValue.blob_type, "icc-profile-data", bytes(icc))
            self._set_size(info.width, info.height, 1)
            premultiplied = image.hasalpha() and is_premultiplied(self._data)
            return Pixels(shrink(image, edge, premultiplied=premultiplied))
        except pyvips.Error as error:
            raise damaged_file() from error

    def _set_size(self, width: int, height: int, orientation: int) -> None:
        """Set the decoder's size; the header's is before turning."""
        self.width, self.height = width, height
        self.orientation = orientation if 1 <= orientation <= 8 else 1
