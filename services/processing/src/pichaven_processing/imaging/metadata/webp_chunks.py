"""Read metadata from the chunks of a WebP file, also where its header does not announce them."""

from typing import Final

from pichaven_processing.imaging.metadata.tiff_tags import Buffer
from pichaven_processing.imaging.sources.source import Blocks, tiff_tags

_HEADER_BYTES: Final = 12
_MOST_CHUNKS: Final = 100_000
_LARGEST: Final = 16 << 20


def read_webp_chunks(data: Buffer) -> Blocks:
    """Return the first EXIF and the first XMP chunk."""
    contents: dict[bytes, bytes] = {}
    at = _HEADER_BYTES
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data):
            break
        # Some programs end the name of the XMP chunk with a zero byte.
        kind, length = (
            data[at : at + 4].rstrip(b"\0 "),
            int.from_bytes(data[at + 4 : at + 8], "little"),
        )
        if kind in {b"EXIF", b"XMP"} and length <= _LARGEST:
            contents.setdefault(kind, data[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    return Blocks(tiff_tags(contents.get(b"EXIF")), contents.get(b"XMP"))
