"""Pictures of nothing, to learn how far apart a model puts pictures that have little in common."""

import struct
import zlib
from typing import Any, Final

import numpy as np

COUNT: Final = 16
_EDGE: Final = 96


def neutral_pictures() -> list[bytes]:
    """PNG files of soft and of hard-edged patches of colour; always the same."""
    chosen = np.random.default_rng(0)
    found = []
    for number in range(COUNT):
        cells = int(chosen.integers(2, 7))
        patches = chosen.integers(0, 256, (cells, cells, 3)).astype(np.float64)
        at = np.linspace(0, cells - 1, _EDGE)
        if number % 2:
            picture = patches[np.round(at).astype(int)][:, np.round(at).astype(int)]
        else:
            low = np.floor(at).astype(int).clip(0, cells - 2)
            part = (at - low)[:, None, None]
            rows = patches[low] * (1 - part) + patches[low + 1] * part
            part = part.reshape(1, -1, 1)
            picture = rows[:, low] * (1 - part) + rows[:, low + 1] * part
        found.append(_png(picture.astype(np.uint8)))
    return found


def _png(pixels: Any) -> bytes:
    height, width, _ = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    )
