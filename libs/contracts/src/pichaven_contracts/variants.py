"""The choice of a photo's variants: the nearest to a size, and those that a client names."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeVar

from pichaven_contracts.photo import Variant

V = TypeVar("V")

_GRID_EDGE: Final = 400
_GRID_FORMATS: Final = ("webp", "jpeg", "avif")
"""The most widely supported first."""
VARIANT_NAMES: Final = ("150", "400", "800", "1920")
VARIANT_FORMATS: Final = ("avif", "webp", "jpeg")
VARIANTS_DESCRIPTION: Final = (
    "The sizes that each photo has in `variants`: names of 150, 400, 800 and 1920, separated by"
    " commas; empty for none. Each is there once, as the nearest size where the photo lacks it."
)
"""Of the query parameter `variants`, in every service that returns photos."""
FORMAT_DESCRIPTION: Final = (
    "The formats that the client prefers: names of avif, webp and jpeg, separated by commas, the"
    " best first. A size that has none of them is WebP or JPEG."
)
"""Of the query parameter `format`."""

_Kind = tuple[str, str]
"""Name and format of a variant."""


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
    all_variants = list(variants)
    kinds = [(each.name, each.format) for each in all_variants]
    position = _nearest(kinds, edge, formats, prefer)
    return None if position is None else all_variants[position]


def grid_variant(variants: Iterable[Variant]) -> Variant | None:
    """Return the variant for a grid; on a map and in a list a browser loads the same one."""
    return nearest_variant(variants, _GRID_EDGE, _GRID_FORMATS)


@dataclass(frozen=True, slots=True)
class VariantChoice:
    """The variants that a response has of each photo.

    `names` are sizes, of which each comes once; None for all sizes of the photo. `formats` are
    the client's, the preferred first. Without either every variant is there in every format.
    """

    names: tuple[str, ...] | None = None
    formats: tuple[str, ...] = ()

    def select(self, variants: Sequence[V], kind: Callable[[V], _Kind]) -> list[V]:
        """Return the chosen variants, whose name and format `kind` tells."""
        positions = _positions(self, tuple(map(kind, variants)))
        return [variants[position] for position in positions]


ALL_VARIANTS: Final = VariantChoice()
GRID_VARIANTS: Final = VariantChoice((str(_GRID_EDGE),))
"""What a grid shows: the picture that `grid_variant` returns."""


@lru_cache(maxsize=512)
def _positions(choice: VariantChoice, kinds: tuple[_Kind, ...]) -> tuple[int, ...]:
    # Cached, since photos have few different sets of variants, and a page has hundreds of photos.
    if choice == ALL_VARIANTS:
        return tuple(range(len(kinds)))
    formats = (*choice.formats, *_GRID_FORMATS)
    names = choice.names
    if names is None:
        names = tuple(name for name, _ in kinds)
    nearest = (_nearest(kinds, _edge(name), formats) for name in names)
    return tuple(dict.fromkeys(each for each in nearest if each is not None))


def _nearest(
    kinds: Sequence[_Kind],
    edge: int,
    formats: Sequence[str],
    prefer: Literal["smaller", "larger"] | None = None,
) -> int | None:
    """Return the position of the nearest kind, as `nearest_variant` defines it."""

    def distance(position: int) -> tuple[bool, int, int]:
        name, image_format = kinds[position]
        excess = _edge(name) - edge
        wrong_side = (prefer == "smaller" and excess > 0) or (prefer == "larger" and excess < 0)
        return wrong_side, abs(excess), formats.index(image_format)

    positions = (at for at, (_, image_format) in enumerate(kinds) if image_format in formats)
    return min(positions, key=distance, default=None)


def _edge(name: str) -> int:
    return int(name) if name.isdecimal() else 0
