"""Pictures whose black is 16 and whose white is 235 get black and white."""

import io
import struct

import numpy as np
import pillow_heif
import pytest
import pyvips
from PIL import Image
from services.processing.tests import pictures
from services.processing.tests.conftest import Render
from services.processing.tests.metadata_blocks import with_cicp

from pichaven_processing.imaging.sources.av1 import code_points_of_av1
from pichaven_processing.imaging.sources.code_points import CodePoints
from pichaven_processing.imaging.sources.iso_media import IsoMedia


@pytest.mark.parametrize("bits", [8, 10])
def test_limited_range_of_a_grey_picture_is_expanded(render: Render, bits: int) -> None:
    grey = Image.new("L", (640, 480), 16)
    grey.paste(235, (320, 0, 640, 480))
    pixels, mode = np.asarray(grey), "L"
    if bits == 10:
        pixels, mode = pixels.astype("<u2") << 8, "I;16"
    buffer = io.BytesIO()
    # The encoder takes the numbers of a grey picture as they are.
    pillow_heif.from_bytes(mode, grey.size, pixels.tobytes()).save(
        buffer, quality=95, full_range_flag=0
    )

    preview = render(buffer.getvalue()).image().convert("L")

    assert preview.getpixel((20, 50)) < 8
    assert preview.getpixel((380, 50)) > 247


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_limited_range_of_a_png_is_expanded(render: Render, mode: str, bits: int) -> None:
    levels = np.full((480, 640), 16 << bits - 8, np.uint8 if bits == 8 else np.uint16)
    levels[:, 320:] = 235 << bits - 8
    image = pyvips.Image.new_from_array(levels)
    if mode == "RGB":
        image = image.bandjoin([image, image])
    names = {("L", 8): "b-w", ("L", 16): "grey16", ("RGB", 8): "srgb", ("RGB", 16): "rgb16"}
    png = image.copy(interpretation=names[mode, bits]).pngsave_buffer(bitdepth=bits)

    preview = render(with_cicp(bytes(png), 1, 13, 0, 0)).image().convert("L")

    assert preview.getpixel((20, 50)) < 8
    assert preview.getpixel((380, 50)) > 247


@pytest.mark.parametrize("range_", ["limited", "full"])
def test_the_range_of_a_grey_avif_is_in_its_data_where_no_box_has_it(
    render: Render, range_: str
) -> None:
    grey = Image.new("L", (640, 480), 0)
    grey.paste(255, (320, 0, 640, 480))
    data = pictures.encode(grey, "AVIF", quality=95, speed=9, subsampling="4:0:0", range=range_)
    assert data.count(b"colr") == 1

    preview = render(data.replace(b"colr", b"free")).image().convert("L")

    assert preview.getpixel((20, 50)) < 8
    assert preview.getpixel((380, 50)) > 247


def test_the_range_of_an_avif_is_read_from_its_decoders_box() -> None:
    data = pictures.encode(pictures.picture(), "AVIF", range="limited")
    start, colours, content = (data.index(name) for name in (b"av1C", b"colr", b"mdat"))
    assert (colours, data[content + 4 : content + 6]) == (start + 12, b"\x12\0")
    units = data[content + 6 :]
    # The box takes the place of the colours too, and padding the rest of it.
    header = units[: 2 + units[1]]
    padding = bytes((0x7A, 19 - len(header) - 2)).ljust(19 - len(header), b"\1")
    data = data[: start - 4] + struct.pack(">I", 31) + data[start : start + 8] + header + padding
    data += pictures.encode(pictures.picture(), "AVIF", range="limited")[len(data) : content + 4]

    assert IsoMedia(data + bytes(len(units) + 2)).code_points == CodePoints(1, 13, 6, False)


def test_colours_of_av1_data_are_read_behind_every_field() -> None:
    fields = [
        *((0, 3), (0, 1), (0, 1)),  # profile, still, not reduced
        *((1, 1), (1, 32), (25, 32), (1, 1), (0b00101, 5)),  # timing, a number of 2 + 3 bits
        *((1, 1), (9, 5), (1, 32), (9, 5), (9, 5)),  # decoder model
        *((1, 1), (1, 5)),  # display delays, two operating points
        *((0, 12), (8, 5), (1, 1), (1, 1), (5, 21), (1, 1), (3, 4)),
        *((0, 12), (4, 5), (0, 1), (0, 1)),
        *((9, 4), (9, 4), (639, 10), (479, 10), (1, 1), (5, 7)),
        *((7, 3), (15, 4), (1, 1), (3, 2), (0, 1), (1, 1), (0, 1), (1, 1), (6, 3), (7, 3)),
        *((1, 1), (0, 1), (1, 1), (9, 8), (16, 8), (9, 8), (0, 1)),
    ]
    text = "".join(f"{value:0{width}b}" for value, width in fields) + "1"
    body = int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8))
    delimiter = b"\x12\0"

    assert code_points_of_av1(delimiter + b"\x0a" + bytes((len(body),)) + body) == CodePoints(
        9, 16, 9, is_full_range=False
    )
    assert code_points_of_av1(delimiter + b"\x0a" + bytes((len(body),)) + body[:-4]) is None
