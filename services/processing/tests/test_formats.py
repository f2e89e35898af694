"""Every format becomes the same variants."""

import io

import pillow_heif
import pytest
from PIL import Image
from services.processing.tests import pictures, raw_files
from services.processing.tests.conftest import Render

PNG = "PNG"
SAME_PICTURE_BITS = 8
"""Search takes no pictures for the same whose hashes differ in more (its `MOST_BITS`)."""
FORMATS = {
    "jpeg": ("image/jpeg", pictures.jpeg),
    "progressive jpeg": ("image/jpeg", lambda: pictures.jpeg(progressive=True)),
    "grey jpeg": (
        "image/jpeg",
        lambda: pictures.encode(pictures.picture().convert("L"), "JPEG"),
    ),
    "cmyk jpeg": (
        "image/jpeg",
        lambda: pictures.encode(pictures.picture().convert("CMYK"), "JPEG"),
    ),
    "png": ("image/png", lambda: pictures.encode(pictures.picture(), PNG)),
    "palette png": (
        "image/png",
        lambda: pictures.encode(pictures.picture().convert("P"), PNG),
    ),
    "grey png": ("image/png", lambda: pictures.encode(pictures.picture().convert("L"), PNG)),
    "one-bit png": (
        "image/png",
        lambda: pictures.encode(pictures.picture().convert("1"), PNG),
    ),
    "16-bit png": ("image/png", pictures.sixteen_bit_png),
    "webp": ("image/webp", lambda: pictures.encode(pictures.picture(), "WEBP", quality=90)),
    "moving webp": ("image/webp", lambda: pictures.animation("WEBP")),
    "gif": ("image/gif", lambda: pictures.animation("GIF")),
    "tiff": ("image/tiff", lambda: pictures.encode(pictures.picture(), "TIFF")),
    "lzw tiff": (
        "image/tiff",
        lambda: pictures.encode(pictures.picture(), "TIFF", compression="tiff_lzw"),
    ),
    "avif": ("image/avif", lambda: pictures.encode(pictures.picture(), "AVIF", quality=80)),
    "heic": ("image/heic", pictures.heic),
    "tiled heic": ("image/heic", lambda: pictures.heic(1024, 768, tile=256)),
    "jxl": ("image/jxl", pictures.jxl),
    "grey jxl": ("image/jxl", lambda: pictures.jxl(pictures.picture().convert("L"))),
    "jxl container": (
        "image/jxl",
        lambda: pictures.jxl(exif=pictures.exif(), use_container=True),
    ),
    "bmp": ("image/bmp", lambda: pictures.encode(pictures.picture(), "BMP")),
    "dng": ("image/x-adobe-dng", pictures.dng),
    "nef": ("image/x-nikon-nef", raw_files.nef),
    "arw": ("image/x-sony-arw", raw_files.arw),
    "rw2": ("image/x-panasonic-rw2", raw_files.rw2),
    "orf": ("image/x-olympus-orf", raw_files.orf),
    "dng with preview": (
        "image/x-adobe-dng",
        lambda: pictures.dng(1024, 768, preview=pictures.jpeg(1024, 768), preview_size=(1024, 768)),
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_becomes_upright_srgb_variants(render: Render, name: str) -> None:
    content_type, make = FORMATS[name]

    rendered = render(make())

    facts = rendered.facts
    assert facts.content_type == content_type
    assert facts.width > facts.height > 0
    names = {variant.filename for variant in facts.variants}
    assert {"150.jpeg", "150.avif", "800.jpeg", "800.avif"} <= names
    for variant in facts.variants:
        with Image.open(io.BytesIO(rendered.bytes_of(variant.filename))) as image:
            assert image.size == (variant.width, variant.height)
            assert image.format == {"jpeg": "JPEG", "avif": "AVIF", "webp": "WEBP"}[variant.format]
            assert max(image.size) <= int(variant.name)
            assert len(rendered.bytes_of(variant.filename)) == variant.bytes
    assert pictures.brightest_corner(rendered.image()) == "top left"
    assert len(facts.blurhash) == 28
    assert len(facts.phash) == 16
    assert 1 <= len(facts.palette) <= 6


def test_the_same_picture_in_another_format_has_nearly_the_same_perceptual_hash(
    render: Render,
) -> None:
    one = render(pictures.jpeg()).facts.phash
    same = [render(FORMATS[name][1]()).facts.phash for name in ("png", "webp", "heic", "jxl")]
    other = render(pictures.encode(pictures.picture().rotate(90), PNG)).facts.phash

    assert max(pictures.likeness(one, hash_) for hash_ in same) <= SAME_PICTURE_BITS
    assert pictures.likeness(one, other) > 2 * SAME_PICTURE_BITS


def test_a_lossless_jxl_of_a_jpeg_is_turned_by_the_jpegs_own_orientation(
    render: Render, tmp_path: object
) -> None:
    import pillow_jxl

    source = pictures.jpeg(exif=pictures.exif(orientation=6))
    encoder = pillow_jxl.Encoder(mode="RGB", lossless=True, num_threads=0)
    packed = encoder(source, 640, 480, jpeg_encode=True)

    rendered = render(bytes(packed))

    assert rendered.facts.content_type == "image/jxl"
    assert (rendered.facts.width, rendered.facts.height) == (480, 640)


@pytest.mark.slow
def test_a_phone_sized_heic_of_many_tiles_and_large_metadata_is_read(render: Render) -> None:
    width, height = 4096, 3072
    data = pictures.heic(width, height, tile=256, exif=pictures.exif() + bytes(3_000_000))
    assert len(pillow_heif.open_heif(io.BytesIO(data)).info["exif"]) > 3_000_000

    facts = render(data).facts

    assert (facts.width, facts.height) == (width, height)
    assert facts.metadata.camera == "Nikon D850"
    assert {variant.name for variant in facts.variants} == {"150", "400", "800", "1920"}


@pytest.mark.parametrize(
    ("preview", "edge"), [((320, 240), 512), ((1024, 768), 1024)], ids=["too small", "enough"]
)
def test_a_raw_file_is_developed_only_when_its_preview_is_too_small(
    render: Render, preview: tuple[int, int], edge: int
) -> None:
    marked = pictures.picture(*preview).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    sides = (edge, edge * 3 // 4)
    data = pictures.dng(*sides, preview=pictures.encode(marked, "JPEG"), preview_size=preview)

    rendered = render(data)

    # The preview is mirrored, so the bright corner tells which of the two was used.
    corner = pictures.brightest_corner(rendered.image())
    assert corner == ("top right" if preview[0] >= edge else "top left")
    assert (rendered.facts.width, rendered.facts.height) == sides


def test_a_raw_file_is_turned_upright(render: Render) -> None:
    for data in (
        pictures.dng(orientation=6),
        pictures.dng(orientation=6, preview=pictures.jpeg(512, 384), preview_size=(512, 384)),
    ):
        rendered = render(data)
        assert rendered.facts.height > rendered.facts.width
        assert pictures.brightest_corner(rendered.image()) == "top right"


def test_exif_of_a_raw_file_is_read(render: Render) -> None:
    metadata = render(pictures.dng()).facts.metadata

    assert metadata.camera == "PicHaven Pinhole One"
    assert metadata.iso == 200
    assert metadata.taken_at is not None
    assert metadata.taken_at.at.startswith("2023-01-02T03:04:05")
