"""Common names of image file types."""

from typing import Final

_RAW: Final = {
    "cr2": "image/x-canon-cr2",
    "cr3": "image/x-canon-cr3",
    "nef": "image/x-nikon-nef",
    "arw": "image/x-sony-arw",
    "dng": "image/x-adobe-dng",
    "raf": "image/x-fuji-raf",
    "rw2": "image/x-panasonic-rw2",
    "orf": "image/x-olympus-orf",
}
_BY_NAME: Final[dict[str, tuple[str, ...]]] = {
    "jpeg": ("image/jpeg",),
    "jpg": ("image/jpeg",),
    "png": ("image/png",),
    "gif": ("image/gif",),
    "webp": ("image/webp",),
    "bmp": ("image/bmp",),
    "tiff": ("image/tiff",),
    "tif": ("image/tiff",),
    "avif": ("image/avif",),
    "heic": ("image/heic", "image/heif"),
    "heif": ("image/heic", "image/heif"),
    "jxl": ("image/jxl",),
    "raw": tuple(_RAW.values()),
} | {name: (content_type,) for name, content_type in _RAW.items()}
_CONTENT_TYPES: Final = frozenset(each for types in _BY_NAME.values() for each in types)


def content_types(text: str) -> tuple[str, ...]:
    """Return the content types of a name or of a content type; none for an unknown one."""
    name = text.strip().lower().removeprefix(".")
    return (name,) if name in _CONTENT_TYPES else _BY_NAME.get(name, ())
