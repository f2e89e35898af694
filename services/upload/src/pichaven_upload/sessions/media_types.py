"""Which kinds of files are accepted, by the type and name that the client claims.

Processing determines the true type from the bytes. Here the obviously wrong is refused before it
is sent, and the object's key gets an ending from a fixed table: some stores lose content types,
and then only the ending is left.
"""

from typing import Final

from pichaven_upload.sessions.errors import UnsupportedMediaType
from pichaven_upload.sessions.file_names import suffix

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
    "image/x-nikon-nef": ".nef",
    "image/x-sony-arw": ".arw",
    "image/x-adobe-dng": ".dng",
    "image/dng": ".dng",
    "image/x-fuji-raf": ".raf",
    "image/x-panasonic-rw2": ".rw2",
    "image/x-panasonic-raw": ".rw2",
    "image/x-panasonic-raw2": ".rw2",
}
_RAW_SUFFIXES: Final = frozenset({".cr2", ".nef", ".arw", ".dng", ".raf", ".rw2"})
_TYPE_OF_SUFFIX: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".hif": "image/heif",
    ".jxl": "image/jxl",
    ".cr2": "image/x-canon-cr2",
    ".nef": "image/x-nikon-nef",
    ".arw": "image/x-sony-arw",
    ".dng": "image/x-adobe-dng",
    ".raf": "image/x-fuji-raf",
    ".rw2": "image/x-panasonic-rw2",
}
_UNSPECIFIC: Final = frozenset({"", UNKNOWN, "binary/octet-stream"})


def accepted_type(content_type: str, filename: str) -> str:
    """Return the content type to keep, in lower case and without parameters.

    Where the client claims none, it follows from the name's ending. Raises `UnsupportedMediaType`.
    """
    claimed = content_type.split(";", 1)[0].strip().lower()
    by_name = _TYPE_OF_SUFFIX.get(suffix(filename))
    if claimed in _UNSPECIFIC:
        return by_name or UNKNOWN
    if claimed in _SUFFIX_OF_TYPE:
        return claimed
    # Systems name RAW files in many ways: image/x-dcraw, image/x-raw, image/x-sony-something.
    if claimed.startswith("image/x-") and suffix(filename) in _RAW_SUFFIXES and by_name:
        return by_name
    raise UnsupportedMediaType(content_type)


def key_suffix(content_type: str, filename: str) -> str:
    """Return the ending of an object's key: one of a fixed few, or none.

    RAW files are TIFF inside and often claimed as such; then the name's ending is used.
    """
    by_name = suffix(filename)
    if by_name in _RAW_SUFFIXES:
        return by_name
    return _SUFFIX_OF_TYPE.get(content_type, "")
