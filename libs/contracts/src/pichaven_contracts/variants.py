"""The choice of one of a photo's variants."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from pichaven_contracts.photo import Variant

_GRID_EDGE: Final = 400
_GRID_FORMATS: Final = ("webp", "jpeg", "avif")
"""The most widely supported first."""


def nearest_variant(
    variants: Iterable[Variant],
    edge: int,
    formats: Sequence[str],
    prefer: Literal["smaller", "larger"] | None = None,
) -> Variant | None:
    """Return the variant with the edge nearest to `edge` pixels; None if there is none.

    Only `formats` are considered; of two equally near, the first format wins. With `prefer`, any
    variant on that side of `edge` comes before those on the other.
    """

    def distance(variant: Variant) -> tuple[bool, int, int]:
        excess = (int(variant.name) if variant.name.isdecimal() else 0) - edge
        wrong_side = (prefer == "smaller" and excess > 0) or (prefer == "larger" and excess < 0)
        return wrong_side, abs(excess), formats.index(variant.format)

    return min((each for each in variants if each.format in formats), key=distance, default=None)


def grid_variant(variants: Iterable[Variant]) -> Variant | None:
    """Return the variant for a grid; on a map and in a list a browser loads the same one."""
    return nearest_variant(variants, _GRID_EDGE, _GRID_FORMATS)
