"""The boxes of an ISO base media file."""

from collections.abc import Iterator
from typing import Final

from pichaven_processing.imaging.metadata.tiff_tags import Buffer

_MOST_BOXES: Final = 4096


def iso_boxes(data: Buffer, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, start and end of the content of boxes; the last may end after `end`."""
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, kind, start = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, start = int.from_bytes(data[at + 8 : at + 16]), at + 16
        after = end if size == 0 else at + size
        if after < start:
            return
        yield kind, start, after
        at = after
