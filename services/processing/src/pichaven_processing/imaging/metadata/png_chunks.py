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
_LONGEST_KEYWORD: Final = 80
_XMP_KEYWORD: Final = b"xml:com.adobe.xmp"
_PROFILE: Final = b"raw profile type "
_KEYWORDS: Final = frozenset(
    {_XMP_KEYWORD, *(_PROFILE + name for name in (b"exif", b"app1", b"xmp", b"iptc", b"8bim"))}
)
_XMP_HEADER: Final = b"http://ns.adobe.com/xap/1.0/\0"
_PROFILE_HEAD: Final = re.compile(rb"\s{0,80}\w[\w .:-]{0,78}?\s{1,80}(\d{1,9})(?=\s)")
"""A name of one word or more and the length on lines of their own, then hexadecimal digits."""


def read_png_chunks(data: Buffer) -> Blocks:
    """Return the blocks of `eXIf`, of XMP and of raw profiles; the first of each kind counts."""
    exif: bytes | None = None
    # A small chunk may become `_LARGEST` bytes, so no keyword is read twice.
    texts: dict[bytes, bytes] = {}
    for kind, content in _metadata_chunks(data):
        if kind == b"eXIf":
            exif = exif or content
            continue
        keyword = content[:_LONGEST_KEYWORD].partition(b"\0")[0]
        name = b" ".join(keyword.lower().split())
        if name in _KEYWORDS and name not in texts:
            texts[name] = _text_of(kind, content[len(keyword) + 1 :])
    profiles = {
        name.removeprefix(_PROFILE): _profile_bytes(text)
        for name, text in texts.items()
        if name.startswith(_PROFILE)
    }
    xmp = texts.get(_XMP_KEYWORD)
    for name in (b"app1", b"exif"):
        # Either kind of a JPEG's segment goes by either name.
        if profiles.get(name, b"").startswith(_XMP_HEADER):
            xmp = xmp or profiles.pop(name)[len(_XMP_HEADER) :]
    return Blocks(
        tiff_tags(exif) or tiff_tags(profiles.get(b"exif")) or tiff_tags(profiles.get(b"app1")),
        xmp or profiles.get(b"xmp") or None,
        profiles.get(b"iptc") or profiles.get(b"8bim") or None,
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


def _text_of(kind: bytes, rest: bytes) -> bytes:
    """Return the text behind a text chunk's keyword, inflated; empty for a broken one."""
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return _inflate(rest[1:])
    # Two bytes of compression, then language and translated keyword.
    text = rest[2:].split(b"\0", 2)[-1]
    return _inflate(text) if rest[:1] == b"\1" else text


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
        return bytes.fromhex(digits[: 2 * int(head.group(1))].decode("ascii"))
    except ValueError:
        return b""
