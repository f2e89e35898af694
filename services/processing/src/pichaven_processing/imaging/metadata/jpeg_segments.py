"""Read metadata from the segments of a JPEG file, also of the one in a RAF file."""

from typing import Final

from pichaven_processing.imaging.metadata.extended_xmp import HEADER as EXTENDED_XMP
from pichaven_processing.imaging.metadata.extended_xmp import ExtendedXmp
from pichaven_processing.imaging.metadata.tiff_tags import Buffer
from pichaven_processing.imaging.sources.source import Blocks, tiff_tags

_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_APP1, _APP13, _START_OF_SCAN = 0xE1, 0xED, 0xDA
_MOST_SEGMENTS: Final = 10_000
_MOST_RESOURCES: Final = 64
_RAF_JPEG: Final = 84
"""Where a RAF file has the offset of its JPEG."""


def read_jpeg_segments(data: Buffer, at: int = 0) -> Blocks:
    """Return the first EXIF and XMP blocks, and all Photoshop resources as one IPTC block."""
    exif = xmp = None
    extension = ExtendedXmp()
    resources: list[bytes] = []
    at += 2
    for _ in range(_MOST_SEGMENTS):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] == _START_OF_SCAN:
            break
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker == 0xFF:
            # A marker may have any number of these in front.
            at += 1
            continue
        content = data[at + 4 : at + 2 + length] if marker in {_APP1, _APP13} else b""
        if marker == _APP1 and content.startswith(_EXIF):
            exif = exif or tiff_tags(content)
        elif marker == _APP1 and content.startswith(_XMP):
            xmp = xmp or content[len(_XMP) :]
        elif marker == _APP1 and content.startswith(EXTENDED_XMP):
            extension.add(content[len(EXTENDED_XMP) :])
        elif content.startswith(_PHOTOSHOP) and len(resources) < _MOST_RESOURCES:
            # A resource may go on in the next segment.
            resources.append(content[len(_PHOTOSHOP) :])
        at += 2 + max(2, length)
    return Blocks(exif, xmp, b"".join(resources) or None, extension.packet(xmp))


def read_raf_jpeg(data: Buffer) -> Blocks:
    """Return the blocks of a RAF file's JPEG, which has all that the camera wrote."""
    at = int.from_bytes(data[_RAF_JPEG : _RAF_JPEG + 4])
    return read_jpeg_segments(data, at) if data[at : at + 2] == b"\xff\xd8" else Blocks()
