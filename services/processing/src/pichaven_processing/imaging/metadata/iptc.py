"""Read the older IPTC-IIM block: words, and when the picture was taken."""

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pichaven_processing.imaging.facts import CaptureTime
from pichaven_processing.imaging.metadata.capture_times import capture_time, parse_time
from pichaven_processing.imaging.metadata.tiff_tags import TiffTags, decode_text

_TITLE, _KEYWORD, _CAPTION = 5, 25, 120
_TIMES: Final = ((55, 60), (62, 63))
"""Data sets of a date and its time: created, then digitized."""
_MOST: Final = 1000
_MARKER: Final = 0x1C
_STARTS: Final = (b"\x1c\x01", b"\x1c\x02")
_IPTC_TAG, _PHOTOSHOP_TAG = 33723, 34377
_IPTC_RESOURCE: Final = 0x0404


@dataclass(frozen=True, slots=True)
class IptcFacts:
    title: str | None = None
    caption: str | None = None
    keywords: tuple[str, ...] = ()
    taken_at: CaptureTime | None = None


def read_iptc(block: bytes) -> IptcFacts:
    """Return what the block has, in a Photoshop wrapping or without."""
    texts: dict[int, str] = {}
    keywords: list[str] = []
    for number, raw in _records(_unwrap(block)):
        text = decode_text(raw)
        if text is None:
            continue
        if number == _KEYWORD:
            keywords.append(text)
        else:
            texts.setdefault(number, text)
    return IptcFacts(
        title=texts.get(_TITLE),
        caption=texts.get(_CAPTION),
        keywords=tuple(keywords),
        taken_at=_taken_at(texts),
    )


def iptc_of_tags(tags: TiffTags | None) -> bytes | None:
    """Return the IPTC block of a TIFF structure, also where its type is LONG as Photoshop's is."""
    if tags is None:
        return None
    main = tags.first()
    for tag in (_IPTC_TAG, _PHOTOSHOP_TAG):
        value = main.get(tag)
        if isinstance(value, tuple):
            try:
                value = struct.pack(f"{tags.byte_order}{len(value)}I", *value)
            except struct.error:
                continue
        if value:
            return value
    return None


def _taken_at(texts: dict[int, str]) -> CaptureTime | None:
    for date_set, time_set in _TIMES:
        date, time = texts.get(date_set), texts.get(time_set)
        if date is None:
            continue
        separator = "T" if date.isdigit() else " "
        clock_and_offset = parse_time(f"{date}{separator}{time}") if time else None
        clock_and_offset = clock_and_offset or parse_time(date)
        if clock_and_offset is not None:
            # XMP's `photoshop:DateCreated` is the same property.
            return capture_time(*clock_and_offset, "xmp")
    return None


def _unwrap(block: bytes) -> bytes:
    """Return the data sets of a block: its own, its Photoshop resource's, or in swapped words."""
    if block.startswith(_STARTS):
        return block
    if block.startswith((b"8BIM", b"Photoshop 3.0\0")):
        return _photoshop_resource(block, block.find(b"8BIM"))
    words = array("I", block[: len(block) & ~3])
    words.byteswap()
    swapped = words.tobytes()
    if swapped.startswith(_STARTS):
        return swapped
    return block[max(0, min((at for at in map(block.find, _STARTS) if at >= 0), default=0)) :]


def _photoshop_resource(block: bytes, at: int) -> bytes:
    """Return the data of the IPTC resources, empty without any."""
    resources = b""
    for _ in range(_MOST):
        if at < 0 or block[at : at + 4] != b"8BIM" or at + 7 > len(block):
            break
        (kind,) = struct.unpack_from(">H", block, at + 4)
        # A name with its length in front, a length, the data: each padded to an even length.
        start = at + 6 + (block[at + 6] + 2 & ~1)
        length = int.from_bytes(block[start : start + 4])
        start += 4
        if kind == _IPTC_RESOURCE:
            resources += block[start : start + length]
        at = start + (length + 1 & ~1)
    return resources


def _records(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the application's data sets (2:x)."""
    at = 0
    for _ in range(_MOST):
        if at + 5 > len(block) or block[at] != _MARKER:
            return
        record, number = block[at + 1], block[at + 2]
        length = int.from_bytes(block[at + 3 : at + 5])
        at += 5
        if length & 0x8000:
            # An extended data set: these are the bytes of its length.
            width = length & 0x7FFF
            if width > 4:
                return
            length = int.from_bytes(block[at : at + width])
            at += width
        if at + length > len(block):
            return
        if record == 2:
            yield number, block[at : at + length]
        at += length
