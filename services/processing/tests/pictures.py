"""Sample files, generated so that none is checked in."""

import io
import math
import struct
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pillow_heif
import pyvips
from PIL import Image, ImageCms

Entry = tuple[int, int, bytes]
"""TIFF type, count, value in little-endian bytes."""


def picture(width: int = 640, height: int = 480, seed: int = 1) -> Image.Image:
    """A gradient with a bright corner at the top left, so that turning it shows."""
    if width * height > 2_000_000:
        return picture(width // 8, height // 8, seed).resize((width, height))
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(seed).normal(0, 4, (height, width, 3))
    rgb = np.stack([60 + x * 100 / width, 60 + y * 100 / height, np.full_like(x, 90)], -1) + noise
    rgb[: height // 4, : width // 4] = (250, 240, 60)
    return Image.fromarray(rgb.clip(0, 255).astype("uint8"))


def encode(image: Image.Image, format_: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def jpeg(width: int = 640, height: int = 480, **options: Any) -> bytes:
    return encode(picture(width, height), "JPEG", quality=90, **options)


def heic(width: int = 640, height: int = 480, *, tile: int = 0, **options: Any) -> bytes:
    buffer = io.BytesIO()
    file = pillow_heif.from_pillow(picture(width, height))
    file.save(buffer, quality=60, tile_size=tile, enc_params={"preset": "ultrafast"}, **options)
    return buffer.getvalue()


def jxl(image: Image.Image | None = None, **options: Any) -> bytes:
    import pillow_jxl  # noqa: F401 - registers the format

    return encode(image or picture(), "JXL", effort=1, **options)


def animation(format_: str) -> bytes:
    frames = [picture(320, 240, seed) for seed in range(3)]
    return encode(frames[0], format_, save_all=True, append_images=frames[1:], duration=100)


def display_p3() -> bytes:
    """The bytes of a wide-gamut profile, from libvips."""
    image = pyvips.Image.black(8, 8, bands=3).copy(interpretation="srgb")
    return bytes(image.icc_transform("p3", input_profile="srgb").get("icc-profile-data"))


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def sixteen_bit_png() -> bytes:
    image = pyvips.Image.new_from_buffer(encode(picture(), "PNG"), "")
    return bytes(image.colourspace("rgb16").pngsave_buffer(bitdepth=16))


def bomb_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """A header that promises far more pixels than there are."""
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


# TIFF structures by hand: EXIF blocks and DNG files


def ascii_(text: str) -> Entry:
    data = text.encode() + b"\0"
    return 2, len(data), data


def windows(text: str) -> Entry:
    """Text as Windows writes it."""
    data = text.encode("utf-16-le") + b"\0\0"
    return 1, len(data), data


def undefined(data: bytes) -> Entry:
    return 7, len(data), data


def bytes_(*values: int) -> Entry:
    return 1, len(values), bytes(values)


def short(*values: int) -> Entry:
    return 3, len(values), struct.pack(f"<{len(values)}H", *values)


def long(*values: int) -> Entry:
    return 4, len(values), struct.pack(f"<{len(values)}I", *values)


def rational(*values: float) -> Entry:
    parts = [Fraction(value).limit_denominator(100_000) for value in values]
    numbers = [number for part in parts for number in (part.numerator, part.denominator)]
    return 5, len(values), struct.pack(f"<{len(numbers)}I", *numbers)


def fractions(*pairs: tuple[int, int]) -> Entry:
    """Rationals as they are, 0/0 too."""
    numbers = [number for pair in pairs for number in pair]
    return 5, len(pairs), struct.pack(f"<{len(numbers)}I", *numbers)


def signed_short(*values: int) -> Entry:
    return 8, len(values), struct.pack(f"<{len(values)}h", *values)


def signed_rational(*values: float) -> Entry:
    parts = [Fraction(value).limit_denominator(10_000) for value in values]
    numbers = [number for part in parts for number in (part.numerator, part.denominator)]
    return 10, len(values), struct.pack(f"<{len(numbers)}i", *numbers)


Directory = Mapping[int, "Entry | Directory | Pixels"]


class Pixels(bytes):
    """A strip that lies elsewhere in the file; the entry is its offset."""


def tiff(directory: Directory) -> bytes:
    """A little-endian TIFF with one main directory and nested ones behind pointer tags."""
    out = bytearray(b"II*\0\0\0\0\0")
    struct.pack_into("<I", out, 4, _write(out, directory))
    return bytes(out)


def _write(out: bytearray, directory: Directory) -> int:
    """Appends a directory, values and children first, and returns its offset."""
    entries = []
    for tag, entry in sorted(directory.items()):
        if isinstance(entry, Mapping):
            kind, count, data = long(_write(out, entry))
        elif isinstance(entry, Pixels):
            kind, count, data = long(_append(out, entry))
        else:
            kind, count, data = entry
        if len(data) > 4:
            data = struct.pack("<I", _append(out, data))
        entries.append(struct.pack("<HHI", tag, kind, count) + data.ljust(4, b"\0"))
    packed = struct.pack("<H", len(entries)) + b"".join(entries) + b"\0\0\0\0"
    return _append(out, packed)


def _append(out: bytearray, data: bytes) -> int:
    if len(out) % 2:
        out.append(0)
    at = len(out)
    out += data
    return at


def exif(
    *,
    orientation: int | None = None,
    gps: bool = True,
    main: Mapping[int, Entry] | None = None,
    photo: Mapping[int, Entry] | None = None,
) -> bytes:
    """An EXIF block as a camera writes it, with everything that is read."""
    directory: dict[int, Any] = {
        0x010F: ascii_("NIKON CORPORATION"),
        0x0110: ascii_("NIKON D850"),
        0x0112: short(orientation or 1),
        0x4746: short(4),
        0x8769: {
            0x829A: rational(Fraction(1, 250)),
            0x829D: rational(2.8),
            0x8827: short(400),
            0x9003: ascii_("2024:05:06 07:08:09"),
            0x9011: ascii_("+02:00"),
            0x9291: ascii_("25"),
            0x920A: rational(50),
            0xA434: ascii_("NIKKOR Z 50mm f/1.8 S"),
            **(photo or {}),
        },
        **(main or {}),
    }
    if gps:
        directory[0x8825] = {
            1: ascii_("S"),
            2: rational(33, 51, 24.5),
            3: ascii_("E"),
            4: rational(151, 12, 36),
            5: bytes_(0),
            6: rational(58.5),
            7: rational(5, 8, 9),
            29: ascii_("2024:05:06"),
        }
    return b"Exif\0\0" + tiff(directory)


def rgb_tiff(main: Directory) -> bytes:
    """An uncompressed TIFF with further entries in its main directory."""
    image = picture(64, 48)
    return tiff(
        {
            0x0100: long(image.width),
            0x0101: long(image.height),
            0x0102: short(8, 8, 8),
            0x0103: short(1),
            0x0106: short(2),
            0x0111: Pixels(image.tobytes()),
            0x0115: short(3),
            0x0116: long(image.height),
            0x0117: long(image.width * image.height * 3),
            **main,
        }
    )


def dng(
    width: int = 512,
    height: int = 384,
    *,
    preview: bytes | None = None,
    preview_size: tuple[int, int] = (0, 0),
    orientation: int = 1,
) -> bytes:
    """A minimal DNG: 16-bit sensor data under an RGGB filter, with or without a JPEG preview."""
    y, x = np.mgrid[0:height, 0:width]
    level = 2000 + 20_000 * (x / width)
    level[: height // 4, : width // 4] = 50_000
    green = (y + x) % 2 == 1
    sensor = np.where(green, level, level * 0.6).astype("<u2").tobytes()
    raw: dict[int, Any] = {
        0x00FE: long(0),
        0x0100: long(width),
        0x0101: long(height),
        0x0102: short(16),
        0x0103: short(1),
        0x0106: short(32803),
        0x0111: Pixels(sensor),
        0x0115: short(1),
        0x0116: long(height),
        0x0117: long(len(sensor)),
        0x011C: short(1),
        0x828D: short(2, 2),
        0x828E: bytes_(0, 1, 1, 2),
        0xC61A: long(0),
        0xC61D: long(65535),
    }
    colour: dict[int, Any] = {
        0x010F: ascii_("PicHaven"),
        0x0110: ascii_("Pinhole One"),
        0x0112: short(orientation),
        0xC612: bytes_(1, 4, 0, 0),
        0xC613: bytes_(1, 1, 0, 0),
        0xC614: ascii_("PicHaven Pinhole One"),
        0xC621: signed_rational(0.8, -0.2, -0.1, -0.3, 1.2, 0.1, 0.0, 0.1, 0.7),
        0xC628: rational(0.6, 1.0, 0.6),
        0xC65A: short(21),
        0x8769: {
            0x829A: rational(Fraction(1, 60)),
            0x8827: short(200),
            0x9003: ascii_("2023:01:02 03:04:05"),
        },
    }
    if preview is None:
        return tiff({**raw, **colour})
    main: dict[int, Any] = {
        0x00FE: long(1),
        0x0100: long(preview_size[0]),
        0x0101: long(preview_size[1]),
        0x0102: short(8, 8, 8),
        0x0103: short(7),
        0x0106: short(6),
        0x0111: Pixels(preview),
        0x0115: short(3),
        0x0116: long(preview_size[1]),
        0x0117: long(len(preview)),
        0x014A: raw,
    }
    return tiff({**main, **colour})


def corner_brightness(image: Image.Image) -> dict[str, float]:
    """Mean brightness of the four corners, by name: the sample's bright one stands out."""
    grey = image.convert("L")
    width, height = grey.size
    w, h = max(1, width // 6), max(1, height // 6)
    boxes = {
        "top left": (0, 0, w, h),
        "top right": (width - w, 0, width, h),
        "bottom left": (0, height - h, w, height),
        "bottom right": (width - w, height - h, width, height),
    }
    return {
        name: float(np.asarray(grey.crop(box), dtype=float).mean()) for name, box in boxes.items()
    }


def brightest_corner(image: Image.Image) -> str:
    corners = corner_brightness(image)
    return max(corners, key=lambda name: corners[name])


def likeness(one: str, other: str) -> int:
    """Bits that two perceptual hashes differ in."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def megapixels(count: float) -> tuple[int, int]:
    """Sides of a 4:3 picture with about so many megapixels, whole multiples of 64."""
    width = round(math.sqrt(count * 1e6 * 4 / 3) / 64) * 64
    return width, round(width * 3 / 4 / 64) * 64
