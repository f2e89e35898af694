"""Decode pictures and turn them into model input."""

import asyncio
import io
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from PIL import Image, ImageOps

from pichaven_ml.inference.errors import TooManyPixels, UnreadablePicture
from pichaven_ml.models.card import Pixels, Preprocessing
from pichaven_ml.models.preprocessing import prepare

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MAX_PIXELS: Final = 50_000_000
_DRAFT_EDGE: Final = 1024
"""JPEGs are decoded no smaller than this; models see a few hundred pixels."""


class PictureReader:
    """Decode in threads; at most `threads` pictures are in memory at a time."""

    def __init__(self, threads: int, max_pixels: int = MAX_PIXELS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._max_pixels = max_pixels

    async def read(self, data: bytes, preprocessing: Preprocessing) -> Pixels:
        """Raises `UnreadablePicture`, `TooManyPixels`."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._read, data, preprocessing
        )

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _read(self, data: bytes, preprocessing: Preprocessing) -> Pixels:
        return prepare(decode(data, self._max_pixels), preprocessing)


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


def _too_many(max_pixels: int) -> TooManyPixels:
    return TooManyPixels(f"At most {max_pixels // 1_000_000} megapixels are taken.")
