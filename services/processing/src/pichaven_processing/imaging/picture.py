"""The one thing that all steps share."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pichaven_processing.imaging.facts import Facts, MadeVariant, Metadata, PaletteColour
from pichaven_processing.imaging.file_types import FileType
from pichaven_processing.imaging.limits import Limits
from pichaven_processing.imaging.sources.source import Source


@dataclass(slots=True)
class Work:
    """A picture on its way through the pipeline; each step fills in what it is named for."""

    original: Path
    """The file as it was uploaded."""
    folder: Path
    """Where variants are written."""
    limits: Limits
    file_type: FileType | None = None
    source: Source | None = None
    metadata: Metadata = field(default_factory=Metadata)
    width: int = 0
    """Pixels of the original, upright."""
    height: int = 0
    image: Any = None
    """A libvips image in memory, no larger than the largest variant. After `decode` in the file's
    own colours and position, after `orient` upright, after `convert_colour` 8-bit sRGB of 3
    bands, or 4 with alpha."""
    orientation: int = 1
    """EXIF orientation, 1 to 8, that `image` still needs."""
    profile: str | None = None
    """libvips' built-in profile to read `image` by where it has none of its own."""
    small: Any = None
    """`image` at most 400 pixels long, without alpha: what fingerprints are taken from."""
    variants: list[MadeVariant] = field(default_factory=list)
    blurhash: str = ""
    phash: str = ""
    palette: tuple[PaletteColour, ...] = ()

    def opened(self) -> Source:
        assert self.source is not None
        return self.source

    def facts(self) -> Facts:
        """The outcome, when every step has run."""
        assert self.file_type is not None
        return Facts(
            content_type=self.file_type.content_type,
            width=self.width,
            height=self.height,
            variants=tuple(self.variants),
            blurhash=self.blurhash,
            phash=self.phash,
            palette=self.palette,
            metadata=self.metadata,
        )
