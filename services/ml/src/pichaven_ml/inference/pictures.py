"""Pictures decoded and prepared with Pillow, exactly as open_clip does with torchvision."""

import asyncio
import io
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from pichaven_ml.inference.errors import TooManyPixels, UnreadablePicture
from pichaven_ml.models.card import Pixels, Preprocessing

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MAX_PIXELS: Final = 50_000_000
_MOST_OBLONG: Final = 30
_DRAFT_EDGE: Final = 1024
"""JPEGs are decoded no smaller than this; models see a few hundred pixels."""


class PillowPictures:
    """Decodes in threads; at most `threads` pictures are in memory at a time."""

    def __init__(self, threads: int, max_pixels: int = MAX_PIXELS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._max_pixels = max_pixels

    async def read(self, data: bytes, preprocessing: Preprocessing) -> Pixels:
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._read, data, preprocessing
        )

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _read(self, data: bytes, preprocessing: Preprocessing) -> Pixels:
        return prepare(decode(data, self._max_pixels), preprocessing)


def decode(data: bytes, max_pixels: int = MAX_PIXELS, draft_edge: int = _DRAFT_EDGE) -> Image.Image:
    """The picture upright in RGB, transparent parts on white; a JPEG's long edge may come smaller,
    but no smaller than `draft_edge`.

    Only the header is read before the pixel count is known to be within bounds.
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
"""What Pillow raises for broken pictures, the last for a cut-off EXIF block."""


def _too_many(max_pixels: int) -> TooManyPixels:
    return TooManyPixels(f"At most {max_pixels // 1_000_000} megapixels are taken.")


def prepare(image: Image.Image, how: Preprocessing) -> Pixels:
    """Resize, crop or pad, and normalise an RGB picture; bit for bit open_clip's transform.

    Of a strip longer than any photo only the middle is taken: resizing its short side to the
    model's size would make gigabytes of its long one.
    """
    image = _middle_of_strip(image)
    filter_ = (
        Image.Resampling.BILINEAR if how.interpolation == "bilinear" else Image.Resampling.BICUBIC
    )
    if how.resize_mode == "squash":
        image = image.resize((how.width, how.height), filter_)
    elif how.resize_mode == "longest":
        image = image.resize(_kept_ratio(image, how, longest=True), filter_)
    elif how.width == how.height:
        image = image.resize(_shortest_edge(image, how.width), filter_)
    else:
        image = image.resize(_kept_ratio(image, how, longest=False), Image.Resampling.BICUBIC)
    if image.size != (how.width, how.height):
        image = _centred(image, how)
    scaled = np.asarray(image, dtype=np.float32).transpose(2, 0, 1) / np.float32(255)
    mean = np.asarray(how.mean, dtype=np.float32)[:, None, None]
    std = np.asarray(how.std, dtype=np.float32)[:, None, None]
    return np.ascontiguousarray((scaled - mean) / std, dtype=np.float32)


def _middle_of_strip(image: Image.Image) -> Image.Image:
    longest = _MOST_OBLONG * min(image.size)
    if max(image.size) <= longest:
        return image
    width, height = min(image.width, longest), min(image.height, longest)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _shortest_edge(image: Image.Image, edge: int) -> tuple[int, int]:
    width, height = image.size
    if width <= height:
        return edge, int(edge * height / width)
    return int(edge * width / height), edge


def _kept_ratio(image: Image.Image, how: Preprocessing, *, longest: bool) -> tuple[int, int]:
    ratios = (image.height / how.height, image.width / how.width)
    ratio = max(ratios) if longest else min(ratios)
    return max(1, round(image.width / ratio)), max(1, round(image.height / ratio))


def _centred(image: Image.Image, how: Preprocessing) -> Image.Image:
    """The middle of the picture, with a border where it is smaller than the frame."""
    wide, high = max(0, how.width - image.width), max(0, how.height - image.height)
    if wide or high:
        fill = how.fill_color if how.resize_mode == "longest" else 0
        padded = Image.new("RGB", (image.width + wide, image.height + high), (fill,) * 3)
        padded.paste(image, (wide // 2, high // 2))
        image = padded
    left = round((image.width - how.width) / 2)
    top = round((image.height - how.height) / 2)
    return image.crop((left, top, left + how.width, top + how.height))
