import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps

from pichaven_ml.inference.decoding import decode
from pichaven_ml.inference.errors import TooManyPixels, UnreadablePicture


def encode_image(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_three_formats_become_rgb(kind: str, mode: str) -> None:
    image = decode(encode_image(Image.new(mode, (40, 30), "white"), kind))
    assert (image.mode, image.size) == ("RGB", (40, 30))


def test_cmyk_and_palette_become_rgb() -> None:
    assert decode(encode_image(Image.new("CMYK", (9, 9)), "JPEG")).mode == "RGB"
    assert decode(encode_image(Image.new("P", (9, 9)), "PNG")).mode == "RGB"


def test_transparent_parts_are_white() -> None:
    image = decode(encode_image(Image.new("RGBA", (9, 9), (255, 0, 0, 0)), "PNG"))
    assert image.getpixel((4, 4)) == (255, 255, 255)


def test_a_rotated_photo_is_put_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = decode(encode_image(Image.new("RGB", (40, 20)), "JPEG", exif=exif))
    assert image.size == (20, 40)


def test_a_large_jpeg_is_decoded_small() -> None:
    image = decode(encode_image(Image.new("RGB", (6000, 4500), "green"), "JPEG"))
    assert 1024 <= image.width <= 2048


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_a_large_picture_is_reduced_in_strips_as_if_in_one(mode: str) -> None:
    colours = Image.effect_noise((3300, 2600), 90).convert("RGBA")
    colours.putalpha(Image.linear_gradient("L").resize(colours.size))
    image = colours.convert(mode)
    data = encode_image(
        image, "PNG", compress_level=1, **({"transparency": 0} if mode == "P" else {})
    )
    whole = Image.open(BytesIO(data))
    white = Image.new("RGBA", whole.size, "white")
    white.alpha_composite(whole.convert("RGBA"))

    small = decode(data)

    assert small.size == (1650, 1300)
    assert small.tobytes() == white.convert("RGB").reduce(2).tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_put_upright_as_pillow_does(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode_image(Image.effect_noise((41, 20), 90), "PNG", exif=exif)
    upright = ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB")
    assert decode(data).tobytes() == upright.tobytes()


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (12_000, 9_000), (8_000, 7_000)])
def test_a_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    with pytest.raises(TooManyPixels):
        decode(png_header(width, height))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        encode_image(Image.new("RGB", (9, 9)), "GIF"),
        encode_image(Image.new("RGB", (9, 9)), "TIFF"),
        encode_image(Image.effect_noise((300, 300), 50), "JPEG")[:2000],
        png_header(100, 100),
        b"\xff\xd8\xff\xe0" + bytes(500),
        b"RIFF\x00\x10\x00\x00WEBPVP8 " + bytes(100),
    ],
)
def test_what_cannot_be_read_is_named_so(data: bytes) -> None:
    with pytest.raises(UnreadablePicture):
        decode(data)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_cut_off_exif_block_is_damage(kind: str) -> None:
    buffer = BytesIO()
    Image.new("RGB", (9, 9)).save(buffer, kind, exif=b"Exif\0\0II*\0")
    with pytest.raises(UnreadablePicture):
        decode(buffer.getvalue())


def test_damaged_bytes_never_raise_anything_else() -> None:
    random = np.random.default_rng(1)
    noise = Image.fromarray(random.integers(0, 255, (60, 60, 3), dtype=np.uint8))
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = bytearray(encode_image(noise, kind))
        for _ in range(150):
            damaged = bytearray(whole)
            for offset in random.integers(8, len(whole), 12):
                damaged[offset] = random.integers(0, 256)
            try:
                decode(bytes(damaged))
            except (UnreadablePicture, TooManyPixels):
                continue
