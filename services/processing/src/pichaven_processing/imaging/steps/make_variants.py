"""Resize downwards in a chain and encode every variant.

Variants have no profile, since sRGB is the default everywhere, and no metadata, so that none
gives away where a picture was taken.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pichaven_processing.imaging.facts import VariantFile
from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.variant_plan import VariantSpec, plan_variants

_WHITE: Final = [255, 255, 255]
_FINGERPRINT_EDGE: Final = 400


def run(picture: Picture) -> None:
    image = picture.image
    for spec in plan_variants(picture.width, picture.height):
        image = _resize(image, spec)
        opaque = image.flatten(background=_WHITE).copy_memory() if image.hasalpha() else image
        for format_ in spec.formats:
            path = picture.folder / f"{spec.name}.{format_}"
            _ENCODERS[format_](opaque if format_ == "jpeg" else image, path)
            picture.variants.append(
                VariantFile(spec.name, format_, image.width, image.height, path.stat().st_size)
            )
        if spec.edge >= _FINGERPRINT_EDGE or picture.small is None:
            picture.small = opaque


def _resize(image: Any, spec: VariantSpec) -> Any:
    if (image.width, image.height) == (spec.width, spec.height):
        return image
    return image.thumbnail_image(
        spec.width, height=spec.height, size="force", no_rotate=True
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
