"""Merge the metadata blocks of a file."""

from datetime import datetime, time, timedelta

from pichaven_processing.imaging.facts import CaptureTime, Metadata
from pichaven_processing.imaging.metadata.captions import first_caption
from pichaven_processing.imaging.metadata.exif import ExifFacts, read_exif
from pichaven_processing.imaging.metadata.iptc import IptcFacts, iptc_of_tags, read_iptc
from pichaven_processing.imaging.metadata.keywords import distinct_keywords
from pichaven_processing.imaging.metadata.sidecars import override
from pichaven_processing.imaging.metadata.xmp import XmpFacts, read_xmp
from pichaven_processing.imaging.sources.source import Blocks


def read_blocks(blocks: Blocks) -> Metadata:
    """Return the merged metadata; what the sidecar has wins over the file's own."""
    embedded = _read_embedded(blocks)
    return override(embedded, blocks.sidecar) if blocks.sidecar else embedded


def _read_embedded(blocks: Blocks) -> Metadata:
    """Return the file's own metadata: camera facts from EXIF, people's words from XMP first."""
    exif = read_exif(blocks.exif) if blocks.exif is not None else ExifFacts()
    xmp = read_xmp(blocks.xmp, blocks.extended_xmp) if blocks.xmp else XmpFacts()
    iptc = _read_iptc(blocks)
    return Metadata(
        camera=exif.camera or xmp.camera,
        lens=exif.lens or xmp.lens or exif.lens_specification or xmp.lens_specification,
        iso=exif.iso or xmp.iso,
        aperture=exif.aperture or xmp.aperture,
        shutter=exif.shutter or xmp.shutter,
        focal_length=exif.focal_length or xmp.focal_length,
        taken_at=exif.taken_at
        or _of_day(xmp.taken_at, iptc.taken_at)
        or exif.gps_time
        or xmp.gps_time,
        place=exif.place or xmp.place,
        rating=exif.rating if xmp.rating is None and not xmp.is_rejected else xmp.rating,
        title=first_caption((xmp.title, iptc.title, exif.title)),
        caption=first_caption((xmp.caption, iptc.caption, exif.caption, exif.comment, xmp.comment)),
        keywords=distinct_keywords((*xmp.keywords, *iptc.keywords, *exif.keywords)),
    )


def _of_day(xmp: CaptureTime | None, iptc: CaptureTime | None) -> CaptureTime | None:
    """Return XMP's time, or IPTC's where XMP has the day alone and IPTC the same day's clock."""
    if xmp is None or iptc is None:
        return xmp or iptc
    clock, other = _clock(xmp), _clock(iptc)
    has_no_clock = clock.time() == time.min and clock.date() == other.date()
    return iptc if has_no_clock else xmp


def _clock(taken_at: CaptureTime) -> datetime:
    return datetime.fromisoformat(taken_at.at) + timedelta(minutes=taken_at.offset_minutes or 0)


def _read_iptc(blocks: Blocks) -> IptcFacts:
    """Return the facts of the file's own block, else of the one in its TIFF directory."""
    for block in (blocks.iptc, iptc_of_tags(blocks.exif)):
        facts = read_iptc(block) if block else IptcFacts()
        if facts != IptcFacts():
            return facts
    return IptcFacts()
