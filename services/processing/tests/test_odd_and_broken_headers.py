"""Odd fields of a header spoil no picture; broken ones beside them make the file damaged."""

import struct
from collections.abc import Callable

import pytest
from services.processing.tests import pictures
from services.processing.tests.conftest import Render

from pichaven_processing.imaging.rejection import Rejected

_START_OF_SCAN, _CODES, _ADOBE = b"\xff\xda", b"\xff\xc4", b"\xff\xee"


def _rgb_jpeg(revision: int = 1, transform: int | None = None) -> bytes:
    data = bytearray(pictures.jpeg())
    data[data.index(b"JFIF") + 5] = revision
    if transform is not None:
        adobe = _ADOBE + struct.pack(">H5sHHHB", 14, b"Adobe", 100, 0, 0, transform)
        at = data.index(b"\xff\xdb")
        data[at:at] = adobe
    return bytes(data)


def _with_odd_scan_header(data: bytes) -> bytearray:
    """Set the fields that only progressive scans use."""
    odd = bytearray(data)
    at = odd.index(_START_OF_SCAN)
    end = at + 2 + int.from_bytes(odd[at + 2 : at + 4])
    odd[end - 3 : end] = bytes(3)
    return odd


ODD: dict[str, Callable[[], bytes]] = {
    "revision of JFIF": lambda: _rgb_jpeg(revision=3),
    "colour transform": lambda: _rgb_jpeg(transform=127),
    "all at once": lambda: bytes(
        _with_odd_scan_header(_rgb_jpeg(revision=3, transform=127)[:-2] + bytes(500) + b"\xff\xd9")
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_fields_spoil_no_picture(render: Render, name: str) -> None:
    plain = render(pictures.jpeg()).image("800.jpeg")

    image = render(ODD[name]()).image("800.jpeg")

    assert image.tobytes() == plain.tobytes()


def _cmyk_jpeg() -> bytearray:
    return bytearray(pictures.encode(pictures.picture().convert("CMYK"), "JPEG"))


def _cmyk_of_unknown_transform() -> bytes:
    data = _cmyk_jpeg()
    data[data.index(b"Adobe") + 11] = 127
    return bytes(data)


def _without_a_table_of_codes() -> bytes:
    data = bytearray(pictures.jpeg())
    data[data.index(_CODES)] = 0xBF
    return bytes(data)


def _with_bytes_in_a_table_of_codes() -> bytes:
    """What is pushed out of the table looks like junk behind it."""
    data = bytearray(pictures.jpeg())
    at = data.rindex(_CODES, 0, data.index(_START_OF_SCAN)) + 40
    data[at:at] = b"\x20\xf7\x03\xf5\xd4\x15\xb1"
    return bytes(data)


def _odd_scan_header_and_wrong_codes() -> bytes:
    data = _with_odd_scan_header(pictures.jpeg())
    middle = len(data) // 2
    data[middle : middle + 300] = bytes(300)
    return bytes(data)


def _jpeg_tiff_with_a_hole() -> bytes:
    data = bytearray(pictures.encode(pictures.picture(), "TIFF", compression="jpeg"))
    middle = len(data) // 2
    data[middle : middle + 1000] = bytes(1000)
    return bytes(data)


def _rgb_tiff_of_one_sample() -> bytes:
    data = pictures.encode(pictures.picture(), "TIFF")
    samples = struct.pack("<HHI", 277, 3, 1)
    return data.replace(samples, struct.pack("<HHI", 261, 3, 1))


BROKEN: dict[str, Callable[[], bytes]] = {
    "cmyk jpeg of an unknown transform": _cmyk_of_unknown_transform,
    "jpeg without a table of codes": _without_a_table_of_codes,
    "jpeg with bytes in a table of codes": _with_bytes_in_a_table_of_codes,
    "jpeg with an odd scan header and wrong codes": _odd_scan_header_and_wrong_codes,
    "jpeg tiff with a hole": _jpeg_tiff_with_a_hole,
    "rgb tiff of one sample": _rgb_tiff_of_one_sample,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_header_is_damaged(render: Render, name: str) -> None:
    with pytest.raises(Rejected) as refused:
        render(BROKEN[name]())

    assert refused.value.code == "damaged_file"
