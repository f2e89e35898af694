"""The variants of a picture; docs/adr/0010-fixed-variant-matrix.md has the reasons."""

from dataclasses import dataclass
from typing import Final

SIZES: Final = (150, 400, 800, 1920)
"""Names of the variants: the bounding long edge in pixels."""

_ALWAYS: Final = frozenset({150, 800})
"""The grid shows 150, models read 800; they exist however small the picture is."""

FORMATS: Final[dict[int, tuple[str, ...]]] = {
    150: ("avif", "jpeg"),
    400: ("avif", "jpeg"),
    800: ("avif", "jpeg"),
    1920: ("webp", "jpeg"),
}
"""The formats of each size."""


@dataclass(frozen=True, slots=True)
class VariantSpec:
    """`width` and `height` are pixels, upright, never more than the original's."""

    edge: int
    width: int
    height: int
    formats: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.edge)


def plan_variants(width: int, height: int) -> tuple[VariantSpec, ...]:
    """Return the variants of an upright picture, the largest first.

    Every size up to the first that holds the whole picture, and always 150 and 800. None is
    enlarged: a size that the picture does not reach has the picture's own pixels.
    """
    longest = max(width, height)
    sufficient = min((size for size in SIZES if size >= longest), default=SIZES[-1])
    return tuple(
        VariantSpec(size, *_fit(width, height, size), FORMATS[size])
        for size in reversed(SIZES)
        if size <= sufficient or size in _ALWAYS
    )


def _fit(width: int, height: int, edge: int) -> tuple[int, int]:
    scale = min(1.0, edge / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
