"""Pictures of high dynamic range and of premultiplied alpha look like plain ones."""

import io
import struct

import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
import pyvips
from PIL import Image
from services.processing.tests import pictures
from services.processing.tests.conftest import Render
from services.processing.tests.metadata_blocks import with_cicp

from pichaven_processing.imaging.sources.code_points import CodePoints, code_points_of_icc
from pichaven_processing.imaging.sources.jxl_header import is_premultiplied, picture_size
from pichaven_processing.imaging.sources.vips_source import shrink
from pichaven_processing.imaging.tone_mapping import to_srgb

PQ, HLG = 16, 18
_WHITE = 203.0
_TO_BT2020 = np.array(
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
)
_BT2020_LUMINANCE = np.array([0.2627, 0.6780, 0.0593])


def _to_hdr(image: Image.Image, transfer: int) -> npt.NDArray[np.uint16]:
    """Return the picture in BT.2100, its white at 203 cd/m2."""
    signal = np.asarray(image).astype(float) / 255
    linear = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    nits = linear @ _TO_BT2020.T * _WHITE
    if transfer == PQ:
        power = (nits / 10_000) ** 0.1593017578125
        coded = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    else:
        display = nits / 1000
        luminance = np.maximum(display @ _BT2020_LUMINANCE, 1e-9)[..., None]
        scene = display * luminance ** (1 / 1.2 - 1)
        a = 0.17883277
        b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
        upper = a * np.log(np.maximum(12 * scene - b, 1e-9)) + c
        coded = np.where(scene <= 1 / 12, np.sqrt(3 * scene), upper)
    return np.rint(coded.clip(0, 1) * 65535).astype(np.uint16)


def _icc(transfer: int) -> bytes:
    """A profile with nothing but a `cicp` tag, beside what makes it one."""
    head = bytearray(128)
    head[12:24] = b"mntrRGB XYZ "
    head[36:40] = b"acsp"
    cicp = b"cicp\0\0\0\0" + bytes([9, transfer, 0, 1])
    body = struct.pack(">I", 1) + struct.pack(">4sII", b"cicp", 144, len(cicp)) + cicp
    struct.pack_into(">I", head, 0, 128 + len(body))
    return bytes(head) + body


def _jxl_in_bt2100(signal: npt.NDArray[np.uint8], transfer: int) -> bytes:
    """A lossless JPEG XL of 640 x 480 whose header says BT.2100 in place of sRGB."""
    data = pictures.jxl(Image.fromarray(signal), lossless=True)
    before = 24  # bits of the size, the depth and the channels
    fields = [
        (int.from_bytes(data[2:5], "little"), before),
        *((0, 1), (0, 1), (0, 2)),  # colours by enumeration, in RGB
        *((1, 2), (2, 2), (7, 4)),  # D65, primaries of BT.2100
        *(((0, 1), (2, 2), (14, 4)) if transfer == PQ else ((0, 1), (3, 2), (0, 6))),
        *((1, 2), (0, 2), (1, 1)),  # rendering intent, no extensions
    ]
    header, position = 0, 0
    for bits, width in fields:
        header |= bits << position
        position += width
    sizes = -(-position // 8), -(-(before + 4) // 8)
    return data[:2] + header.to_bytes(sizes[0], "little") + data[2 + sizes[1] :]


def _with_code_points(avif: bytes, primaries: int, transfer: int) -> bytes:
    """Return the file with other primaries and another transfer; its matrix stays."""
    at = avif.index(b"colrnclx") + len(b"colrnclx")
    return avif[:at] + struct.pack(">HH", primaries, transfer) + avif[at + 4 :]


def _hdr_file(format_: str, transfer: int) -> bytes:
    pixels = _to_hdr(pictures.picture(), transfer)
    if format_ == "jxl":
        return _jxl_in_bt2100((pixels / 257).round().astype(np.uint8), transfer)
    if format_ == "avif by code points":
        plain = Image.fromarray((pixels / 257).round().astype(np.uint8))
        return _with_code_points(pictures.encode(plain, "AVIF", quality=95), 9, transfer)
    if format_ == "heic":
        buffer = io.BytesIO()
        image = pillow_heif.from_bytes("RGB;16", (640, 480), pixels.tobytes())
        image.save(
            buffer,
            quality=90,
            color_primaries=9,
            transfer_characteristics=transfer,
            matrix_coefficients=9,
            full_range_flag=1,
        )
        return buffer.getvalue()
    image = pyvips.Image.new_from_array(pixels, interpretation="rgb16").copy()
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", _icc(transfer))
    if format_ == "png":
        # The profile is a plain one, which the chunk goes before.
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", pictures.display_p3())
        return with_cicp(bytes(image.pngsave_buffer(bitdepth=16)), 9, transfer, 0, 1)
    if format_ == "avif":
        return bytes(image.heifsave_buffer(compression="av1", bitdepth=10, Q=90, effort=0))
    return bytes(image.tiffsave_buffer())


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("format_", ["heic", "avif", "avif by code points", "jxl", "tiff", "png"])
def test_a_picture_of_high_dynamic_range_looks_like_its_plain_twin(
    render: Render, format_: str, transfer: int
) -> None:
    twin = np.asarray(pictures.picture()).astype(float)

    image = np.asarray(render(_hdr_file(format_, transfer)).image("800.jpeg")).astype(float)

    assert np.abs(image - twin).mean() < 8
    assert np.abs(image.mean(axis=(0, 1)) - twin.mean(axis=(0, 1))).max() < 4


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_highlights_keep_their_order_and_stay_below_white(transfer: int) -> None:
    ramp = np.linspace(0, 65535 * 0.75, 640).astype(np.uint16)
    pixels = np.repeat(np.tile(ramp, (64, 1))[..., None], 3, axis=2)
    image = pyvips.Image.new_from_array(pixels, interpretation="rgb16")

    mapped = to_srgb(image, CodePoints(9, transfer)).numpy()[0].astype(int)

    assert (np.diff(mapped.max(axis=1)) >= 0).all()
    assert np.ptp(mapped, axis=1).max() <= 1
    assert mapped.max() >= 250


def test_alpha_is_kept_when_tones_are_mapped() -> None:
    pixels = np.full((8, 8, 4), 20_000, np.uint16)
    pixels[..., 3] = 32_896
    image = pyvips.Image.new_from_array(pixels, interpretation="rgb16")

    mapped = to_srgb(image, CodePoints(9, PQ))

    assert mapped.bands == 4
    assert mapped[3].avg() == 128


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RGB_D65_202_Per_PeQ", (9, PQ)),
        ("Rec2020 Gamut with HLG Transfer", (9, HLG)),
        ("Display P3 PQ", (12, PQ)),
        ("sRGB IEC61966-2.1", None),
        ("Display P3", None),
    ],
)
def test_a_profile_without_code_points_is_known_by_its_name(
    name: str, expected: tuple[int, int] | None
) -> None:
    desc = b"mluc\0\0\0\0" + name.encode("utf-16-be")
    head = bytes(128) + struct.pack(">I", 1) + struct.pack(">4sII", b"desc", 144, len(desc))

    points = code_points_of_icc(head + desc)

    assert (points and (points.primaries, points.transfer)) == expected


@pytest.mark.parametrize("format_", ["heic", "avif"])
def test_a_picture_in_bt2020_without_hdr_is_converted(render: Render, format_: str) -> None:
    plain = Image.new("RGB", (640, 480), (200, 60, 60))
    buffer = io.BytesIO()
    if format_ == "avif":
        buffer.write(_with_code_points(pictures.encode(plain, "AVIF", quality=95), 9, 1))
    else:
        pillow_heif.from_pillow(plain).save(
            buffer,
            quality=95,
            color_primaries=9,
            transfer_characteristics=1,
            matrix_coefficients=9,
            full_range_flag=1,
        )

    red, green, _ = render(buffer.getvalue()).image().getpixel((50, 50))

    # The same numbers are a stronger red in BT.2020.
    assert red > 208
    assert green < 45


def test_parts_above_reference_white_leave_middle_tones_and_keep_differences() -> None:
    light = np.array([0.05, 0.2, 1.0, 2.0, 3.0]) * 203
    power = (light / 10_000) ** 0.1593017578125
    coded = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    pixels = np.repeat(np.rint(coded * 65535)[None, :, None], 3, axis=2).astype(np.uint16)
    image = pyvips.Image.new_from_array(pixels, interpretation="rgb16")

    dark, middle, white, bright, peak = to_srgb(image, CodePoints(9, PQ)).numpy()[0, :, 0]

    # sRGB's own values of 0.05 and 0.2.
    assert dark == pytest.approx(63, abs=1)
    assert middle == pytest.approx(124, abs=1)
    assert 190 < white < 225 < bright < 245 < peak


@pytest.mark.parametrize("format_", ["avif", "heic"])
def test_premultiplied_alpha_of_a_container_is_undone(render: Render, format_: str) -> None:
    half = Image.new("RGBA", (640, 480), (100, 50, 20, 128))
    buffer = io.BytesIO()
    if format_ == "avif":
        half.save(buffer, "AVIF", quality=100, alpha_premultiplied=True)
    else:
        file = pillow_heif.from_bytes("RGBa", half.size, bytes([50, 25, 10, 128]) * 640 * 480)
        file.save(buffer, quality=100)
    assert b"prem" in buffer.getvalue()

    image = render(buffer.getvalue()).image("400.avif").convert("RGBA")

    red, green, blue, alpha = image.getpixel((50, 50))
    assert (red, green, blue) == pytest.approx((100, 50, 20), abs=8)
    assert alpha == pytest.approx(128, abs=3)


def test_premultiplied_alpha_is_undone() -> None:
    pixels = np.full((8, 8, 4), (100, 50, 20, 128), np.uint8)
    image = pyvips.Image.new_from_array(pixels, interpretation="srgb")

    red, green, blue, alpha = shrink(image, 8, premultiplied=True).numpy()[0, 0]

    assert (red, green, blue) == pytest.approx((199, 100, 40), abs=1)
    assert alpha == 128


@pytest.mark.parametrize("associated", [0, 1])
def test_a_jxl_header_says_whether_its_alpha_is_premultiplied(associated: int) -> None:
    fields = [
        *((1, 1), (15, 5), (0, 3), (19, 5)),  # size: 128 x 160
        *((0, 1), (0, 1)),  # not all default, no extra fields
        *((0, 1), (0, 2)),  # 8 bits a sample
        *((1, 1), (1, 2)),  # modular buffers of 16 bits, one extra channel
        *((0, 1), (0, 2)),  # the channel is not default; it is alpha
        *((0, 1), (0, 2), (0, 2), (0, 2)),  # 8 bits, no shift, no name
        (associated, 1),
    ]
    value = position = 0
    for bits, width in fields:
        value |= bits << position
        position += width
    data = b"\xff\x0a" + value.to_bytes(16, "little")

    assert picture_size(data) == (160, 128)
    assert is_premultiplied(data) is bool(associated)


def test_premultiplied_alpha_of_a_jxl_is_undone(render: Render) -> None:
    data = pictures.jxl(Image.new("RGBA", (640, 480), (50, 25, 10, 128)), lossless=True)
    before, after = 23, 5  # bits of the header around that of the default alpha channel
    bits = int.from_bytes(data[2:6], "little")
    assert bits >> before & 1
    # Not the default one: alpha of 8 bits without shift or name, associated.
    header = bits & (1 << before) - 1 | 1 << before + 10 | bits >> before + 1 << before + 11
    premultiplied = data[:2] + header.to_bytes(5, "little") + data[6:]
    assert before + 11 + after <= 40
    assert is_premultiplied(premultiplied)

    image = render(premultiplied).image("400.avif").convert("RGBA")

    red, green, blue, alpha = image.getpixel((50, 50))
    assert (red, green, blue) == pytest.approx((100, 50, 20), abs=8)
    assert alpha == pytest.approx(128, abs=3)


def test_a_picture_with_a_gain_map_is_shown_as_its_base(render: Render) -> None:
    base = pictures.picture()
    plain = pictures.jpeg()
    xmp = (
        b"http://ns.adobe.com/xap/1.0/\0"
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
        b' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
        b' hdrgm:GainMapMax="3.5"/></rdf:RDF></x:xmpmeta>'
    )
    segment = b"\xff\xe1" + struct.pack(">H", len(xmp) + 2) + xmp
    gain_map = pictures.encode(Image.new("L", (320, 240), 200), "JPEG")

    image = render(plain[:2] + segment + plain[2:] + gain_map).image("800.jpeg")

    assert image.size == base.size
    assert np.abs(np.asarray(image).astype(float) - np.asarray(base)).mean() < 4


def test_alpha_that_is_not_premultiplied_stays(render: Render) -> None:
    half = Image.new("RGBA", (640, 480), (100, 50, 20, 128))
    data = pictures.jxl(half, lossless=True)
    assert not is_premultiplied(data)

    red, green, blue, alpha = render(data).image("400.avif").convert("RGBA").getpixel((50, 50))

    assert (red, green, blue) == pytest.approx((100, 50, 20), abs=6)
    assert alpha == pytest.approx(128, abs=2)
