"""A 64-bit perceptual hash: the signs of a picture's lowest frequencies."""

import math
from functools import lru_cache
from statistics import median
from typing import Final

_EDGE: Final = 32
_FREQUENCIES: Final = 8


def phash(grey: bytes) -> str:
    """Return 16 hexadecimal digits for 32 x 32 grey pixels; few differ between like pictures."""
    waves = _waves()
    rows = [grey[y * _EDGE : (y + 1) * _EDGE] for y in range(_EDGE)]
    along = [[sum(map(float.__mul__, wave, map(float, row))) for row in rows] for wave in waves]
    frequencies = [
        sum(map(float.__mul__, waves[v], along[u]))
        for v in range(_FREQUENCIES)
        for u in range(_FREQUENCIES)
    ]
    middle = median(frequencies)
    bits = 0
    for frequency in frequencies:
        bits = bits << 1 | (frequency > middle)
    return f"{bits:016x}"


@lru_cache(1)
def _waves() -> tuple[tuple[float, ...], ...]:
    return tuple(
        tuple(math.cos(math.pi * k * (2 * n + 1) / (2 * _EDGE)) for n in range(_EDGE))
        for k in range(_FREQUENCIES)
    )
