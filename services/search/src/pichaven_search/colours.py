"""Perceptual colours: distances in OKLab, and a dozen everyday names.

An index cannot measure distances, so a colour is stored as the cell of a grid over OKLab that it
lies in, and a filter matches every cell whose centre is within a distance. Matches are therefore
exact except in a rim of half a cell's diagonal around that distance.
"""

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from pichaven_contracts.photo import Colour

MAX_DISTANCE: Final = 0.1
"""The OKLab distance within which colours look alike; side by side, 0.02 is just noticeable."""
CELL_SIZE: Final = 0.02
"""The grid's step in OKLab: half its diagonal, 0.017, is the error at `MAX_DISTANCE`."""
MIN_SHARE: Final = 0.04
"""The share of a picture that a colour must cover to be indexed."""
MAX_COLOURS: Final = 4
"""Colours in one filter; a palette has six."""

Lab = tuple[float, float, float]

_HEX: Final = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})")
_PROTOTYPES: Final[dict[str, tuple[str, ...]]] = {
    "red": ("#ff0000", "#c81e1e", "#8b0000", "#e0403a"),
    "orange": ("#ff8c00", "#ffa500", "#e2711d", "#c8641e"),
    "yellow": ("#ffff00", "#ffd700", "#f2d544", "#c9b037", "#fff59d"),
    "green": ("#00ff00", "#008000", "#2e7d32", "#7cb342", "#1b4d1f", "#a5d6a7", "#808000"),
    "teal": ("#008080", "#00ffff", "#40e0d0", "#20b2aa", "#0b6e6e"),
    "blue": ("#0000ff", "#1e62c8", "#00008b", "#87ceeb", "#4a90d9", "#3a76a8", "#1f3a5f"),
    "purple": ("#800080", "#8a2be2", "#5e35b1", "#b39ddb", "#4b0082"),
    "pink": ("#ff69b4", "#ffc0cb", "#ff00ff", "#e91e8c", "#d58a9a"),
    "brown": ("#8b4513", "#5d4037", "#a0724a", "#3e2414", "#c49a6c", "#e0bc96"),
    "black": ("#000000", "#151515"),
    "gray": ("#404040", "#808080", "#a9a9a9", "#c8c8c8"),
    "white": ("#ffffff", "#f0f0f0"),
}
_SYNONYMS: Final = {
    "grey": "gray",
    "silver": "gray",
    "violet": "purple",
    "lilac": "purple",
    "lila": "purple",
    "mauve": "purple",
    "cyan": "teal",
    "turquoise": "teal",
    "aqua": "teal",
    "navy": "blue",
    "azure": "blue",
    "magenta": "pink",
    "fuchsia": "pink",
    "rose": "pink",
    "gold": "yellow",
    "golden": "yellow",
    "lime": "green",
    "olive": "green",
    "maroon": "red",
    "crimson": "red",
    "scarlet": "red",
    "tan": "brown",
    "beige": "brown",
}
COLOUR_NAMES: Final = tuple(_PROTOTYPES)


def canonical_name(text: str) -> str | None:
    """Return the name in `COLOUR_NAMES` of a word or its synonym, None for any other word."""
    word = text.strip().casefold()
    return word if word in _PROTOTYPES else _SYNONYMS.get(word)


def parse_colour(text: str) -> str | None:
    """Return `#rrggbb` or a name of `COLOUR_NAMES`; None where the text is neither.

    `#rgb` and hexadecimal digits without `#` are accepted.
    """
    if name := canonical_name(text):
        return name
    match = _HEX.fullmatch(text.strip().casefold())
    if match is None:
        return None
    digits = match[1]
    return "#" + (digits if len(digits) == 6 else "".join(each * 2 for each in digits))  # noqa: PLR2004


def oklab(colour: str) -> Lab:
    """Convert `#rrggbb` to OKLab: lightness 0 to 1, and two colour axes, about -0.4 to 0.4.

    Source: Björn Ottosson, "A perceptual color space for image processing" (2020).
    """
    red, green, blue = (_linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def cell(colour: str) -> str:
    """Return the grid cell of `#rrggbb`."""
    return _token(*(math.floor(part / CELL_SIZE) for part in oklab(colour)))


@lru_cache(maxsize=256)
def near_cells(colour: str, within: float = MAX_DISTANCE) -> tuple[str, ...]:
    """Return every cell whose centre is within that distance, and the colour's own cell."""
    cells = {cell(colour)}
    # Squared distances per axis, so that most of the cube is skipped.
    axes = [_axis_cells(part, within) for part in oklab(colour)]
    limit = within * within
    for one, first in axes[0]:
        for two, second in axes[1]:
            if first + second > limit:
                continue
            cells.update(
                _token(one, two, three)
                for three, third in axes[2]
                if first + second + third <= limit
            )
    return tuple(sorted(cells))


@lru_cache(maxsize=20_000)
def name_of(colour: str) -> str:
    """Return the everyday name of `#rrggbb`: the one with the nearest prototype."""
    lab = oklab(colour)
    return min(_prototypes(), key=lambda each: math.dist(lab, each[1]))[0]


def colour_fields(palette: Sequence[Colour]) -> dict[str, list[str]]:
    """Return the index fields of a palette: `colors` (names) and `color_cells`."""
    hexes = [each.hex for each in palette if each.share >= MIN_SHARE]
    return {
        "colors": list(dict.fromkeys(map(name_of, hexes))),
        "color_cells": list(dict.fromkeys(map(cell, hexes))),
    }


def _axis_cells(part: float, within: float) -> list[tuple[int, float]]:
    """Return the cells along one axis with the squared distances of their centres."""
    first, last = (math.floor((part + side) / CELL_SIZE) for side in (-within, within))
    return [(at, ((at + 0.5) * CELL_SIZE - part) ** 2) for at in range(first, last + 1)]


def _token(*indexes: int) -> str:
    return ".".join(map(str, indexes))


def _linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004


@lru_cache(maxsize=1)
def _prototypes() -> tuple[tuple[str, Lab], ...]:
    return tuple((name, oklab(each)) for name, hexes in _PROTOTYPES.items() for each in hexes)
