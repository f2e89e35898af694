"""Decode pictures. Imports little, since the process that reads text decodes too."""

import io
import struct
from typing import Final

from PIL import Image, ImageOps

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MAX_PIXELS: Final = 50_000_000
_DRAFT_EDGE: Final = 1024
"""JPEGs are decoded no smaller than this; models see a few hundred pixels."""


def decode(data: bytes, max_pixels: int = MAX_PIXELS, draft_edge: int = _DRAFT_EDGE) -> Image.Image:
    """Return the picture upright in RGB, transparent parts on white.

    A JPEG may be decoded at a smaller scale, its long edge no smaller than `draft_edge`. Only the
    header is read before the pixel count is checked. Raises `UnreadablePicture`, `TooManyPixels`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise _too_many(max_pixels)
            image.draft(None, (draft_edge, draft_edge))
            upright = ImageOps.exif_transpose(image)
            if upright.has_transparency_data:
                opaque = Image.new("RGBA", upright.size, "white")
                opaque.alpha_composite(upright.convert("RGBA"))
                upright = opaque
            return upright.convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many(max_pixels) from error
    except _DAMAGED as error:
        from pichaven_ml.inference.errors import UnreadablePicture

        raise UnreadablePicture("This is no readable JPEG, PNG or WebP picture.") from error


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
