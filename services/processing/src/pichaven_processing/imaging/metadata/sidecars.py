"""Metadata of an XMP file beside the picture, which programs write instead of the picture."""

from dataclasses import replace
from datetime import datetime, timedelta

from pichaven_processing.imaging.facts import CaptureTime, Metadata
from pichaven_processing.imaging.metadata.captions import first_caption
from pichaven_processing.imaging.metadata.capture_times import capture_time
from pichaven_processing.imaging.metadata.keywords import distinct_keywords
from pichaven_processing.imaging.metadata.xmp import XmpFacts, read_xmp


def override(embedded: Metadata, packet: bytes) -> Metadata:
    """Return the picture's metadata with all that the sidecar has in its place.

    As exiftool and Immich merge them: field by field.
    """
    xmp = read_xmp(packet)
    return replace(
        embedded,
        camera=xmp.camera or embedded.camera,
        lens=xmp.lens or embedded.lens or xmp.lens_specification,
        iso=xmp.iso or embedded.iso,
        aperture=xmp.aperture or embedded.aperture,
        shutter=xmp.shutter or embedded.shutter,
        focal_length=xmp.focal_length or embedded.focal_length,
        taken_at=_taken_at(xmp, embedded.taken_at),
        place=xmp.place or embedded.place,
        rating=embedded.rating if xmp.rating is None and not xmp.is_rejected else xmp.rating,
        title=first_caption((xmp.title,)) or embedded.title,
        caption=first_caption((xmp.caption,)) or embedded.caption or xmp.comment,
        keywords=distinct_keywords(xmp.keywords) or embedded.keywords,
    )


def _taken_at(xmp: XmpFacts, embedded: CaptureTime | None) -> CaptureTime | None:
    """Return the sidecar's time of the picture, with the file's offset where it has none.

    The time of a digital file, and satellite time, stand in for a time that the picture lacks.
    """
    if embedded is None:
        return xmp.taken_at or xmp.gps_time
    has_clock = embedded.source != "gps"
    if xmp.taken_at is None or (xmp.is_time_of_file and has_clock):
        return embedded
    if xmp.taken_at.offset_minutes is None and has_clock and embedded.offset_source == "file":
        clock = _clock(xmp.taken_at)
        return capture_time(clock, embedded.offset_minutes, xmp.taken_at.source)
    return xmp.taken_at


def _clock(taken_at: CaptureTime) -> datetime:
    at = datetime.fromisoformat(taken_at.at) + timedelta(minutes=taken_at.offset_minutes or 0)
    return at.replace(tzinfo=None)
