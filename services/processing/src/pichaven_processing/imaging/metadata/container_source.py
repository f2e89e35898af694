"""Complete a decoder's metadata by the blocks that it does not look for."""

import mmap
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from pichaven_processing.imaging.file_types import CR3, GIF, JPEG, PNG, RAF, WEBP, FileType
from pichaven_processing.imaging.metadata.canon_boxes import read_canon_boxes
from pichaven_processing.imaging.metadata.gif_extensions import read_gif_extensions
from pichaven_processing.imaging.metadata.jpeg_segments import read_jpeg_segments, read_raf_jpeg
from pichaven_processing.imaging.metadata.png_chunks import read_png_chunks
from pichaven_processing.imaging.metadata.tiff_tags import integer_of
from pichaven_processing.imaging.metadata.webp_chunks import read_webp_chunks
from pichaven_processing.imaging.sources.source import Blocks, Pixels, Source

_READERS: Final[dict[FileType, Callable[[mmap.mmap], Blocks]]] = {
    JPEG: read_jpeg_segments,
    PNG: read_png_chunks,
    WEBP: read_webp_chunks,
    GIF: read_gif_extensions,
    CR3: read_canon_boxes,
    RAF: read_raf_jpeg,
}
_CONTAINER_FIRST: Final = frozenset({CR3, RAF})
"""LibRaw gives their previews an EXIF block of its own, which has little of the camera's."""
_TURNED_BY_EXIF: Final = frozenset({PNG, WEBP})
_ORIENTATION: Final = 0x0112


class ContainerSource:
    """A source with further metadata blocks, its picture turned as those say."""

    def __init__(self, source: Source, blocks: Blocks, orientation: int) -> None:
        self._source = source
        self._blocks = blocks
        self.width, self.height, self.pages = source.width, source.height, source.pages
        self.orientation = orientation

    def blocks(self) -> Blocks:
        return self._blocks

    def thumbnail(self, edge: int) -> Pixels:
        pixels = self._source.thumbnail(edge)
        if self.orientation == self._source.orientation:
            return pixels
        return replace(pixels, orientation=self.orientation)


def complete_source(source: Source, path: Path, file_type: FileType) -> Source:
    """Return the source with all metadata of the file's container.

    The decoder's own blocks go first where they are the file's, and its IPTC block last: of a
    JPEG it is one segment. Broken metadata leaves the source as it is.
    """
    reader = _READERS.get(file_type)
    if reader is None:
        return source
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            container = reader(data)
        if container == Blocks():
            return source
        decoder = source.blocks()
        is_first = file_type in _CONTAINER_FIRST
        one, other = (container, decoder) if is_first else (decoder, container)
        blocks = Blocks(
            one.exif or other.exif,
            one.xmp or other.xmp,
            container.iptc or decoder.iptc,
            container.extended_xmp,
        )
        orientation = source.orientation
        if file_type in _TURNED_BY_EXIF and decoder.exif is None and container.exif is not None:
            turn = integer_of(container.exif.first(), _ORIENTATION)
            orientation = turn if turn is not None and 1 <= turn <= 8 else orientation
        if (blocks, orientation) == (decoder, source.orientation):
            return source
        return ContainerSource(source, blocks, orientation)
    except MemoryError:
        raise
    except Exception:
        # Hostile metadata must not fail the picture; the parent keeps the end of stderr.
        traceback.print_exc(file=sys.stderr)
        return source
