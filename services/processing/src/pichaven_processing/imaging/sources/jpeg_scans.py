"""Tell what is odd about a JPEG from what is broken.

Many programs and cards lose the last two bytes. Every pixel is there then, but a decoder that
is strict about cut files refuses both alike. Cameras write fill bytes and fields that a strict
decoder warns of, in the same way as of data that it could not follow.
"""

import mmap
import re
from pathlib import Path
from typing import Final

from pichaven_processing.imaging.sources.source import damaged_file, unsupported

_END: Final = b"\xff\xd9"
_START_OF_SCAN: Final = 0xDA
_TABLES_OF_STEPS, _TABLES_OF_CODES = 0xDB, 0xC4
_TABLES: Final = frozenset({_TABLES_OF_STEPS, _TABLES_OF_CODES})
_JFIF, _ADOBE = 0xE0, 0xEE
_YCBCR: Final = 3
"""Components."""
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_LOSSLESS: Final = frozenset({0xC3, 0xCB})
_HIERARCHICAL: Final = frozenset({0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF})
_JPEG_LS: Final = 0xF7
_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_RESTARTS: Final = frozenset(range(0xD0, 0xD8))
_LONGEST_ZERO_RUN: Final = 8
"""Bytes; more zeros than that at the end are a tail that was never written."""
_MAX_SEGMENTS: Final = 100_000
_EXTRANEOUS: Final = re.compile(r"(\d+) extraneous bytes before marker 0x([0-9a-f]{2})")
_FEW_BYTES: Final = 8
"""What cameras leave behind the last block; a block that was missed has more."""
_COEFFICIENTS: Final = 64


def end_jpeg(path: Path) -> bytes | None:
    """Return the file's bytes with an end marker, None where it has one.

    The caller decodes them and takes no warning, which a scan that ends early gives. Raises
    `Rejected` for a file that ends in zeros or before the last scan of a progressive picture.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        scans = _Scans(data)
        if scans.has_end or not scans.has_scan:
            return None
        if not any(data[-_LONGEST_ZERO_RUN:]) or not scans.is_complete:
            raise damaged_file()
        content = bytes(data)
    # A half of the end marker, or fill bytes before it, may be there.
    return content.rstrip(b"\xff") + _END


def check_coding(path: Path) -> None:
    """Raise `Rejected` for a JPEG of a process or a depth that libjpeg does not decode to 8 bits.

    It decodes arithmetic coding, and lossless coding of 8 bits.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        headers = _Scans(data).headers
        for marker, at in headers.items():
            if marker in _HIERARCHICAL or marker == _JPEG_LS:
                name = "JPEG-LS" if marker == _JPEG_LS else "a hierarchical JPEG"
                raise unsupported(f"The picture is coded as {name}, which cannot be read here.")
            bits = data[at + 4] if at + 4 < len(data) else 8
            is_depth = bits == 12 or (marker in _LOSSLESS and 2 <= bits <= 16)
            if marker in _FRAMES and bits != 8 and is_depth:
                raise unsupported(f"A JPEG of {bits} bits cannot be read here.")


def mend(data: bytes, warning: str) -> bytes | None:
    """Return the file without the oddity that libjpeg warns of, to be read as strictly as before.

    None where the warning is of more than odd fields and of fill or junk before a marker.
    """
    scans = _Scans(data)
    mended = bytearray(data)
    if "unknown JFIF revision" in warning:
        at = scans.headers.get(_JFIF, 0)
        mended[at + 9 : at + 11] = b"\1\2"
    elif "Unknown Adobe color transform" in warning and scans.components == _YCBCR:
        # Of four components nothing tells which transform they have.
        at = scans.headers.get(_ADOBE, 0)
        mended[at + 15] = 1
    elif "Invalid SOS parameters for sequential" in warning:
        for end in scans.scan_headers:
            mended[end - 3 : end] = b"\0\x3f\0"
    elif extraneous := _EXTRANEOUS.search(warning):
        length, marker = int(extraneous[1]), int(extraneous[2], 16)
        mended = (
            _without_fill(data, scans, length) if marker == 0xD9 else _without_junk(data, scans)
        )
    return bytes(mended) if mended != data else None


def _without_fill(data: bytes, scans: "_Scans", length: int) -> bytearray:
    """Return the file without what is between the last block and the end marker, if that is fill
    or no more than cameras leave there."""
    start = max(scans.end - length, 0)
    if not scans.has_end or (length > _FEW_BYTES and not _is_fill(data[start : scans.end])):
        return bytearray(data)
    return bytearray(data[:start] + data[scans.end :])


def _without_junk(data: bytes, scans: "_Scans") -> bytearray:
    """Return the file without what libjpeg skips between segments of the header.

    All of the file where the header lacks tables, or where junk follows tables or a frame: what
    was skipped may be a part of them.
    """
    if not scans.has_scan or not set(scans.headers) >= _TABLES:
        return bytearray(data)
    cleaned, at, marker = bytearray(data[:2]), 2, 0
    for start, end in scans.segments:
        if marker in _FRAMES | _TABLES and not _is_fill(data[at:start]):
            return bytearray(data)
        cleaned += data[start:end]
        at, marker = end, data[start + 1]
    return cleaned + data[at:]


def _is_fill(data: bytes) -> bool:
    return not data.strip(b"\0") or not data.strip(b"\xff")


class _Scans:
    """The markers of a JPEG from its start to its first end marker."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.has_end = False
        self.end = 0
        """Where the end marker is."""
        self.headers: dict[int, int] = {}
        """Where the first marker of each kind before the first scan's data is."""
        self.segments: list[tuple[int, int]] = []
        """Start and end of each segment up to the first scan's header."""
        self.scan_headers: list[int] = []
        """Where the headers of scans end."""
        self.has_scan = False
        self._is_progressive = False
        self._components: set[int] = set()
        self._missing_bits: dict[tuple[int, int], int] = {}
        """Of progressive pictures: by component and coefficient, low bits not yet sent."""
        self._walk(data)

    @property
    def is_complete(self) -> bool:
        """Whether every bit of every coefficient has been in a scan; of others, always."""
        return not self._is_progressive or all(
            self._missing_bits.get((component, index), 1) == 0
            for component in self._components
            for index in range(_COEFFICIENTS)
        )

    @property
    def components(self) -> int:
        return len(self._components)

    def _walk(self, data: bytes | mmap.mmap) -> None:
        at = 2
        for _ in range(_MAX_SEGMENTS):
            at = data.find(b"\xff", at)
            if at < 0 or at + 2 > len(data):
                return
            marker = data[at + 1]
            if marker == 0xD9:
                self.has_end = True
                self.end = at
                return
            if marker in {0x00, 0x01, 0xFF} or marker in _RESTARTS:
                # Within a scan: a stuffed byte, fill or a restart.
                at += 1 if marker == 0xFF else 2
                continue
            if at + 4 > len(data):
                return
            length = int.from_bytes(data[at + 2 : at + 4])
            if not self.has_scan:
                self.headers.setdefault(marker, at)
                self.segments.append((at, at + 2 + length))
            segment = bytes(data[at + 4 : at + 2 + length])
            if marker in _FRAMES:
                self._read_frame(marker, segment)
            at += 2 + length
            if marker == _START_OF_SCAN:
                self.has_scan = True
                self.scan_headers.append(at)
                self._read_scan(segment)
                at = _scan_end(data, at)

    def _read_frame(self, marker: int, segment: bytes) -> None:
        self._is_progressive = marker in _PROGRESSIVE
        count = segment[5] if len(segment) > 5 else 0
        self._components = set(segment[6 : 6 + 3 * count : 3])

    def _read_scan(self, segment: bytes) -> None:
        count = segment[0] if segment else 0
        if len(segment) < 4 + 2 * count:
            return
        first, last, bits = segment[1 + 2 * count : 4 + 2 * count]
        for component in segment[1 : 1 + 2 * count : 2]:
            for index in range(first, min(last, _COEFFICIENTS - 1) + 1):
                self._missing_bits[component, index] = bits & 15


def _scan_end(data: bytes | mmap.mmap, at: int) -> int:
    """Return where the marker after a scan's data is, or the data's end."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] == 0x00 or data[at + 1] in _RESTARTS:
            at += 2
        else:
            return at
