"""Which kinds of files are accepted, by the type and name that the client claims.

Processing determines the true type from the bytes. Here the obviously wrong is refused before it
is sent, and the object's key gets an ending from a fixed table: some stores lose content types,
and then only the ending is left.
"""

import mimetypes
from typing import Final

from pichaven_upload.sessions.errors import UnsupportedMediaType
from pichaven_upload.sessions.file_names import suffix
from pichaven_upload.sessions.file_signatures import type_by_signature

UNKNOWN: Final = "application/octet-stream"
"""What systems claim of files that they do not know, RAW files above all."""

_SUFFIX_OF_TYPE: Final = {
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/pjpeg": ".jpg",
    "image/png": ".png",
    "image/x-png": ".png",
    "image/apng": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/x-bmp": ".bmp",
    "image/x-ms-bmp": ".bmp",
    "image/tiff": ".tif",
    "image/tiff-fx": ".tif",
    "image/avif": ".avif",
    "image/avif-sequence": ".avif",
    "image/heic": ".heic",
    "image/heic-sequence": ".heic",
    "image/heif": ".heif",
    "image/heif-sequence": ".heif",
    "image/jxl": ".jxl",
    "image/x-canon-cr2": ".cr2",
    "image/x-canon-cr3": ".cr3",
    "image/x-nikon-nef": ".nef",
    "image/x-sony-arw": ".arw",
    "image/x-adobe-dng": ".dng",
    "image/dng": ".dng",
    "image/x-fuji-raf": ".raf",
    "image/x-panasonic-rw2": ".rw2",
    "image/x-panasonic-raw": ".rw2",
    "image/x-panasonic-raw2": ".rw2",
    "image/x-olympus-orf": ".orf",
}
_RAW_SUFFIXES: Final = frozenset({".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".rw2", ".orf"})
TYPE_OF_SUFFIX: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jfif": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".dib": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".hif": "image/heif",
    ".jxl": "image/jxl",
    ".cr2": "image/x-canon-cr2",
    ".cr3": "image/x-canon-cr3",
    ".nef": "image/x-nikon-nef",
    ".arw": "image/x-sony-arw",
    ".dng": "image/x-adobe-dng",
    ".raf": "image/x-fuji-raf",
    ".rw2": "image/x-panasonic-rw2",
    ".orf": "image/x-olympus-orf",
}
"""Kinds of pictures, by the endings of their names."""
_MIME_TYPES: Final = mimetypes.MimeTypes()
_OTHER_SUFFIXES: Final = (
    frozenset(_MIME_TYPES.types_map[True])
    | frozenset(
        [
            ".ai",
            ".apk",
            ".avi",
            ".crw",
            ".dds",
            ".dmg",
            ".docx",
            ".eps",
            ".exr",
            ".flac",
            ".flv",
            ".hdr",
            ".heics",
            ".hevc",
            ".icns",
            ".iso",
            ".j2k",
            ".jp2",
            ".jpf",
            ".jpx",
            ".key",
            ".m2ts",
            ".m4a",
            ".m4v",
            ".mkv",
            ".mrw",
            ".mts",
            ".numbers",
            ".ogg",
            ".ogv",
            ".pages",
            ".pptx",
            ".psb",
            ".psd",
            ".rar",
            ".svgz",
            ".tga",
            ".wma",
            ".wmv",
            ".x3f",
            ".xcf",
            ".xlsx",
            ".xmp",
            ".3gp",
            ".7z",
        ]
    )
) - frozenset(TYPE_OF_SUFFIX)
"""Endings of files that are no picture, or none that can be read."""
_UNSPECIFIC: Final = frozenset(
    {
        "",
        "*/*",
        UNKNOWN,
        "binary/octet-stream",
        "application/binary",
        "application/unknown",
        "application/x-binary",
        "application/x-unknown",
        "image/*",
        "unknown/unknown",
    }
)


SIGNATURE_BYTES: Final = 16
"""How many of a file's first bytes say what it is."""


def accepted_type(content_type: str, filename: str) -> str:
    """Return the content type to keep, in lower case and without parameters.

    Where the client claims none, it follows from the name's ending; `UNKNOWN` where that says
    nothing either, and the bytes have to. Raises `UnsupportedMediaType`.
    """
    claimed = content_type.split(";", 1)[0].strip().lower()
    by_name = TYPE_OF_SUFFIX.get(suffix(filename))
    if claimed in _UNSPECIFIC:
        if suffix(filename) in _OTHER_SUFFIXES:
            raise _unsupported(suffix(filename))
        return by_name or UNKNOWN
    if claimed in _SUFFIX_OF_TYPE:
        return claimed
    # Systems name RAW files in many ways: image/x-dcraw, image/x-raw, image/x-sony-something.
    if claimed.startswith("image/x-") and suffix(filename) in _RAW_SUFFIXES and by_name:
        return by_name
    raise _unsupported(content_type)


def type_of_content(content_type: str, head: bytes) -> str:
    """Return the content type to keep of a file whose first bytes are `head`.

    The bytes say it where neither the client nor the name did. Raises `UnsupportedMediaType`.
    """
    if content_type != UNKNOWN or not head:
        return content_type
    by_signature = type_by_signature(head)
    if by_signature is None:
        raise _unsupported(content_type)
    return by_signature


def _unsupported(content_type: str) -> UnsupportedMediaType:
    """Return the problem of a content type or of a name's ending."""
    return UnsupportedMediaType(
        f"{content_type[:100]!r} is not a supported type. JPEG, PNG, WebP, GIF, BMP, TIFF, "
        "AVIF, HEIC, JPEG XL and the RAW formats CR2, CR3, NEF, ARW, DNG, RAF, RW2 and ORF are."
    )


def key_suffix(content_type: str, filename: str) -> str:
    """Return the ending of an object's key: one of a fixed few, or none.

    RAW files are TIFF inside and often claimed as such; then the name's ending is used.
    """
    by_name = suffix(filename)
    if by_name in _RAW_SUFFIXES:
        return by_name
    return _SUFFIX_OF_TYPE.get(content_type, "")
