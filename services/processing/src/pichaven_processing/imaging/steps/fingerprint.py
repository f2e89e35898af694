"""A placeholder, a hash of the likeness, and the main colours."""

from typing import Any

from pichaven_processing.imaging.fingerprints.blurhash import blurhash
from pichaven_processing.imaging.fingerprints.palette import palette
from pichaven_processing.imaging.fingerprints.phash import phash
from pichaven_processing.imaging.picture import Work

_EDGE = 32
_PALETTE_EDGE = 64


def run(work: Work) -> None:
    small = work.small
    thumb = small.thumbnail_image(_EDGE, height=_EDGE, size="force", no_rotate=True).copy_memory()
    work.blurhash = blurhash(_pixels(thumb), _EDGE, _EDGE, small.width >= small.height)
    work.phash = phash(_pixels(thumb.colourspace("b-w").cast("uchar")))
    colours = small.thumbnail_image(_PALETTE_EDGE, height=_PALETTE_EDGE, size="down")
    work.palette = palette(_pixels(colours))


def _pixels(image: Any) -> bytes:
    return bytes(image.write_to_memory())
