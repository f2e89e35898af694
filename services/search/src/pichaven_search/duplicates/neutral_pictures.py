"""Pictures without a motif. A photo is as far from them as from a photo of something else.

They say nothing of how far photos are from each other by their own distances: a classifier sees
about the same in all of them.
"""

import struct
import zlib
from typing import Any, Final

import numpy as np

COUNT: Final = 16
_EDGE: Final = 96


def neutral_pictures() -> list[bytes]:
    """Return PNG files of soft and of hard-edged patches of colour, the same at every call."""
    random = np.random.default_rng(0)
    pictures = []
    for number in range(COUNT):
        cells = int(random.integers(2, 7))
        patches = random.integers(0, 256, (cells, cells, 3)).astype(np.float64)
        positions = np.linspace(0, cells - 1, _EDGE)
        if number % 2:
            nearest = np.round(positions).astype(int)
            picture = patches[nearest][:, nearest]
        else:
            low = np.floor(positions).astype(int).clip(0, cells - 2)
            weights = (positions - low)[:, None, None]
            rows = patches[low] * (1 - weights) + patches[low + 1] * weights
            weights = weights.reshape(1, -1, 1)
            picture = rows[:, low] * (1 - weights) + rows[:, low + 1] * weights
        pictures.append(_to_png(picture.astype(np.uint8)))
    return pictures


def _to_png(pixels: Any) -> bytes:
    height, width, _ = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    )
