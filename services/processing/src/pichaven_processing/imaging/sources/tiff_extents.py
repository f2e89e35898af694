"""Whether a TIFF file has all the data that its directories point to.

Decoders fill what is missing with black, and a preview may be whole in a cut file.
"""

from collections.abc import Iterable
from typing import Final

from pichaven_processing.imaging.metadata.tiff_tags import Tags
from pichaven_processing.imaging.sources.source import damaged

_PLACES: Final = ((273, 279), (324, 325))
"""Tags of offsets and lengths: of strips, of tiles."""


def check_extents(directories: Iterable[Tags], size: int) -> None:
    """Raises `Rejected` where picture data is said to lie past the end of a file of `size`."""
    for directory in directories:
        for offsets_tag, lengths_tag in _PLACES:
            if _end(directory, offsets_tag, lengths_tag) > size:
                raise damaged()


def _end(tags: Tags, offsets_tag: int, lengths_tag: int) -> int:
    offsets, lengths = tags.get(offsets_tag), tags.get(lengths_tag)
    if not isinstance(offsets, tuple) or not isinstance(lengths, tuple):
        return 0
    pairs = zip(offsets, lengths, strict=False)
    return max(
        (at + length for at, length in pairs if isinstance(at, int) and isinstance(length, int)),
        default=0,
    )
