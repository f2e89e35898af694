"""Colours as a person tells them apart: distances in OKLab, and a dozen everyday names.

An index cannot measure distances, so a colour is stored as the cell of a grid over OKLab that it
lies in. A question for a colour asks for every cell whose centre is near. Which colours are
found is therefore exact but for a rim of half a cell's diagonal around the asked distance.
"""

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from pichaven_contracts.photo import Colour

NEAR: Final = 0.1
"""Within this OKLab distance colours look alike; side by side 0.02 can just be told apart."""
CELL: Final = 0.02
"""The grid's step: half its diagonal, 0.017, is how unsharp the border of `NEAR` is."""
LEAST_SHARE: Final = 0.04
"""What covers less of a picture is not what it looks like."""
MOST_COLOURS: Final = 4
"""A question may ask for so many at once: a palette has six."""

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
NAMES: Final = tuple(_PROTOTYPES)


def named(text: str) -> str | None:
    """The name in `NAMES` that a word stands for, in British or American spelling."""
    word = text.strip().casefold()
    return word if word in _PROTOTYPES else _SYNONYMS.get(word)


def read_colour(text: str) -> str | None:
    """`#rrggbb` or a name of `NAMES`; None for what is neither (`#rgb` and a missing # are)."""
    if name := named(text):
        return name
    found = _HEX.fullmatch(text.strip().casefold())
    if found is None:
        return None
    digits = found[1]
    return "#" + (digits if len(digits) == 6 else "".join(each * 2 for each in digits))  # noqa: PLR2004


def oklab(colour: str) -> Lab:
    """Lightness 0 to 1, and the two axes of colour, about -0.4 to 0.4, of `#rrggbb`."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def distance(one: str, other: str) -> float:
    return math.dist(oklab(one), oklab(other))


def cell(colour: str) -> str:
    """The grid cell that a colour lies in."""
    return _token(*(math.floor(part / CELL) for part in oklab(colour)))


@lru_cache(maxsize=256)
def near_cells(colour: str, within: float = NEAR) -> tuple[str, ...]:
    """Every cell whose centre is within that distance; the colour's own always."""
    lab = oklab(colour)
    found = {cell(colour)}
    # The squared distances along each axis, so that most of the cube is never looked at.
    axes = [_along(part, within) for part in lab]
    most = within * within
    for one, first in axes[0]:
        for two, second in axes[1]:
            if first + second > most:
                continue
            found.update(
                _token(one, two, three)
                for three, third in axes[2]
                if first + second + third <= most
            )
    return tuple(sorted(found))


@lru_cache(maxsize=20_000)
def name_of(colour: str) -> str:
    """The everyday name of `#rrggbb`: the one with the nearest prototype."""
    lab = oklab(colour)
    return min(_prototypes(), key=lambda each: math.dist(lab, each[1]))[0]


def colour_fields(palette: Sequence[Colour]) -> dict[str, list[str]]:
    """What the index holds of a palette: names, and cells."""
    telling = [each.hex for each in palette if each.share >= LEAST_SHARE]
    return {
        "colors": list(dict.fromkeys(map(name_of, telling))),
        "color_cells": list(dict.fromkeys(map(cell, telling))),
    }


def _along(part: float, within: float) -> list[tuple[int, float]]:
    """Cells along one axis with the squared distance of their centres."""
    first, last = (math.floor((part + side) / CELL) for side in (-within, within))
    return [(at, ((at + 0.5) * CELL - part) ** 2) for at in range(first, last + 1)]


def _token(*indexes: int) -> str:
    return ".".join(map(str, indexes))


def _linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004


@lru_cache(maxsize=1)
def _prototypes() -> tuple[tuple[str, Lab], ...]:
    return tuple((name, oklab(each)) for name, known in _PROTOTYPES.items() for each in known)
