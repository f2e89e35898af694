"""Pictures for end-to-end tests, each different by its seed, in every format."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from PIL import Image


def picture(seed: int, width: int = 1200, height: int = 900) -> Image.Image:
    """A smooth random landscape of colours; no two seeds look alike."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def jpeg(seed: int, **options: Any) -> bytes:
    return _saved(picture(seed), "JPEG", quality=88, **options)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _heic(seed: int) -> bytes:
    import pillow_heif

    buffer = io.BytesIO()
    pillow_heif.from_pillow(picture(seed)).save(buffer, quality=70)
    return buffer.getvalue()


def _jxl(seed: int) -> bytes:
    import pillow_jxl

    assert pillow_jxl
    return _saved(picture(seed), "JXL", quality=80)


def _animation(kind: str) -> Callable[[int], bytes]:
    def make(seed: int) -> bytes:
        frames = [picture(seed + n, 320, 240) for n in range(3)]
        return _saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=80)

    return make


FORMATS: Final[dict[str, tuple[str, Callable[[int], bytes]]]] = {
    "photo.jpg": ("image/jpeg", jpeg),
    "photo.png": ("image/png", lambda seed: _saved(picture(seed), "PNG")),
    "photo.webp": ("image/webp", lambda seed: _saved(picture(seed), "WEBP", quality=80)),
    "photo.gif": ("image/gif", _animation("GIF")),
    "moving.webp": ("image/webp", _animation("WEBP")),
    "photo.tiff": ("image/tiff", lambda seed: _saved(picture(seed), "TIFF")),
    "photo.avif": ("image/avif", lambda seed: _saved(picture(seed), "AVIF", quality=60)),
    "photo.heic": ("image/heic", _heic),
    "photo.jxl": ("image/jxl", _jxl),
}
"""File name to its true content type and its maker."""


def truncated_jpeg(seed: int) -> bytes:
    whole = jpeg(seed)
    return whole[: len(whole) // 2]


def bomb() -> bytes:
    """A PNG of a few hundred bytes that claims 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = kind + body
        return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 60_001 * 4)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
