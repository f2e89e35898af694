"""Read metadata from the boxes of a CR3 file.

Each EXIF directory is a TIFF structure of its own there (`CMT1` main, `CMT2` photo, `CMT4` GPS).
"""

from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from pichaven_processing.imaging.metadata.iso_boxes import iso_boxes
from pichaven_processing.imaging.metadata.tiff_tags import (
    EXIF_IFD,
    GPS_IFD,
    Buffer,
    Tags,
    TiffTags,
)
from pichaven_processing.imaging.sources.source import Blocks, tiff_tags

_LARGEST: Final = 16 << 20
_CANON: Final = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_POINTERS: Final = {EXIF_IFD: b"CMT2", GPS_IFD: b"CMT4"}


class CanonTags(TiffTags):
    """The main directory, whose children are structures beside it."""

    def __init__(self, main: bytes, children: dict[int, TiffTags]) -> None:
        super().__init__(main)
        self._children = children

    def child(self, tags: Tags, pointer: int) -> Tags:
        child = self._children.get(pointer)
        return child.first() if child is not None else super().child(tags, pointer)


def read_canon_boxes(data: Buffer) -> Blocks:
    """Return the directories as one, and the XMP packet."""
    contents: dict[bytes, bytes] = {}
    xmp: bytes | None = None
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"uuid" and data[start : start + 16] == _XMP:
            xmp = data[start + 16 : min(end, start + _LARGEST)]
        elif kind == b"moov":
            for child, first, last in _boxes(data, start, end):
                if child == b"uuid" and data[first : first + 16] == _CANON:
                    for name, at, after in _boxes(data, first + 16, last):
                        if name.startswith(b"CMT") and after - at <= _LARGEST:
                            contents.setdefault(name, data[at:after])
    children = {
        pointer: tags
        for pointer, name in _POINTERS.items()
        if (tags := tiff_tags(contents.get(name))) is not None
    }
    try:
        return Blocks(CanonTags(contents.get(b"CMT1", b""), children), xmp)
    except ValueError:
        return Blocks(xmp=xmp)


def _boxes(data: Buffer, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Return type, start and end of the content of the boxes that end in a range."""
    return takewhile(lambda box: box[2] <= end, iso_boxes(data, at, end))
