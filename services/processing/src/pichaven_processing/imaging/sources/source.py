"""The interface of an open file, whichever library reads it."""

from dataclasses import dataclass
from typing import Any, Protocol

from pichaven_processing.imaging.metadata.tiff_tags import TiffTags
from pichaven_processing.imaging.rejection import Rejected, RejectionCode
from pichaven_processing.imaging.sources.code_points import CodePoints


@dataclass(frozen=True, slots=True)
class Blocks:
    """The metadata blocks of a file, not yet parsed."""

    exif: TiffTags | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    extended_xmp: bytes | None = None
    """What did not fit into the packet of a JPEG."""
    sidecar: bytes | None = None
    """The XMP file beside the picture."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """A decoded picture, no larger than requested.

    `image` is a libvips image in the file's own colours, its ICC profile attached where it has
    one; `profile` names a built-in libvips profile to read it by where it has none, and
    `code_points` are the container's description of its colours, if any. Alpha is never
    premultiplied.
    `orientation` is the EXIF orientation (1 to 8) that is still to be applied.
    """

    image: Any
    orientation: int = 1
    profile: str | None = None
    code_points: CodePoints | None = None


class Source(Protocol):
    """An open file: its header is read, its pixels are not.

    Opening and reading raise `Rejected` for a damaged file.
    """

    width: int
    """Pixels, as stored: before `orientation`."""
    height: int
    pages: int
    orientation: int
    """EXIF orientation (1 to 8) of the stored pixels; 1 where the reader turns them itself."""

    def blocks(self) -> Blocks: ...

    def thumbnail(self, edge: int) -> Pixels:
        """Decode the first page into memory, its long edge at most `edge` pixels."""
        ...


def damaged_file(message: str = "The file is damaged or incomplete.") -> Rejected:
    return Rejected(RejectionCode.DAMAGED_FILE, message)


def unsupported(message: str) -> Rejected:
    return Rejected(RejectionCode.UNSUPPORTED_MEDIA_TYPE, message)


def tiff_tags(data: bytes | None) -> TiffTags | None:
    """Return the directories of an EXIF block, None when there are none."""
    if not data:
        return None
    start = 6 if data.startswith(b"Exif\0\0") else 0
    try:
        return TiffTags(data[start:])
    except ValueError:
        return None
