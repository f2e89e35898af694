"""RAW files of makers, as their plainest cameras write them: sensor data without compression."""

import struct
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from services.processing.tests import pictures

WIDTH, HEIGHT = 512, 384


def sensor() -> npt.NDArray[np.uint16]:
    """Values of 14 bits under an RGGB filter; the picture is bright at the top left."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    level = 500 + 5000 * (x / WIDTH) + np.random.default_rng(1).normal(0, 40, (HEIGHT, WIDTH))
    level[: HEIGHT // 4, : WIDTH // 4] = 12_500
    is_green = (y + x) % 2 == 1
    return np.where(is_green, level, level * 0.6).astype(np.uint16)


def nef() -> bytes:
    return _raw("NIKON CORPORATION", "NIKON D850", 14, sensor().tobytes())


def arw() -> bytes:
    return _raw("SONY", "ILCE-7M3", 14, sensor().tobytes())


def rw2() -> bytes:
    return b"IIU\0" + _raw("Panasonic", "DMC-GH5", 16, (sensor() << 2).tobytes())[4:]


def orf() -> bytes:
    """Olympus packs two values of 12 bits in three bytes, and turns every four bytes around."""
    values = sensor() >> 2
    even, odd = values[:, ::2], values[:, 1::2]
    packed = np.stack([even >> 4, (even & 15) << 4 | odd >> 8, odd & 255], -1).astype(np.uint8)
    data = np.frombuffer(packed.tobytes(), "<u4").byteswap().tobytes()
    return b"IIRO" + _raw("OLYMPUS IMAGING CORP.", "E-M1", 12, data)[4:]


def strip_of(data: bytes) -> tuple[int, int]:
    """Start and end of a file's sensor data."""
    offset, length = (data.index(struct.pack("<HHI", tag, 4, 1)) + 8 for tag in (0x111, 0x117))
    (start,), (size,) = (struct.unpack_from("<I", data, at) for at in (offset, length))
    return start, start + size


def raf() -> bytes:
    """The container of a RAF, with data that are none of a camera's."""
    parts = [pictures.jpeg(160, 120), bytes(64), sensor().tobytes()]
    head = bytearray(b"FUJIFILMCCD-RAW 0201FF383501".ljust(148, b"\0"))
    at = len(head)
    for index, part in enumerate(parts):
        struct.pack_into(">II", head, 84 + 8 * index, at, len(part))
        at += len(part)
    return bytes(head) + b"".join(parts)


def cr3() -> bytes:
    """The container of a CR3: a preview and sensor data, each a track of one sample."""

    def box(kind: bytes, *contents: bytes) -> bytes:
        content = b"".join(contents)
        return struct.pack(">I", len(content) + 8) + kind + content

    def track(at: int, length: int) -> bytes:
        sizes = box(b"stsz", struct.pack(">4xIII", 0, 1, length))
        chunks = box(b"co64", struct.pack(">4xIQ", 1, at))
        return box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", sizes, chunks))))

    samples = [pictures.jpeg(160, 120), sensor().tobytes()]
    head = box(b"ftyp", b"crx \0\0\0\1crx isom")
    start = len(head) + len(box(b"moov", track(0, 0), track(0, 0))) + 8
    first, second = map(len, samples)
    moov = box(b"moov", track(start, first), track(start + first, second))
    return head + moov + box(b"mdat", *samples)


def _raw(make: str, model: str, bits: int, data: bytes) -> bytes:
    directory: dict[int, Any] = {
        0x00FE: pictures.long(0),
        0x0100: pictures.long(WIDTH),
        0x0101: pictures.long(HEIGHT),
        0x0102: pictures.short(bits),
        0x0103: pictures.short(1),
        0x0106: pictures.short(32803),
        0x010F: pictures.ascii_(make),
        0x0110: pictures.ascii_(model),
        0x0111: pictures.Pixels(data),
        0x0112: pictures.short(1),
        0x0115: pictures.short(1),
        0x0116: pictures.long(HEIGHT),
        0x0117: pictures.long(len(data)),
        0x828D: pictures.short(2, 2),
        0x828E: pictures.bytes_(0, 1, 1, 2),
        0x8769: {
            0x829A: pictures.rational(Fraction(1, 60)),
            0x8827: pictures.short(200),
            0x9003: pictures.ascii_("2023:01:02 03:04:05"),
        },
    }
    return pictures.tiff(directory)
