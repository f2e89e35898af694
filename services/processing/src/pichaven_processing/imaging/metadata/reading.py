"""Merge the metadata blocks of a file."""

from collections.abc import Iterable
from typing import Final

from pichaven_processing.imaging.facts import Metadata
from pichaven_processing.imaging.metadata.exif import ExifFacts, read_exif
from pichaven_processing.imaging.metadata.iptc import IptcFacts, read_iptc
from pichaven_processing.imaging.metadata.xmp import XmpFacts, read_xmp
from pichaven_processing.imaging.sources.source import Blocks

_MOST_KEYWORDS: Final = 50
_LONGEST_KEYWORD: Final = 100


def read_blocks(blocks: Blocks) -> Metadata:
    """Return the merged metadata: camera facts from EXIF, people's words from XMP first."""
    exif = read_exif(blocks.exif) if blocks.exif is not None else ExifFacts()
    xmp = read_xmp(blocks.xmp) if blocks.xmp else XmpFacts()
    iptc = read_iptc(blocks.iptc) if blocks.iptc else IptcFacts()
    return Metadata(
        camera=exif.camera,
        lens=exif.lens,
        iso=exif.iso,
        aperture=exif.aperture,
        shutter=exif.shutter,
        focal_length=exif.focal_length,
        taken_at=exif.taken_at or xmp.taken_at or exif.gps_time,
        place=exif.place,
        rating=xmp.rating if xmp.rating is not None else exif.rating,
        caption=xmp.caption or iptc.caption or exif.caption,
        keywords=_distinct((*xmp.keywords, *iptc.keywords, *exif.keywords)),
    )


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    by_folded: dict[str, str] = {}
    for word in words:
        text = " ".join(word.split())[:_LONGEST_KEYWORD]
        by_folded.setdefault(text.casefold(), text)
    return tuple(by_folded.values())[:_MOST_KEYWORDS]
