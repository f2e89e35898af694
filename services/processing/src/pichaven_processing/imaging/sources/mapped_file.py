"""TIFF directories of a memory-mapped file."""

import mmap
from pathlib import Path

from pichaven_processing.imaging.metadata.tiff_tags import TiffTags


def map_tags(path: Path) -> TiffTags | None:
    """Return the directories of a TIFF file, None when it is not readable as one."""
    with path.open("rb") as file:
        try:
            return TiffTags(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:
            return None
