"""What the steps need of an opened file."""

from dataclasses import dataclass
from typing import Any, Protocol

from pichaven_processing.imaging.metadata.tiff_tags import TiffTags
from pichaven_processing.imaging.rejection import Rejected, RejectionCode


@dataclass(frozen=True, slots=True)
class Blocks:
    """Metadata as it lies in the file, unread."""

    exif: TiffTags | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture no larger than was asked for.

    `image` is a libvips image in the file's own colours, its ICC profile attached where it has
    one; `profile` names a built-in libvips profile to read it by where it has none.
    `orientation` is the EXIF orientation (1 to 8) that is still to be applied.
    """

    image: Any
    orientation: int = 1
    profile: str | None = None


class Source(Protocol):
    """An opened file: its header is read, its pixels are not.

    Opening and reading raise `Rejected` for a file that is damaged.
    """

    width: int
    """Pixels, as stored: before `orientation`."""
    height: int
    pages: int
    orientation: int
    """EXIF orientation (1 to 8) of the stored pixels; 1 where the reader turns them itself."""

    def blocks(self) -> Blocks: ...

    def shrunk(self, edge: int) -> Pixels:
        """The first page, its long edge at most `edge` pixels, never enlarged, in memory."""
        ...


def damaged(what: str = "The file is damaged or incomplete.") -> Rejected:
    return Rejected(RejectionCode.DAMAGED_FILE, what)


def tiff_tags(data: bytes | None) -> TiffTags | None:
    """The directories of an EXIF block, None when there are none to be read."""
    if not data:
        return None
    start = 6 if data.startswith(b"Exif\0\0") else 0
    try:
        return TiffTags(data[start:])
    except ValueError:
        return None
