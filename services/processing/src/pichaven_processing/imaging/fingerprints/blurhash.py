"""BlurHash, the placeholder that fits in a line of text (https://blurha.sh).

Plain Python: the transform is separable and small, so that a worker needs neither numpy nor
Pillow in memory for it.
"""

import math
from functools import lru_cache
from typing import Final

_DIGITS: Final = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
)
_LONG, _SHORT = 4, 3


def blurhash(rgb: bytes, width: int, height: int, is_wide: bool) -> str:
    """Return the hash of 8-bit sRGB pixels: 4 components along the long side, 3 along the other."""
    across, down = (_LONG, _SHORT) if is_wide else (_SHORT, _LONG)
    linear = _linear()
    cosines_x = _cosines(width, across)
    cosines_y = _cosines(height, down)
    # First along the rows, then along the columns of what is left of them.
    factors: list[list[float]] = [[0.0, 0.0, 0.0] for _ in range(across * down)]
    for y in range(height):
        row = rgb[y * width * 3 : (y + 1) * width * 3]
        channels = [[linear[value] for value in row[channel::3]] for channel in range(3)]
        for i in range(across):
            wave = cosines_x[i]
            sums = [math.fsum(map(float.__mul__, wave, channel)) for channel in channels]
            for j in range(down):
                factor = factors[j * across + i]
                weight = cosines_y[j][y]
                for channel in range(3):
                    factor[channel] += weight * sums[channel]
    scaled = [
        tuple(value * (1 if index == 0 else 2) / (width * height) for value in factor)
        for index, factor in enumerate(factors)
    ]
    return _encode(scaled, across, down)


@lru_cache(1)
def _linear() -> tuple[float, ...]:
    values = (value / 255 for value in range(256))
    return tuple(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)


@lru_cache(8)
def _cosines(length: int, components: int) -> tuple[tuple[float, ...], ...]:
    return tuple(
        tuple(math.cos(math.pi * component * at / length) for at in range(length))
        for component in range(components)
    )


def _srgb(value: float) -> int:
    clipped = min(1.0, max(0.0, value))
    if clipped <= 0.0031308:
        return int(clipped * 12.92 * 255 + 0.5)
    return int((1.055 * clipped ** (1 / 2.4) - 0.055) * 255 + 0.5)


def _encode(factors: list[tuple[float, ...]], across: int, down: int) -> str:
    mean, *waves = factors
    strongest = max(abs(value) for wave in waves for value in wave)
    quantised = min(82, max(0, math.floor(strongest * 166 - 0.5)))
    scale = (quantised + 1) / 166
    red, green, blue = (_srgb(value) for value in mean)
    parts = [
        _base83((across - 1) + (down - 1) * 9, 1),
        _base83(quantised, 1),
        _base83((red << 16) + (green << 8) + blue, 4),
    ]
    for wave in waves:
        levels = [
            min(18, max(0, math.floor(math.copysign(math.sqrt(abs(v / scale)), v) * 9 + 9.5)))
            for v in wave
        ]
        parts.append(_base83((levels[0] * 19 + levels[1]) * 19 + levels[2], 2))
    return "".join(parts)


def _base83(value: int, length: int) -> str:
    digits = [_DIGITS[value // 83**power % 83] for power in reversed(range(length))]
    return "".join(digits)
