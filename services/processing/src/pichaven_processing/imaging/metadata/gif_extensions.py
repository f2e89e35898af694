"""Read XMP from the application extension of a GIF file."""

from typing import Final

from pichaven_processing.imaging.metadata.tiff_tags import Buffer
from pichaven_processing.imaging.sources.source import Blocks

_XMP_EXTENSION: Final = b"\x21\xff\x0bXMP DataXMP"
_TRAILER: Final = b"\x01\xff\xfe\xfd\xfc"
"""The bytes after a packet, which end the extension for readers that take it for sub-blocks."""
_LARGEST: Final = 4 << 20


def read_gif_extensions(data: Buffer) -> Blocks:
    start = data.find(_XMP_EXTENSION)
    if start < 0:
        return Blocks()
    start += len(_XMP_EXTENSION)
    end = data.find(_TRAILER, start, start + _LARGEST)
    return Blocks(xmp=data[start:end] if end >= 0 else None)
