"""Check that a TIFF file has all the data that its directories point to.

Decoders fill missing data with black, and a preview may be whole in a cut file.
"""

from collections.abc import Iterable
from typing import Final

from pichaven_processing.imaging.metadata.tiff_tags import Tags
from pichaven_processing.imaging.sources.source import damaged_file

_EXTENTS: Final = ((273, 279), (324, 325))
"""Tags of offsets and lengths: of strips, of tiles."""


def check_extents(directories: Iterable[Tags], size: int) -> None:
    """Raise `Rejected` when picture data extends past the end of a file of `size` bytes."""
    for directory in directories:
        for offsets_tag, lengths_tag in _EXTENTS:
            if _end(directory, offsets_tag, lengths_tag) > size:
                raise damaged_file()


def _end(tags: Tags, offsets_tag: int, lengths_tag: int) -> int:
    offsets, lengths = tags.get(offsets_tag), tags.get(lengths_tag)
    if not isinstance(offsets, tuple) or not isinstance(lengths, tuple):
        return 0
    pairs = zip(offsets, lengths, strict=False)
    return max(
        (at + length for at, length in pairs if isinstance(at, int) and isinstance(length, int)),
        default=0,
    )
