"""The main colours of a picture."""

from collections import Counter
from typing import Final

from pichaven_processing.imaging.facts import PaletteColour

_MOST: Final = 6
_LEAST_SHARE: Final = 0.01
_NEAR: Final = 12_000
"""Colours closer than this (squared, weighted) are one."""
_CLUSTERS: Final = 12

Rgb = tuple[float, float, float]


def palette(rgb: bytes) -> tuple[PaletteColour, ...]:
    """Return up to six colours of 8-bit RGB pixels with their share of the area, largest first."""
    pixels = list(zip(rgb[::3], rgb[1::3], rgb[2::3], strict=True))
    buckets: Counter[tuple[int, int, int]] = Counter()
    sums: dict[tuple[int, int, int], list[int]] = {}
    for red, green, blue in pixels:
        bucket = (red >> 5, green >> 5, blue >> 5)
        buckets[bucket] += 1
        total = sums.setdefault(bucket, [0, 0, 0])
        total[0] += red
        total[1] += green
        total[2] += blue
    clusters: list[tuple[Rgb, int]] = []
    for bucket, count in buckets.most_common():
        total = sums[bucket]
        colour = (total[0] / count, total[1] / count, total[2] / count)
        distances = [_distance(mean, colour) for mean, _ in clusters]
        if distances and (min(distances) < _NEAR or len(clusters) == _CLUSTERS):
            nearest = distances.index(min(distances))
            clusters[nearest] = _merge(clusters[nearest], (colour, count))
        else:
            clusters.append((colour, count))
    clusters.sort(key=lambda cluster: -cluster[1])
    return tuple(
        PaletteColour(_hex(colour), round(count / len(pixels), 4))
        for colour, count in clusters[:_MOST]
        if count / len(pixels) >= _LEAST_SHARE
    )


def _distance(one: Rgb, other: Rgb) -> float:
    """Return the squared distance, weighted as the eye is: most for green."""
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    return 2 * red * red + 4 * green * green + 3 * blue * blue


def _merge(one: tuple[Rgb, int], other: tuple[Rgb, int]) -> tuple[Rgb, int]:
    (a, weight_a), (b, weight_b) = one, other
    weight = weight_a + weight_b
    return (
        (a[0] * weight_a + b[0] * weight_b) / weight,
        (a[1] * weight_a + b[1] * weight_b) / weight,
        (a[2] * weight_a + b[2] * weight_b) / weight,
    ), weight


def _hex(colour: Rgb) -> str:
    red, green, blue = (round(value) for value in colour)
    return f"#{red:02x}{green:02x}{blue:02x}"
