"""Read metadata from the chunks of a PNG file, wherever they are."""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from pichaven_processing.imaging.metadata.tiff_tags import Buffer
from pichaven_processing.imaging.sources.source import Blocks, tiff_tags

_SIGNATURE_BYTES: Final = 8
_MOST_CHUNKS: Final = 100_000
_LARGEST: Final = 16 << 20
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp"
_XMP_HEADER: Final = b"http://ns.adobe.com/xap/1.0/\0"
_PROFILE: Final = re.compile(rb"Raw profile type (\w+)")
_PROFILE_HEAD: Final = re.compile(rb"\s*\w+\s+(\d+)\s")
"""ImageMagick's: a name and the length on lines of their own, then hexadecimal digits."""


def read_png_chunks(data: Buffer) -> Blocks:
    """Return the blocks of `eXIf`, of XMP and of raw profiles; the first of each kind counts."""
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    of_profiles: dict[str, bytes] = {}
    for kind, content in _metadata_chunks(data):
        if kind == b"eXIf":
            exif = exif or content
            continue
        keyword, text = _keyword_and_text(kind, content)
        if keyword == _XMP_KEYWORD:
            xmp = xmp or text
        elif profile := _PROFILE.fullmatch(keyword):
            of_profiles.setdefault(profile.group(1).decode().lower(), _profile_bytes(text))
    app1 = of_profiles.get("app1", b"")
    if app1.startswith(_XMP_HEADER):
        xmp, app1 = xmp or app1[len(_XMP_HEADER) :], b""
    iptc = of_profiles.get("iptc") or of_profiles.get("8bim")
    return Blocks(
        tiff_tags(exif) or tiff_tags(of_profiles.get("exif")) or tiff_tags(app1),
        xmp or of_profiles.get("xmp") or None,
        iptc or None,
    )


def _metadata_chunks(data: Buffer) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and content of chunks with metadata; checksums are ignored."""
    at = _SIGNATURE_BYTES
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data):
            return
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if kind == b"IEND":
            return
        if kind in {b"eXIf", b"tEXt", b"zTXt", b"iTXt"} and length <= _LARGEST:
            yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length


def _keyword_and_text(kind: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Return a text chunk's keyword and its text, inflated; empty text for a broken one."""
    keyword, _, rest = content.partition(b"\0")
    if keyword != _XMP_KEYWORD and _PROFILE.fullmatch(keyword) is None:
        return keyword, b""
    if kind == b"tEXt":
        return keyword, rest
    if kind == b"zTXt":
        return keyword, _inflate(rest[1:])
    is_compressed = rest[:1] == b"\1"
    # Two bytes of compression, then language and translated keyword.
    text = rest[2:].split(b"\0", 2)[-1]
    return keyword, _inflate(text) if is_compressed else text


def _inflate(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _LARGEST)
    except zlib.error:
        return b""


def _profile_bytes(text: bytes) -> bytes:
    """Return the bytes of a raw profile; some programs put them in as they are."""
    head = _PROFILE_HEAD.match(text)
    if head is None:
        return text
    digits = re.sub(rb"\s+", b"", text[head.end() :])
    try:
        return bytes.fromhex(digits[: 2 * int(head.group(1)[:9])].decode("ascii"))
    except ValueError:
        return b""
