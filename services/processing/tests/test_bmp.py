"""BMP files of every header, depth and set of masks."""

import struct
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from services.processing.tests import pictures
from services.processing.tests.conftest import Render

from pichaven_processing.imaging.rejection import Rejected

WIDTH, HEIGHT = 320, 240
Masks = tuple[int, int, int, int]


def _rgb() -> npt.NDArray[np.uint64]:
    return np.asarray(pictures.picture(WIDTH, HEIGHT)).astype(np.uint64)


def _file(
    header: bytes, rows: npt.NDArray[np.uint8], between: bytes = b"", *, top_down: bool = False
) -> bytes:
    rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    pixels = (rows if top_down else rows[::-1]).tobytes()
    start = 14 + len(header) + len(between)
    head = b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start)
    return head + header + between + pixels


def _info(bits: int, compression: int = 0, *, size: int = 40, top_down: bool = False) -> bytes:
    height = -HEIGHT if top_down else HEIGHT
    header = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, 0, 0, 0, 0, 0)
    return struct.pack("<I", size) + header[4:]


def _masked(bits: int, masks: Masks, *, size: int = 56, top_down: bool = False) -> bytes:
    rgb = np.concatenate([_rgb(), np.full((HEIGHT, WIDTH, 1), 255, np.uint64)], axis=2)
    values = np.zeros((HEIGHT, WIDTH), np.uint64)
    for band, mask in enumerate(masks):
        if mask:
            shift = (mask & -mask).bit_length() - 1
            values |= (rgb[..., band] * (mask >> shift) + 127) // 255 << shift
    rows = np.ascontiguousarray(values.astype(f"<u{bits // 8}")).view(np.uint8)
    count = 3 if size == 40 else 4
    packed = struct.pack(f"<{count}I", *masks[:count])
    header = _info(bits, 3, size=size, top_down=top_down)
    if size == 40:
        return _file(header, rows, packed, top_down=top_down)
    return _file((header + packed).ljust(size, b"\0"), rows, top_down=top_down)


def _indexed(bits: int, header: bytes, *, top_down: bool = False) -> bytes:
    grey = np.asarray(pictures.picture(WIDTH, HEIGHT).convert("L"))
    numbers = (grey.astype(int) * ((1 << bits) - 1) + 127) // 255
    digits = numbers[..., None] >> np.arange(bits)[::-1] & 1
    rows = np.packbits(digits.reshape(HEIGHT, -1).astype(np.uint8), axis=1)
    levels = [number * 255 // ((1 << bits) - 1) for number in range(1 << bits)]
    palette = b"".join(bytes((level, level, level, 0)) for level in levels)
    return _file(header, rows, palette, top_down=top_down)


def _short_os2(bits: int) -> bytes:
    return struct.pack("<IIIHH", 16, WIDTH, HEIGHT, 1, bits)


def _plain_rows() -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(_rgb()[..., ::-1].astype(np.uint8)).reshape(HEIGHT, -1)


TEN_BITS: Masks = (0x3FF00000, 0xFFC00, 0x3FF, 0)
TEN_BITS_AND_ALPHA: Masks = (0x3FF, 0xFFC00, 0x3FF00000, 0xC0000000)
FOUR_BITS: Masks = (0x0F00, 0x00F0, 0x000F, 0xF000)
SOUND: dict[str, Callable[[], bytes]] = {
    "10 bits a colour": lambda: _masked(32, TEN_BITS, size=40),
    "10 bits a colour, top-down": lambda: _masked(32, TEN_BITS, top_down=True),
    "10 bits a colour, 2 of alpha": lambda: _masked(32, TEN_BITS_AND_ALPHA, size=124),
    "4 bits a colour and of alpha": lambda: _masked(16, FOUR_BITS),
    "4 bits a colour, none of alpha": lambda: _masked(16, (*FOUR_BITS[:3], 0), size=40),
    "12, 12 and 8 bits": lambda: _masked(32, (0xFFF00000, 0xFFF00, 0xFF, 0), size=52),
    "5, 6 and 5 bits": lambda: _masked(16, (0xF800, 0x07E0, 0x001F, 0), size=40),
    "grey, 2 bits": lambda: _indexed(2, _info(2)),
    "grey, 2 bits, top-down": lambda: _indexed(2, _info(2, top_down=True), top_down=True),
    "grey, 4 bits, short header": lambda: _indexed(4, _short_os2(4)),
    "grey, 8 bits, short header": lambda: _indexed(8, _short_os2(8)),
    "24 bits, short header": lambda: _file(_short_os2(24), _plain_rows()),
    "24 bits, top-down": lambda: _file(_info(24, top_down=True), _plain_rows(), top_down=True),
    "grey, run lengths of 8 bits": lambda: _run_lengths(8),
    "grey, run lengths of 4 bits": lambda: _run_lengths(4),
}


def _run_lengths(bits: int) -> bytes:
    """Every pixel is a run of its own."""
    grey = np.asarray(pictures.picture(WIDTH, HEIGHT).convert("L"))
    numbers = (grey.astype(int) * ((1 << bits) - 1) + 127) // 255
    if bits == 4:
        numbers = numbers * 17
    data = b"".join(
        b"".join(bytes((1, number)) for number in row) + b"\0\0" for row in numbers[::-1]
    )
    levels = [number * 255 // ((1 << bits) - 1) for number in range(1 << bits)]
    palette = b"".join(bytes((level, level, level, 0)) for level in levels)
    start = 14 + 40 + len(palette)
    head = b"BM" + struct.pack("<IHHI", start + len(data) + 2, 0, 0, start)
    return head + _info(bits, 1 if bits == 8 else 2) + palette + data + b"\0\1"


@pytest.mark.parametrize("name", SOUND)
def test_a_bmp_looks_like_its_plain_twin(render: Render, name: str) -> None:
    rendered = render(SOUND[name]())

    twin = pictures.picture(WIDTH, HEIGHT)
    expected = np.asarray(twin.convert("L").convert("RGB") if "grey" in name else twin)
    image = np.asarray(rendered.image("150.jpeg").convert("RGB").resize(twin.size)).astype(float)
    most = 24 if "2 bits" in name and "grey" in name else 10
    assert np.abs(image - expected).mean() < most
    assert pictures.brightest_corner(rendered.image("150.jpeg")) == "top left"


@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
@pytest.mark.parametrize("name", SOUND)
def test_a_cut_bmp_is_damaged(render: Render, name: str, share: float) -> None:
    data = SOUND[name]()

    with pytest.raises(Rejected) as refused:
        render(data[: int(len(data) * share)])

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize(("compression", "bits"), [(4, 0), (5, 0), (4, 24)])
def test_a_bmp_in_a_coding_that_is_not_read_says_so(
    render: Render, compression: int, bits: int
) -> None:
    with pytest.raises(Rejected) as refused:
        render(_file(_info(bits, compression), _plain_rows()))

    assert refused.value.code == "unsupported_media_type"


@pytest.mark.parametrize(("compression", "kind"), [(4, "JPEG"), (5, "PNG")])
def test_a_jpeg_or_png_in_a_bmp_is_refused_by_its_name(
    render: Render, compression: int, kind: str
) -> None:
    inner = pictures.encode(pictures.picture(WIDTH, HEIGHT), kind)
    header = _info(0, compression)
    start = 14 + len(header)
    head = b"BM" + struct.pack("<IHHI", start + len(inner), 0, 0, start)

    with pytest.raises(Rejected) as refused:
        render(head + header + inner)

    assert refused.value.code == "unsupported_media_type"
    assert f"a {kind} in a BMP" in refused.value.message
