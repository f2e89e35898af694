"""Files in which zeros stand where data were never written, and sound ones with zeros in them."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from services.processing.tests import pictures, raw_files
from services.processing.tests.conftest import Render

from pichaven_processing.imaging.file_types import CR3, RAF, FileType
from pichaven_processing.imaging.rejection import Rejected
from pichaven_processing.imaging.sources.raw_extents import check_raw


def _encoded(format_: str, **options: object) -> Callable[[], bytes]:
    return lambda: pictures.encode(pictures.picture(), format_, **options)


@pytest.mark.parametrize("share", [0.4, 0.6, 0.8])
def test_a_heic_with_a_hole_is_damaged(render: Render, share: float) -> None:
    data = bytearray(pictures.heic())
    at = int(len(data) * share)
    data[at : at + 64] = bytes(64)

    with pytest.raises(Rejected) as refused:
        render(bytes(data))

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize("share", [0.4, 0.6, 0.8])
def test_a_gif_with_a_hole_is_damaged(render: Render, share: float) -> None:
    data = bytearray(pictures.encode(pictures.picture(), "GIF"))
    at = int(len(data) * share)
    data[at : at + 600] = bytes(600)

    with pytest.raises(Rejected) as refused:
        render(bytes(data))

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize("edge", ["width", "height"])
def test_a_gif_whose_first_picture_has_no_extent_is_damaged(render: Render, edge: str) -> None:
    image = pictures.picture()
    data = pictures.encode(image, "GIF")
    extent = b"".join(length.to_bytes(2, "little") for length in (0, 0, *image.size))
    at = data.index(b"," + extent) + (5 if edge == "width" else 7)

    with pytest.raises(Rejected) as refused:
        render(data[:at] + bytes(2) + data[at + 2 :])

    assert refused.value.code == "damaged_file"


COMPRESSED: dict[str, Callable[[], bytes]] = {
    "jpeg": pictures.jpeg,
    "progressive jpeg": lambda: pictures.jpeg(progressive=True),
    "png": _encoded("PNG"),
    "webp": _encoded("WEBP"),
    "lossless webp": _encoded("WEBP", lossless=True),
    "gif": _encoded("GIF"),
    "lzw tiff": _encoded("TIFF", compression="tiff_lzw"),
    "avif": _encoded("AVIF"),
    "heic": pictures.heic,
    "jxl": pictures.jxl,
    "lossless jxl": lambda: pictures.jxl(lossless=True),
}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("name", COMPRESSED)
def test_a_file_whose_end_was_never_written_is_damaged(
    render: Render, name: str, share: float
) -> None:
    data = COMPRESSED[name]()
    length = int(len(data) * share)

    with pytest.raises(Rejected) as refused:
        render(data[:length] + bytes(len(data) - length))

    assert refused.value.code == "damaged_file"


PLAIN: dict[str, Callable[[Image.Image], bytes]] = {
    "bmp": lambda image: pictures.encode(image, "BMP"),
    "bmp of four bytes": lambda image: pictures.encode(image.convert("RGBA"), "BMP"),
    "tiff": lambda image: pictures.encode(image, "TIFF"),
    "grey tiff": lambda image: pictures.encode(image.convert("L"), "TIFF"),
}


@pytest.mark.parametrize("share", [0.31, 0.62, 0.93])
@pytest.mark.parametrize("name", PLAIN)
def test_plain_rows_that_break_off_into_zeros_are_damaged(
    render: Render, name: str, share: float
) -> None:
    data = PLAIN[name](pictures.picture())
    length = int(len(data) * share)

    with pytest.raises(Rejected) as refused:
        render(data[:length] + bytes(len(data) - length))

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize("shape", ["bar", "circle", "slope", "black"])
@pytest.mark.parametrize("name", PLAIN)
def test_a_black_border_is_no_damage(render: Render, name: str, shape: str) -> None:
    y, x = np.mgrid[0:480, 0:640]
    is_black = {
        "bar": (y >= 400) | (y < 70),
        "circle": (x - 320) ** 2 + (y - 240) ** 2 > 200**2,
        "slope": (y > 400 - x / 20) | (y < 70 + x / 20),
        "black": y >= 0,
    }[shape]
    pixels = np.where(is_black[..., None], 0, np.asarray(pictures.picture()))

    render(PLAIN[name](Image.fromarray(pixels.astype(np.uint8))))


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["WEBP", "AVIF", "GIF"])
@pytest.mark.parametrize("level", [0, 255])
def test_a_flat_picture_is_sound_though_its_data_end_in_zeros(
    render: Render, format_: str, level: int
) -> None:
    image = Image.new("RGB", (3000, 2000), (level, level, level))

    assert render(pictures.encode(image, format_)).facts.width == 3000


def test_a_raw_file_with_a_whole_preview_and_no_sensor_data_is_damaged(render: Render) -> None:
    preview = pictures.jpeg(512, 384)
    data = pictures.dng(preview=preview, preview_size=(512, 384))
    assert render(data).facts.width == 512
    # The sensor's data begin with the picture's bright corner.
    sensor = 512 * 384 * 2
    bright = struct.pack("<4H", 30_000, 50_000, 30_000, 50_000)
    first = data.index(bright * 8)

    with pytest.raises(Rejected) as refused:
        render(data[:first] + bytes(sensor) + data[first + sensor :])

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize("share", [0.985, 0.993])
@pytest.mark.parametrize("maker", ["nef", "arw", "rw2", "orf"])
def test_a_raw_file_whose_last_rows_were_never_written_is_damaged(
    render: Render, maker: str, share: float
) -> None:
    data = getattr(raw_files, maker)()
    start, end = raw_files.strip_of(data)
    first = start + int((end - start) * share)

    with pytest.raises(Rejected) as refused:
        render(data[:first] + bytes(end - first) + data[end:])

    assert refused.value.code == "damaged_file"


def test_dark_rows_at_the_end_of_sensor_data_are_sound(render: Render) -> None:
    data = bytearray(raw_files.nef())
    _, end = raw_files.strip_of(data)
    dark = 40 * raw_files.WIDTH
    # Black with the noise of a sensor: two values in a hundred are not 0.
    data[end - 2 * dark : end] = (b"\x00" * 98 + b"\x01\x00").ljust(2 * dark, b"\0")[: 2 * dark]
    data[end - 2] = 1

    assert render(bytes(data)).facts.width > 0


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.98])
@pytest.mark.parametrize("zeroed", [False, True])
@pytest.mark.parametrize("kind", ["cr3", "raf"])
def test_a_raw_file_that_lacks_data_of_its_container_is_damaged(
    render: Render, kind: str, zeroed: bool, share: float
) -> None:
    data = getattr(raw_files, kind)()
    length = int(len(data) * share)

    with pytest.raises(Rejected) as refused:
        render(data[:length] + bytes(len(data) - length if zeroed else 0))

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize(("kind", "file_type"), [("cr3", CR3), ("raf", RAF)])
def test_the_container_of_a_whole_raw_file_is_sound(
    tmp_path: Path, kind: str, file_type: FileType
) -> None:
    path = tmp_path / "original"
    path.write_bytes(getattr(raw_files, kind)())

    assert check_raw(path, file_type, None)


@pytest.mark.parametrize("kind", ["cr3", "raf"])
def test_a_sound_raw_file_that_the_decoder_does_not_know_is_unsupported(
    render: Render, kind: str
) -> None:
    with pytest.raises(Rejected) as refused:
        render(getattr(raw_files, kind)())

    assert refused.value.code == "unsupported_media_type"


@pytest.mark.parametrize("compression", [9, 52546])
def test_a_dng_of_a_compression_that_is_not_read_is_shown_by_its_preview(
    render: Render, compression: int
) -> None:
    preview = pictures.jpeg(512, 384)
    entry = struct.pack("<HHIHH", 0x103, 3, 1, 1, 0)
    other = struct.pack("<HHIHH", 0x103, 3, 1, compression, 0)
    with_preview = pictures.dng(preview=preview, preview_size=(512, 384))
    alone = pictures.dng()
    assert entry in with_preview and entry in alone

    rendered = render(with_preview.replace(entry, other))
    with pytest.raises(Rejected) as refused:
        render(alone.replace(entry, other))

    assert pictures.brightest_corner(rendered.image()) == "top left"
    assert refused.value.code == "unsupported_media_type"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("zeroed", [False, True])
@pytest.mark.parametrize("maker", ["nef", "arw", "rw2", "orf"])
def test_a_raw_file_that_lacks_sensor_data_is_damaged(
    render: Render, maker: str, zeroed: bool, share: float
) -> None:
    data = getattr(raw_files, maker)()
    # The directory comes last; these cards lose what is before it.
    _, end = raw_files.strip_of(data)
    length = int(end * share)
    data = data[:length] + (bytes(end - length) + data[end:] if zeroed else b"")

    with pytest.raises(Rejected) as refused:
        render(data)

    assert refused.value.code == "damaged_file"
