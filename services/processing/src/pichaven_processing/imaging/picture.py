"""The state that the steps of the pipeline share."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pichaven_processing.imaging.facts import Facts, Metadata, PaletteColour, VariantFile
from pichaven_processing.imaging.file_types import FileType
from pichaven_processing.imaging.limits import Limits
from pichaven_processing.imaging.sources.code_points import CodePoints
from pichaven_processing.imaging.sources.source import Source


@dataclass(slots=True)
class Picture:
    """A picture in the pipeline; each step sets what it is named for."""

    original: Path
    """The file as it was uploaded."""
    folder: Path
    """The folder to write variants to."""
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
    """EXIF orientation, 1 to 8, still to be applied to `image`."""
    profile: str | None = None
    """libvips' built-in profile for an `image` without its own."""
    code_points: CodePoints | None = None
    """What the container says of the colours of `image`."""
    small: Any = None
    """`image` at most 400 pixels long, without alpha: the input of fingerprints."""
    variants: list[VariantFile] = field(default_factory=list)
    blurhash: str = ""
    phash: str = ""
    palette: tuple[PaletteColour, ...] = ()

    def facts(self) -> Facts:
        """Return the result, once every step has run."""
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
