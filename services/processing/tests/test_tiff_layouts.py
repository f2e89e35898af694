"""TIFF and BigTIFF of rare layouts look like their plain twins, or say why they cannot be read."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from services.processing.tests import pictures
from services.processing.tests.conftest import Render
from services.processing.tests.tiff_files import (
    ASCII,
    BLOB,
    DOUBLE,
    LONG,
    SHORT,
    TiffWriter,
    page_of,
    tiff_of,
)

from pichaven_processing.imaging.rejection import Rejected

VARIANTS = [(False, "<"), (False, ">"), (True, "<"), (True, ">")]
SAMPLES = ["u4", "i1", "i2", "i4", "f2", "f4", "f8"]
WIDTH, HEIGHT = 160, 120


def _levels(bands: int) -> npt.NDArray[np.float64]:
    """The picture as grey or colours from 0 to 1, opaque where it has alpha."""
    image = pictures.picture(WIDTH, HEIGHT)
    colours = np.asarray(image.convert("L" if bands < 3 else "RGB")).reshape(HEIGHT, WIDTH, -1)
    alpha = np.full((HEIGHT, WIDTH, 1), 255)
    pixels = np.concatenate([colours, alpha], axis=2) if bands in {2, 4} else colours
    return pixels / 255


def _samples(kind: str, bands: int) -> npt.NDArray[Any]:
    levels, sample = _levels(bands), np.dtype(kind)
    if sample.kind == "f":
        return levels.astype(sample)
    low, high = np.iinfo(sample).min, np.iinfo(sample).max
    return np.rint(low + levels * (high - low)).astype(sample)


def _bytes(bands: int = 3) -> npt.NDArray[np.uint8]:
    return np.rint(_levels(bands) * 255).astype(np.uint8)


def _difference(image: Image.Image, *, grey: bool = False) -> float:
    twin = pictures.picture(WIDTH, HEIGHT).convert("L" if grey else "RGB").convert("RGB")
    pixels = np.asarray(image.convert("RGB")).astype(float)
    return float(np.abs(pixels - np.asarray(twin.resize(image.size))).mean())


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", SAMPLES)
def test_samples_of_every_format_are_shown_at_their_brightness(
    render: Render, kind: str, bands: int
) -> None:
    rendered = render(tiff_of(_samples(kind, bands)))

    assert _difference(rendered.image("400.jpeg"), grey=bands < 3) < 4


@pytest.mark.parametrize(("big", "order"), VARIANTS)
@pytest.mark.parametrize("layout", [{"tile": 64}, {"planar": True}, {"tile": 64, "planar": True}])
@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "i2", "f4", "f8"])
def test_layouts_of_every_variant_look_the_same(
    render: Render, kind: str, layout: dict[str, Any], big: bool, order: str
) -> None:
    rendered = render(tiff_of(_samples(kind, 3), big=big, order=order, **layout))

    assert (rendered.facts.width, rendered.facts.height) == (WIDTH, HEIGHT)
    assert _difference(rendered.image("400.jpeg")) < 4


@pytest.mark.parametrize("kind", ["u1", "u2", *SAMPLES])
def test_grey_whose_zero_is_white_is_inverted_once(render: Render, kind: str) -> None:
    samples = _samples(kind, 1)
    inverted = 1 - samples if samples.dtype.kind == "f" else ~samples

    rendered = render(tiff_of(inverted, tags={262: (SHORT, [0])}))

    assert _difference(rendered.image("400.jpeg"), grey=True) < 4


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize(
    ("low", "high", "kind", "is_stated"),
    [
        (0, 255, "f4", False),
        (0, 65535, "f8", False),
        (0, 4095, "f4", True),
        (-1, 1, "f8", True),
        (-1024, 3071, "i2", True),
        (0, 255, "u4", True),
    ],
)
def test_a_stated_or_evident_range_is_full_brightness(
    render: Render, low: int, high: int, kind: str, is_stated: bool, bands: int
) -> None:
    samples = (low + _levels(bands) * (high - low)).astype(kind)
    stated = {340: (DOUBLE, [low] * bands), 341: (DOUBLE, [high] * bands)}

    rendered = render(tiff_of(samples, tags=stated if is_stated else {}))

    assert _difference(rendered.image("400.jpeg"), grey=bands == 1) < 4


def test_highlights_above_the_range_and_what_is_no_number_are_clipped(render: Render) -> None:
    samples = _samples("f4", 3)
    samples[:4, :4] = 40
    samples[-2:, -2:] = np.nan
    samples[-2:, :2] = np.inf

    assert _difference(render(tiff_of(samples)).image("400.jpeg")) < 4


@pytest.mark.parametrize(("low", "high"), [(0, 4095), (-1, 1), (-5, 0), (0, 20)])
def test_numbers_whose_range_is_unknown_are_unsupported(
    render: Render, low: int, high: int
) -> None:
    samples = (low + _levels(1) * (high - low)).astype("f4")
    samples.flat[0], samples.flat[1] = low, high

    with pytest.raises(Rejected) as refused:
        render(tiff_of(samples))

    assert refused.value.code == "unsupported_media_type"
    assert "range" in refused.value.message


@pytest.mark.parametrize("kind", ["u8", "i8"])
def test_integers_of_64_bits_are_unsupported(render: Render, kind: str) -> None:
    with pytest.raises(Rejected) as refused:
        render(tiff_of((_levels(1) * 1000).astype(kind)))

    assert refused.value.code == "unsupported_media_type"


@pytest.mark.parametrize("bands", [2, 4])
@pytest.mark.parametrize(
    "layout", [{}, {"tile": 64}, {"planar": True}, {"tile": 64, "planar": True}]
)
@pytest.mark.parametrize("kind", ["u1", "u2", "12 bits", "u4", "i2", "f4", "f8"])
def test_premultiplied_alpha_of_every_layout_is_undone(
    render: Render, kind: str, layout: dict[str, Any], bands: int
) -> None:
    levels = np.full((HEIGHT, WIDTH, bands), 0.25)
    levels[..., -1] = 0.5
    options: dict[str, Any] = {**layout, "tags": {338: (SHORT, [1])}}
    if kind == "12 bits":
        samples: npt.NDArray[Any] = (levels * 4095).astype(np.uint16)
        options["bits"] = 12
    elif kind.startswith("f"):
        samples = levels.astype(kind)
    else:
        low, high = np.iinfo(kind).min, np.iinfo(kind).max
        samples = (low + levels * (high - low)).astype(kind)

    image = render(tiff_of(samples, **options)).image("150.avif").convert("RGBA")

    assert image.getpixel((50, 50)) == pytest.approx((127, 127, 127, 127), abs=4)


@pytest.mark.parametrize("bits", [1, 4, 8, 10, 12, 14, 16, 32])
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_a_page_without_a_photometric_interpretation_is_read_as_black_at_zero_or_rgb(
    render: Render, bits: int, bands: int
) -> None:
    if bits < 8 and bands > 1:
        return
    samples = np.rint(_levels(bands) * ((1 << bits) - 1)).astype("u4")
    if bits in {8, 16, 32}:
        options: dict[str, Any] = {}
        samples = samples.astype(f"u{bits // 8}")
    else:
        options = {"bits": bits}

    rendered = render(tiff_of(samples, tags={262: None}, **options))

    # Of one bit only the corner is brighter than the middle.
    assert pictures.brightest_corner(rendered.image()) == "top left"
    if bits >= 8:
        assert _difference(rendered.image("400.jpeg"), grey=bands < 3) < 4


@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("layout", [{}, {"tile": 64}, {"planar": True}, {"bits": 12}])
def test_three_samples_that_are_called_grey_are_rgb(
    render: Render, photometric: int, bands: int, layout: dict[str, Any]
) -> None:
    bits = layout.get("bits", 8)
    samples = np.rint(_levels(bands) * ((1 << bits) - 1)).astype("u2" if bits > 8 else "u1")

    rendered = render(tiff_of(samples, tags={262: (SHORT, [photometric])}, **layout))

    assert _difference(rendered.image("400.jpeg"), grey=False) < 4


def test_samples_that_a_page_calls_extra_ones_are_no_colours(render: Render) -> None:
    samples = np.rint(_levels(3) * 255).astype("u1")
    tags = {262: (SHORT, [1]), 338: (SHORT, [0, 0])}

    red, green, blue = render(tiff_of(samples, tags=tags)).image("400.jpeg").getpixel((10, 10))

    assert red == green == blue


def test_a_palette_without_a_photometric_interpretation_is_read(render: Render) -> None:
    indices = np.asarray(pictures.picture(WIDTH, HEIGHT).convert("L"))
    ramp = [level * 257 for level in range(256)]
    colours = {320: (SHORT, [*ramp, *ramp[::-1], *[0] * 256])}

    image = render(tiff_of(indices, tags={262: None, **colours})).image("400.jpeg")

    red, green, blue = image.convert("RGB").getpixel((10, 10))
    assert (red, green, blue) == pytest.approx((234, 21, 0), abs=12)


@pytest.mark.parametrize("compression", ["jpeg", "ccittfax4"])
def test_a_compression_tells_what_samples_mean_without_a_photometric_interpretation(
    render: Render, compression: str
) -> None:
    import struct

    import pyvips

    image = pyvips.Image.new_from_array(np.asarray(pictures.picture(WIDTH, HEIGHT)))
    options: dict[str, Any] = {"compression": compression}
    if compression == "ccittfax4":
        image = image.colourspace("b-w") > 180
        options |= {"bitdepth": 1, "miniswhite": True}
    data = bytes(image.tiffsave_buffer(**options))
    entry = struct.pack("<HHI", 262, 3, 1)
    assert data.count(entry) == 1
    # A private tag in its place; libtiff does not mind their order.
    data = data.replace(entry, struct.pack("<HHI", 65000, 3, 1))

    rendered = render(data)

    assert pictures.brightest_corner(rendered.image()) == "top left"
    if compression == "jpeg":
        assert _difference(rendered.image("400.jpeg")) < 8


@pytest.mark.parametrize(("big", "order"), VARIANTS)
def test_a_preview_before_the_picture_is_not_shown(render: Render, big: bool, order: str) -> None:
    writer = TiffWriter(big=big, order=order)
    preview = np.asarray(pictures.picture(80, 60).transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    writer.add_page(page_of(writer, preview, tags={254: (LONG, [1])}))
    writer.add_page(page_of(writer, _bytes()))

    rendered = render(writer.content())

    assert (rendered.facts.width, rendered.facts.height) == (WIDTH, HEIGHT)
    assert pictures.brightest_corner(rendered.image()) == "top left"


@pytest.mark.parametrize(("big", "order"), VARIANTS)
def test_metadata_of_every_variant_are_read(render: Render, big: bool, order: str) -> None:
    tags = {
        0x010F: (ASCII, b"NIKON CORPORATION\0"),
        0x0110: (ASCII, b"NIKON D850\0"),
        274: (SHORT, [6]),
        0x8769: {0x8827: (SHORT, [400]), 0x9003: (ASCII, b"2024:05:06 07:08:09\0")},
        33723: (BLOB, b"\x1c\x02\x05\0\x07Harbour"),
    }

    facts = render(tiff_of(_bytes(), big=big, order=order, tags=tags)).facts

    assert (facts.width, facts.height) == (HEIGHT, WIDTH)
    assert (facts.metadata.camera, facts.metadata.iso) == ("Nikon D850", 400)
    assert facts.metadata.title == "Harbour"
    assert facts.metadata.taken_at is not None


@pytest.mark.parametrize(("big", "order"), VARIANTS)
@pytest.mark.parametrize("tile", [0, 64])
@pytest.mark.parametrize("bits", [10, 12, 14])
def test_packed_samples_of_every_variant_are_read(
    render: Render, bits: int, tile: int, big: bool, order: str
) -> None:
    samples = np.rint(_levels(3) * ((1 << bits) - 1)).astype(np.uint16)

    rendered = render(tiff_of(samples, bits=bits, tile=tile, big=big, order=order))

    assert _difference(rendered.image("400.jpeg")) < 4


@pytest.mark.parametrize(("big", "order"), VARIANTS)
@pytest.mark.parametrize("layout", [{}, {"planar": True}, {"tile": 64, "planar": True}])
@pytest.mark.parametrize("photometric", [8, 9])
def test_lab_of_every_variant_is_read(
    render: Render, photometric: int, layout: dict[str, Any], big: bool, order: str
) -> None:
    lab = np.array(pictures.picture(WIDTH, HEIGHT).convert("LAB"))
    if photometric == 9:
        lab[..., 1:] ^= 128
    tags = {262: (SHORT, [photometric])}

    rendered = render(tiff_of(lab, big=big, order=order, tags=tags, **layout))

    assert _difference(rendered.image("400.jpeg")) < 8


@pytest.mark.parametrize(("big", "order"), VARIANTS)
def test_a_cut_file_of_every_variant_is_damaged(render: Render, big: bool, order: str) -> None:
    writer = TiffWriter(big=big, order=order)
    page = dict(page_of(writer, _bytes()))
    page[279] = (LONG, [value * 2 for value in page[279][1]])  # type: ignore[index]
    writer.add_page(page)

    with pytest.raises(Rejected) as refused:
        render(writer.content())

    assert refused.value.code == "damaged_file"
