"""Compute blurhash, perceptual hash and palette."""

from typing import Any

from pichaven_processing.imaging.fingerprints.blurhash import blurhash
from pichaven_processing.imaging.fingerprints.palette import palette
from pichaven_processing.imaging.fingerprints.phash import phash
from pichaven_processing.imaging.picture import Picture

_EDGE = 32
_PALETTE_EDGE = 64


def run(picture: Picture) -> None:
    small = picture.small
    thumb = small.thumbnail_image(_EDGE, height=_EDGE, size="force", no_rotate=True).copy_memory()
    picture.blurhash = blurhash(_pixels(thumb), _EDGE, _EDGE, small.width >= small.height)
    picture.phash = phash(_pixels(thumb.colourspace("b-w").cast("uchar")))
    colours = small.thumbnail_image(_PALETTE_EDGE, height=_PALETTE_EDGE, size="down")
    picture.palette = palette(_pixels(colours))


def _pixels(image: Any) -> bytes:
    return bytes(image.write_to_memory())
