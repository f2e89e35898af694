"""Decode pictures. Imports little, since the process that reads text decodes too."""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import Image

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MAX_PIXELS: Final = 50_000_000
_DRAFT_EDGE: Final = 1024
"""Pictures are returned no smaller than this; models see a few hundred pixels."""


_STRIP_PIXELS: Final = 4_000_000
_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(data: bytes, max_pixels: int = MAX_PIXELS, draft_edge: int = _DRAFT_EDGE) -> Image.Image:
    """Return the picture upright in RGB, transparent parts on white.

    A large picture is returned smaller, its short edge no smaller than `draft_edge`. Only the
    header is read before the pixel count is checked. Beside what Pillow's decoder needs, a large
    picture takes the memory of a strip. Raises `UnreadablePicture`, `TooManyPixels`.
    """
    with _open(data, max_pixels) as image:
        image.draft(None, (draft_edge, draft_edge))
        orientation = image.getexif().get(_ORIENTATION)
        small = _to_opaque(image, max(1, min(image.size) // draft_edge))
    upright = _UPRIGHT.get(orientation or 1)
    return small if upright is None else small.transpose(upright)


def count_decoded_pixels(data: bytes, max_pixels: int = MAX_PIXELS) -> int:
    """Return by the header how many pixels `decode` has to make.

    A JPEG is made smaller while it is decoded. A progressive one counts in full, since a file may
    have any number of passes over all its pixels. Raises `UnreadablePicture`, `TooManyPixels`.
    """
    with _open(data, max_pixels) as image:
        if "progressive" not in image.info:
            image.draft(None, (_DRAFT_EDGE, _DRAFT_EDGE))
        return image.width * image.height


@contextmanager
def _open(data: bytes, max_pixels: int) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise _too_many(max_pixels)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many(max_pixels) from error
    except _DAMAGED as error:
        from pichaven_ml.inference.errors import UnreadablePicture

        raise UnreadablePicture("This is no readable JPEG, PNG or WebP picture.") from error


def _to_opaque(image: Image.Image, factor: int) -> Image.Image:
    """Return the picture in RGB on white, smaller by the factor, made strip by strip."""
    image.load()
    transparent = image.has_transparency_data
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // (width * factor)) * factor
    if rows >= height:
        return _strip_to_opaque(image, transparent).reduce(factor)
    opaque = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(top + rows, height)))
        opaque.paste(_strip_to_opaque(strip, transparent).reduce(factor), (0, top // factor))
    return opaque


def _strip_to_opaque(strip: Image.Image, transparent: bool) -> Image.Image:
    if transparent:
        white = Image.new("RGBA", strip.size, "white")
        white.alpha_composite(strip.convert("RGBA"))
        strip = white
    return strip.convert("RGB")


_DAMAGED: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    OverflowError,
    struct.error,
)
"""What Pillow raises for damaged pictures, the last for a truncated EXIF block."""


def _too_many(max_pixels: int) -> Exception:
    from pichaven_ml.inference.errors import TooManyPixels

    return TooManyPixels(f"At most {max_pixels // 1_000_000} megapixels are taken.")
