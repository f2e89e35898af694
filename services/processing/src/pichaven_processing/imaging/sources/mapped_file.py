"""TIFF directories of a file, read where they lie."""

import mmap
from pathlib import Path

from pichaven_processing.imaging.metadata.tiff_tags import TiffTags


def mapped_tags(path: Path) -> TiffTags | None:
    """The directories of a TIFF file, None when it is none that can be read."""
    with path.open("rb") as file:
        try:
            return TiffTags(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:
            return None
