"""What variants look like: upright, in sRGB, without anything that gives a place away."""

import numpy as np
import pytest
import pyvips
from PIL import Image
from services.processing.tests import pictures
from services.processing.tests.conftest import Render

CORNERS = {
    1: "top left",
    2: "top right",
    3: "bottom right",
    4: "bottom left",
    5: "top left",
    6: "top right",
    7: "bottom right",
    8: "bottom left",
}


@pytest.mark.parametrize(
    ("format_", "orientation"),
    [*(("JPEG", turn) for turn in CORNERS), ("TIFF", 6), ("WEBP", 6), ("PNG", 6)],
)
def test_pictures_are_turned_upright(render: Render, format_: str, orientation: int) -> None:
    options = {"exif": pictures.exif(orientation=orientation)}
    if format_ == "TIFF":
        directory = Image.Exif()
        directory[0x0112] = orientation
        options = {"tiffinfo": directory}

    rendered = render(pictures.encode(pictures.picture(), format_, **options))

    upright = (640, 480) if orientation < 5 else (480, 640)
    assert (rendered.facts.width, rendered.facts.height) == upright
    assert pictures.brightest_corner(rendered.image()) == CORNERS[orientation]


def test_a_heic_that_its_reader_turned_is_not_turned_again(render: Render) -> None:
    # The encoder writes the turn into the file's own box and leaves the EXIF tag as it was.
    data = pictures.heic(exif=pictures.exif(orientation=6))

    rendered = render(data)

    assert (rendered.facts.width, rendered.facts.height) == (480, 640)
    assert pictures.brightest_corner(rendered.image()) == "top right"


def test_wide_gamut_colours_arrive_as_the_srgb_ones_that_look_alike(render: Render) -> None:
    profile = pictures.display_p3()
    image = Image.new("RGB", (640, 480), (200, 60, 60))

    tagged = np.asarray(render(pictures.encode(image, "PNG", icc_profile=profile)).image())
    untagged = np.asarray(render(pictures.encode(image, "PNG")).image())

    red_tagged, red_untagged = tagged[50, 50], untagged[50, 50]
    assert abs(int(red_untagged[0]) - 200) < 6
    # The same numbers are a stronger red in Display P3.
    assert red_tagged[0] > red_untagged[0] + 8
    assert red_tagged[1] < red_untagged[1] - 8


@pytest.mark.parametrize("profile", [b"not a profile at all", b"\0" * 200])
def test_a_broken_colour_profile_costs_nothing_but_itself(render: Render, profile: bytes) -> None:
    rendered = render(pictures.jpeg(icc_profile=profile))

    assert pictures.brightest_corner(rendered.image()) == "top left"


def test_inks_are_converted_to_the_colours_they_print(render: Render) -> None:
    cyan = Image.new("CMYK", (640, 480), (255, 0, 0, 0))

    red, _green, blue = render(pictures.encode(cyan, "JPEG", quality=95)).image().getpixel((50, 50))

    assert red < 80
    assert blue > 150


def test_variants_carry_no_place_no_camera_and_no_profile(render: Render) -> None:
    data = pictures.jpeg(
        2400,
        1800,
        exif=pictures.exif(),
        icc_profile=pictures.srgb_profile(),
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>secret</x:xmpmeta>",
    )

    rendered = render(data)

    assert rendered.facts.metadata.place is not None
    assert len(rendered.facts.variants) == 8
    for variant in rendered.facts.variants:
        encoded = rendered.bytes_of(variant.filename)
        fields = set(pyvips.Image.new_from_buffer(encoded, "").get_fields())
        assert not fields & {"exif-data", "xmp-data", "iptc-data", "icc-profile-data"}
        assert b"NIKON" not in encoded
        assert b"secret" not in encoded


def test_transparency_is_kept_where_it_can_be_and_is_white_elsewhere(render: Render) -> None:
    image = Image.new("RGBA", (2400, 1800), (0, 0, 0, 0))

    rendered = render(pictures.encode(image, "PNG"))

    assert rendered.image("1920.jpeg").getpixel((10, 10)) == (255, 255, 255)
    assert rendered.image("1920.webp").convert("RGBA").getpixel((10, 10))[3] == 0
    assert rendered.image("400.avif").convert("RGBA").getpixel((10, 10))[3] == 0


def test_transparency_that_is_none_is_dropped(render: Render) -> None:
    rendered = render(pictures.encode(pictures.picture().convert("RGBA"), "PNG"))

    assert rendered.image("400.avif").mode == "RGB"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((4000, 3000), {"150": (150, 112), "800": (800, 600), "1920": (1920, 1440)}),
        ((300, 500), {"150": (90, 150), "400": (240, 400), "800": (300, 500)}),
        ((100, 60), {"150": (100, 60), "800": (100, 60)}),
        ((1, 1), {"150": (1, 1), "800": (1, 1)}),
        ((3000, 2), {"150": (150, 1), "1920": (1920, 1)}),
    ],
)
def test_no_variant_is_larger_than_the_picture(
    render: Render, size: tuple[int, int], expected: dict[str, tuple[int, int]]
) -> None:
    facts = render(pictures.encode(pictures.picture(*size), "PNG", compress_level=1)).facts

    sizes = {variant.name: (variant.width, variant.height) for variant in facts.variants}
    assert expected.items() <= sizes.items()


def test_the_palette_names_the_colours_that_fill_the_picture(render: Render) -> None:
    image = Image.new("RGB", (400, 400), (20, 40, 200))
    image.paste((240, 240, 10), (0, 0, 400, 100))

    first, second, *_ = render(pictures.encode(image, "PNG")).facts.palette

    assert first.hex == "#1428c8"
    assert first.share == pytest.approx(0.75, abs=0.05)
    # Where the colours meet they mix, so the second is not quite what was painted.
    assert list(bytes.fromhex(second.hex[1:])) == pytest.approx([240, 240, 10], abs=4)
