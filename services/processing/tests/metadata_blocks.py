"""Blocks of metadata, and files that carry them where few programs look."""

import struct
import zlib
from collections.abc import Mapping
from html import escape

from services.processing.tests import pictures

NAMESPACES = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
}


def xmp(elements: str = "", **properties: str) -> bytes:
    """A packet with properties such as `tiff__Make` as attributes, and further elements."""
    spaces = " ".join(f"xmlns:{prefix}='{uri}'" for prefix, uri in NAMESPACES.items())
    attributes = " ".join(
        f"{name.replace('__', ':')}='{escape(value)}'" for name, value in properties.items()
    )
    return (
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        f"<rdf:Description rdf:about='' {spaces} {attributes}>{elements}</rdf:Description>"
        "</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    ).encode()


def alternatives(name: str, by_language: Mapping[str, str]) -> str:
    """A property with a text in each language."""
    items = "".join(
        f"<rdf:li xml:lang='{language}'>{escape(text)}</rdf:li>"
        for language, text in by_language.items()
    )
    return f"<{name}><rdf:Alt>{items}</rdf:Alt></{name}>"


def data_set(number: int, data: bytes, *, record: int = 2, is_extended: bool = False) -> bytes:
    length = struct.pack(">H", len(data))
    if is_extended:
        length = struct.pack(">HI", 0x8004, len(data))
    return bytes((0x1C, record, number)) + length + data


def iptc(texts: Mapping[int, str]) -> bytes:
    """A block in UTF-8 with data sets of the application record."""
    return data_set(90, b"\x1b%G", record=1) + b"".join(
        data_set(number, text.encode()) for number, text in texts.items()
    )


def photoshop(block: bytes) -> bytes:
    """The block as a resource, behind another one that has the bytes of a data set in it."""

    def resource(kind: int, data: bytes) -> bytes:
        head = b"8BIM" + struct.pack(">H", kind) + b"\0\0" + struct.pack(">I", len(data))
        return head + data + b"\0" * (len(data) % 2)

    return resource(0x040C, data_set(120, b"no caption") + b"odd") + resource(0x0404, block)


def jpeg_with_iptc(block: bytes, **options: object) -> bytes:
    data = pictures.jpeg(**options)
    content = b"Photoshop 3.0\0" + photoshop(block)
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(content) + 2) + content + data[2:]


def png_with_chunk(kind: bytes, content: bytes, *, is_last: bool = False) -> bytes:
    """A PNG with one more chunk, behind the header or behind the picture."""
    data = pictures.encode(pictures.picture(), "PNG")
    chunk = struct.pack(">I", len(content)) + kind + content
    chunk += struct.pack(">I", zlib.crc32(kind + content))
    at = len(data) - 12 if is_last else 33
    return data[:at] + chunk + data[at:]


def with_cicp(png: bytes, *code_points: int) -> bytes:
    chunk = b"cICP" + bytes(code_points)
    return png[:33] + struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[33:]


def raw_profile(name: str, block: bytes) -> bytes:
    """Text as ImageMagick writes it: name, length, hexadecimal digits in lines."""
    digits = block.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\n{name}\n{len(block):8}\n{lines}\n".encode()


def text_chunk(kind: bytes, keyword: str, text: bytes) -> bytes:
    """The content of a `tEXt`, `zTXt` or compressed `iTXt` chunk."""
    between = {b"tEXt": b"\0", b"zTXt": b"\0\0", b"iTXt": b"\0\1\0\0\0"}[kind]
    return keyword.encode() + between + (text if kind == b"tEXt" else zlib.compress(text))


def webp_with_chunk(kind: bytes, content: bytes) -> bytes:
    """A WebP whose header does not announce its last chunk."""
    data = pictures.encode(pictures.picture(), "WEBP")
    chunk = kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
    return data[:4] + struct.pack("<I", len(data) - 8 + len(chunk)) + data[8:] + chunk


def gif_with_xmp(packet: bytes) -> bytes:
    data = pictures.encode(pictures.picture(), "GIF")
    trailer = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    return data[:-1] + b"\x21\xff\x0bXMP DataXMP" + packet + trailer + data[-1:]


def canon_boxes(directories: Mapping[str, bytes], packet: bytes) -> bytes:
    """The boxes of a CR3 file, without pictures."""

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content) + 8) + kind + content

    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48") + b"".join(
        box(name.encode(), block) for name, block in directories.items()
    )
    xmp_id = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    return (
        box(b"ftyp", b"crx \0\0\0\1crx isom")
        + box(b"moov", box(b"free", b"") + box(b"uuid", canon))
        + box(b"uuid", xmp_id + packet)
    )
