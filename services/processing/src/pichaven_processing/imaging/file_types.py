"""The type of a file by its first bytes. Its name and the client's claim are ignored."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Family(StrEnum):
    """Which decoder reads the file."""

    VIPS = "vips"
    HEIF = "heif"
    JXL = "jxl"
    PILLOW = "pillow"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class FileType:
    content_type: str
    family: Family
    loader: str = ""
    """Of the family `vips`: the name of libvips' own loader."""


JPEG: Final = FileType("image/jpeg", Family.VIPS, "jpegload")
PNG: Final = FileType("image/png", Family.VIPS, "pngload")
GIF: Final = FileType("image/gif", Family.VIPS, "gifload")
WEBP: Final = FileType("image/webp", Family.VIPS, "webpload")
BMP: Final = FileType("image/bmp", Family.PILLOW)
TIFF: Final = FileType("image/tiff", Family.VIPS, "tiffload")
AVIF: Final = FileType("image/avif", Family.VIPS, "heifload")
HEIC: Final = FileType("image/heic", Family.HEIF)
HEIF: Final = FileType("image/heif", Family.HEIF)
JXL: Final = FileType("image/jxl", Family.JXL)
CR2: Final = FileType("image/x-canon-cr2", Family.RAW)
CR3: Final = FileType("image/x-canon-cr3", Family.RAW)
NEF: Final = FileType("image/x-nikon-nef", Family.RAW)
ARW: Final = FileType("image/x-sony-arw", Family.RAW)
DNG: Final = FileType("image/x-adobe-dng", Family.RAW)
RAF: Final = FileType("image/x-fuji-raf", Family.RAW)
RW2: Final = FileType("image/x-panasonic-rw2", Family.RAW)
ORF: Final = FileType("image/x-olympus-orf", Family.RAW)

HEAD_BYTES: Final = 4096
"""How much of a file `identify` needs."""

_TIFF_HEADS: Final = (b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0")
_ORF_HEADS: Final = (b"IIRO", b"IIRS", b"MMOR")
_BMP_HEADER_SIZES: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_HEIF_BRANDS: Final = frozenset({b"mif1", b"mif2", b"mif3", b"msf1"})
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})


def identify(head: bytes) -> FileType | None:
    """Return the type by a file's first `HEAD_BYTES`, None when it is not supported.

    RAW formats that are TIFF inside are `TIFF` here; `identify_raw` tells them apart.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")):
        return JXL
    if head.startswith(b"FUJIFILMCCD-RAW"):
        return RAF
    if head.startswith(b"IIU\0"):
        return RW2
    if head.startswith(_ORF_HEADS):
        return ORF
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return BMP
    if head.startswith((b"II*\0", b"MM\0*")) and head[8:10] == b"CR":
        return CR2
    if head.startswith(_TIFF_HEADS):
        return TIFF
    if head[4:8] == b"ftyp":
        return _identify_iso_media(head)
    return None


def _identify_iso_media(head: bytes) -> FileType | None:
    """By the major brand, and by the compatible ones where it is a general one."""
    end = min(int.from_bytes(head[:4]), len(head))
    major = head[8:12]
    brands = {head[at : at + 4] for at in range(16, end - 3, 4)}
    if major == b"crx ":
        return CR3
    if major in _AVIF_BRANDS:
        return AVIF
    if major in _HEIC_BRANDS:
        return HEIC
    if major in _HEIF_BRANDS:
        if brands & _AVIF_BRANDS:
            return AVIF
        return HEIC if brands & _HEIC_BRANDS else HEIF
    return None


def identify_coding(file_type: FileType, coding: bytes | None) -> FileType | None:
    """Return the type of a HEIF or AVIF file by how its picture is coded, None for other codings.

    Brands say which readers may open a file, not which decoder it needs.
    """
    if coding == b"av01":
        return AVIF
    if coding in {b"hvc1", b"hev1"}:
        return HEIC if file_type is AVIF else file_type
    return None


def identify_raw(make: str, *, is_dng: bool) -> FileType:
    """Return the RAW format of a TIFF with sensor data, by its DNG tag or its camera's maker."""
    if is_dng:
        return DNG
    maker = make.strip().lower()
    if maker.startswith("nikon"):
        return NEF
    if maker.startswith("sony"):
        return ARW
    if maker.startswith("canon"):
        return CR2
    return DNG
