"""Decode a GIF's first picture strictly: libvips shows what it has where the data break off."""

from pathlib import Path
from typing import Final

from PIL import Image

from pichaven_processing.imaging.sources.source import damaged_file

_DAMAGE: Final = (
    *("broken data stream", "image file is truncated", "decoder error"),
    # A picture without width or height: the canvas grows with one that is too large.
    "tile cannot extend outside image",
)


def check_first_frame(path: Path) -> None:
    """Raise `Rejected` where the compressed data end early or make no sense."""
    # The service's own limits have been applied.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path, formats=("GIF",)) as image:
            image.load()
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        # What else Pillow does not like is no sign of damage.
        if any(words in str(error) for words in _DAMAGE):
            raise damaged_file() from error
