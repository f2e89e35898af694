"""Image files of every accepted format, each different by its seed, and files that are refused."""

import importlib
import io
import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from PIL import Image


def random_image(seed: int, width: int = 640, height: int = 480) -> Image.Image:
    """Return a smooth random landscape of colours; no two seeds look alike."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the file that Pillow writes of an image."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(seed: int, width: int = 640, height: int = 480, **options: Any) -> bytes:
    return encode(random_image(seed, width, height), "JPEG", quality=88, **options)


def _heic(seed: int) -> bytes:
    import pillow_heif

    buffer = io.BytesIO()
    pillow_heif.from_pillow(random_image(seed)).save(buffer, quality=70)
    return buffer.getvalue()


def _jxl(seed: int) -> bytes:
    importlib.import_module("pillow_jxl")  # registers the format with Pillow
    return encode(random_image(seed), "JXL", quality=80)


def _animation(kind: str) -> Callable[[int], bytes]:
    def encode_frames(seed: int) -> bytes:
        frames = [random_image(seed + n, 320, 240) for n in range(3)]
        return encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=80)

    return encode_frames


FORMATS: Final[dict[str, tuple[str, Callable[[int], bytes]]]] = {
    "photo.jpg": ("image/jpeg", jpeg),
    "photo.png": ("image/png", lambda seed: encode(random_image(seed), "PNG")),
    "photo.webp": ("image/webp", lambda seed: encode(random_image(seed), "WEBP", quality=80)),
    "photo.gif": ("image/gif", _animation("GIF")),
    "moving.webp": ("image/webp", _animation("WEBP")),
    "photo.tiff": ("image/tiff", lambda seed: encode(random_image(seed), "TIFF")),
    "photo.avif": ("image/avif", lambda seed: encode(random_image(seed), "AVIF", quality=60)),
    "photo.heic": ("image/heic", _heic),
    "photo.jxl": ("image/jxl", _jxl),
}
"""File name to content type and a function that encodes the image of a seed."""


def truncated_jpeg(seed: int) -> bytes:
    """Return the first half of a JPEG."""
    whole = jpeg(seed)
    return whole[: len(whole) // 2]


def decompression_bomb() -> bytes:
    """Return a PNG of a few hundred bytes that claims 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = kind + body
        return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 60_001 * 4)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
