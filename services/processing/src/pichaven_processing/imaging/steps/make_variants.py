"""Resize downwards in a chain and encode every planned variant.

Variants have no metadata and no profile: their pixels are sRGB, which is what the absence of a
profile means everywhere, and nothing of where a picture was taken can travel with them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pichaven_processing.imaging.facts import MadeVariant
from pichaven_processing.imaging.picture import Work
from pichaven_processing.imaging.variant_plan import PlannedVariant, plan_variants

_WHITE: Final = [255, 255, 255]
_FINGERPRINT_EDGE: Final = 400


def run(work: Work) -> None:
    image = work.image
    for planned in plan_variants(work.width, work.height):
        image = _resized(image, planned)
        opaque = image.flatten(background=_WHITE).copy_memory() if image.hasalpha() else image
        for format_ in planned.formats:
            path = work.folder / f"{planned.name}.{format_}"
            _ENCODERS[format_](opaque if format_ == "jpeg" else image, path)
            work.variants.append(
                MadeVariant(planned.name, format_, image.width, image.height, path.stat().st_size)
            )
        if planned.edge >= _FINGERPRINT_EDGE or work.small is None:
            work.small = opaque


def _resized(image: Any, planned: PlannedVariant) -> Any:
    if (image.width, image.height) == (planned.width, planned.height):
        return image
    return image.thumbnail_image(
        planned.width, height=planned.height, size="force", no_rotate=True
    ).copy_memory()


def _jpeg(image: Any, path: Path) -> None:
    image.jpegsave(str(path), Q=80, optimize_coding=True, interlace=True, keep="none")


def _webp(image: Any, path: Path) -> None:
    image.webpsave(str(path), Q=80, effort=2, keep="none")


def _avif(image: Any, path: Path) -> None:
    # Any effort above 0 costs a multiple of the time for a few percent of the bytes.
    image.heifsave(str(path), compression="av1", Q=55, effort=0, subsample_mode="on", keep="none")


_ENCODERS: Final[dict[str, Callable[[Any, Path], None]]] = {
    "jpeg": _jpeg,
    "webp": _webp,
    "avif": _avif,
}
