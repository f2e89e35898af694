"""Metadata is read from wherever a file's container may have it."""

import struct
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.processing.tests import metadata_blocks, pictures
from services.processing.tests.conftest import Render
from services.processing.tests.metadata_blocks import (
    png_with_chunk,
    raw_profile,
    text_chunk,
    webp_with_chunk,
    xmp,
)
from services.processing.tests.pictures import ascii_, rational, short, tiff

from pichaven_processing.imaging.metadata.canon_boxes import read_canon_boxes
from pichaven_processing.imaging.metadata.gif_extensions import read_gif_extensions
from pichaven_processing.imaging.metadata.iptc import read_iptc
from pichaven_processing.imaging.metadata.jpeg_segments import read_jpeg_segments, read_raf_jpeg
from pichaven_processing.imaging.metadata.png_chunks import read_png_chunks
from pichaven_processing.imaging.metadata.reading import read_blocks
from pichaven_processing.imaging.metadata.webp_chunks import read_webp_chunks
from pichaven_processing.imaging.sources.source import Blocks, tiff_tags

EXIF = pictures.exif(orientation=6)
PROFILE = raw_profile("exif", EXIF)
XMP = xmp(xmp__Rating="3", tiff__Make="Canon", tiff__Model="Canon EOS R5")

SIDEWAYS: dict[str, Callable[[], bytes]] = {
    "png, behind the picture": lambda: png_with_chunk(b"eXIf", EXIF[6:], is_last=True),
    "png, before the picture": lambda: png_with_chunk(b"eXIf", EXIF[6:]),
    **{
        f"png, {kind.decode()} of a profile {name}": lambda kind=kind, name=name: png_with_chunk(
            kind, text_chunk(kind, f"Raw profile type {name}", PROFILE), is_last=name == "APP1"
        )
        for kind in (b"tEXt", b"zTXt", b"iTXt")
        for name in ("exif", "APP1")
    },
    "webp without the flag": lambda: webp_with_chunk(b"EXIF", EXIF),
    "webp without the flag and the header": lambda: webp_with_chunk(b"EXIF", EXIF[6:]),
}


@pytest.mark.parametrize("carrier", SIDEWAYS)
def test_exif_that_the_decoder_does_not_find_is_read_and_turns_the_picture(
    render: Render, carrier: str
) -> None:
    rendered = render(SIDEWAYS[carrier]())

    metadata = rendered.facts.metadata
    assert (metadata.camera, metadata.iso, metadata.rating) == ("Nikon D850", 400, 4)
    assert metadata.place is not None
    assert metadata.taken_at is not None
    assert metadata.taken_at.at == "2024-05-06T05:08:09.250+00:00"
    assert (rendered.facts.width, rendered.facts.height) == (480, 640)
    assert pictures.brightest_corner(rendered.image()) == "top right"


@pytest.mark.parametrize(
    ("keyword", "head"),
    [
        ("Raw profile type APP1", "generic profile"),
        ("Raw profile type app1", "APP1"),
        ("Raw profile type exif", "exif profile"),
        ("Raw profile type EXIF", "Exif  Profile "),
        ("raw  Profile type exif ", "exif-profile"),
    ],
)
def test_a_raw_profile_has_a_name_of_any_words(render: Render, keyword: str, head: str) -> None:
    profile = text_chunk(b"zTXt", keyword, raw_profile(head, EXIF))

    rendered = render(png_with_chunk(b"zTXt", profile))

    assert rendered.facts.metadata.place is not None
    assert rendered.facts.metadata.taken_at is not None
    assert pictures.brightest_corner(rendered.image()) == "top right"


PACKETS: dict[str, Callable[[], bytes]] = {
    "png": lambda: png_with_chunk(b"iTXt", text_chunk(b"iTXt", "XML:com.adobe.xmp", XMP)),
    "png, behind the picture": lambda: png_with_chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP, is_last=True
    ),
    "png, raw profile xmp": lambda: png_with_chunk(
        b"zTXt", text_chunk(b"zTXt", "Raw profile type xmp", raw_profile("xmp", XMP))
    ),
    "png, raw profile APP1": lambda: png_with_chunk(
        b"zTXt",
        text_chunk(
            b"zTXt",
            "Raw profile type APP1",
            raw_profile("generic", b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        ),
    ),
    "png, generic profile APP1": lambda: png_with_chunk(
        b"tEXt",
        text_chunk(
            b"tEXt",
            "Raw profile type APP1",
            raw_profile("generic profile", b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        ),
    ),
    "png, xmp profile": lambda: png_with_chunk(
        b"zTXt", text_chunk(b"zTXt", "Raw profile type XMP", raw_profile("XMP profile", XMP))
    ),
    "webp without the flag": lambda: webp_with_chunk(b"XMP ", XMP),
    "gif": lambda: metadata_blocks.gif_with_xmp(XMP),
}


@pytest.mark.parametrize("carrier", PACKETS)
def test_xmp_that_the_decoder_does_not_find_is_read(render: Render, carrier: str) -> None:
    metadata = render(PACKETS[carrier]()).facts.metadata

    assert (metadata.camera, metadata.rating) == ("Canon EOS R5", 3)


@pytest.mark.parametrize("head", ["{}", "{} profile", "generic profile"])
@pytest.mark.parametrize("name", ["iptc", "8bim"])
def test_iptc_of_a_png_is_read(render: Render, name: str, head: str) -> None:
    block = metadata_blocks.photoshop(metadata_blocks.iptc({120: "Évening", 25: "boats"}))
    profile = text_chunk(b"zTXt", f"Raw profile type {name}", raw_profile(head.format(name), block))

    metadata = render(png_with_chunk(b"zTXt", profile)).facts.metadata

    assert (metadata.caption, metadata.keywords) == ("Évening", ("boats",))


def test_directories_of_a_cr3_are_read_as_one() -> None:
    data = metadata_blocks.canon_boxes(
        {
            "CMT1": tiff({0x010F: ascii_("Canon"), 0x0110: ascii_("Canon EOS R5")}),
            "CMT2": tiff(
                {
                    0x8827: short(800),
                    0x9003: ascii_("2024:05:06 07:08:09"),
                    0x9011: ascii_("+02:00"),
                    0xA434: ascii_("RF50mm F1.2 L USM"),
                }
            ),
            "CMT4": tiff(
                {
                    1: ascii_("N"),
                    2: rational(48, 12, 30),
                    3: ascii_("E"),
                    4: rational(16, 22, 0),
                }
            ),
        },
        xmp(xmp__Rating="2"),
    )

    metadata = read_blocks(read_canon_boxes(data))

    assert (metadata.camera, metadata.lens) == ("Canon EOS R5", "RF50mm F1.2 L USM")
    assert (metadata.iso, metadata.rating) == (800, 2)
    assert metadata.place is not None
    assert (metadata.place.lat, metadata.place.lon) == (48.2083333, 16.3666667)
    assert metadata.taken_at is not None
    assert metadata.taken_at.offset_minutes == 120


IPTC = metadata_blocks.iptc({120: "Évening", 25: "boats", 55: "20180818", 60: "210502+0200"})
SWAPPED = b"".join(IPTC[at : at + 4].ljust(4, b"\0")[::-1] for at in range(0, len(IPTC), 4))


@pytest.mark.parametrize(
    ("tag", "entry"),
    [
        (33723, pictures.undefined(IPTC)),
        (33723, (4, (len(IPTC) + 3) // 4, IPTC + b"\0" * (-len(IPTC) % 4))),
        (33723, (4, len(SWAPPED) // 4, SWAPPED)),
        (34377, pictures.undefined(metadata_blocks.photoshop(IPTC))),
    ],
    ids=["bytes", "words", "swapped words", "photoshop"],
)
def test_iptc_of_a_tiff_directory_is_read(tag: int, entry: pictures.Entry) -> None:
    metadata = read_blocks(Blocks(tiff_tags(tiff({tag: entry}))))

    assert (metadata.caption, metadata.keywords) == ("Évening", ("boats",))
    assert metadata.taken_at is not None
    assert (metadata.taken_at.at, metadata.taken_at.offset_minutes) == (
        "2018-08-18T19:05:02.000+00:00",
        120,
    )


@pytest.mark.parametrize("block", [IPTC, SWAPPED], ids=["in order", "swapped"])
def test_iptc_words_of_a_tiff_file_are_read(render: Render, block: bytes) -> None:
    padded = block + b"\0" * (-len(block) % 4)

    metadata = render(pictures.rgb_tiff({33723: (4, len(padded) // 4, padded)})).facts.metadata

    assert (metadata.caption, metadata.keywords) == ("Évening", ("boats",))


def test_iptc_of_a_jpeg_is_read_behind_other_resources(render: Render) -> None:
    metadata = render(metadata_blocks.jpeg_with_iptc(IPTC)).facts.metadata

    assert (metadata.caption, metadata.keywords) == ("Évening", ("boats",))


def test_iptc_that_goes_on_in_another_segment_is_read(render: Render) -> None:
    block = metadata_blocks.iptc({25: "boats", 120: "Évening"})
    resource = metadata_blocks.photoshop(block)
    data = pictures.jpeg()
    for part in (resource[-20:], resource[:-20]):
        content = b"Photoshop 3.0\0" + part
        data = data[:2] + b"\xff\xed" + struct.pack(">H", len(content) + 2) + content + data[2:]

    metadata = render(data).facts.metadata

    assert (metadata.caption, metadata.keywords) == ("Évening", ("boats",))


def test_metadata_of_a_raf_is_that_of_its_jpeg() -> None:
    image = pictures.jpeg(exif=pictures.exif(), xmp=XMP)
    data = b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + struct.pack(">II", 148, len(image))

    metadata = read_blocks(read_raf_jpeg(data.ljust(148, b"\0") + image))

    assert (metadata.camera, metadata.iso, metadata.rating) == ("Nikon D850", 400, 3)


def test_the_sensitivity_of_an_rw2_is_in_a_tag_of_its_own() -> None:
    directory = tiff({0x0017: short(80), 0x010F: ascii_("Panasonic")})
    rw2 = directory[:2] + b"\x55\0" + directory[4:]

    assert read_blocks(Blocks(tiff_tags(rw2))).iso == 80
    assert read_blocks(Blocks(tiff_tags(directory))).iso is None


def test_a_data_set_with_an_extended_length_is_read() -> None:
    long_text = "word " * 300
    block = metadata_blocks.data_set(120, long_text.encode(), is_extended=True)

    assert read_iptc(block + metadata_blocks.data_set(25, b"boats")).keywords == ("boats",)
    assert read_iptc(block).caption == long_text.strip()


def test_a_png_of_many_large_texts_takes_little_memory() -> None:
    bomb = text_chunk(b"zTXt", "Raw profile type APP1", bytes(20 << 20))
    chunk = struct.pack(">I", len(bomb)) + b"zTXt" + bomb + b"crc."
    last = struct.pack(">I", len(EXIF) - 6) + b"eXIf" + EXIF[6:] + b"crc."
    tracemalloc.start()

    metadata = read_blocks(read_png_chunks(b"\x89PNG\r\n\x1a\n" + chunk * 1000 + last))

    assert metadata.camera == "Nikon D850"
    assert tracemalloc.get_traced_memory()[1] < 150 << 20
    tracemalloc.stop()


def test_the_decoders_own_exif_goes_before_a_later_one(render: Render) -> None:
    data = pictures.encode(pictures.picture(), "PNG", exif=pictures.exif())
    later = png_with_chunk(b"eXIf", tiff({0x010F: ascii_("Leica"), 0x0112: short(6)}), is_last=True)
    tail = later[len(later) - 12 - 200 :]
    assert b"eXIf" in tail
    data = data[:-12] + tail[tail.index(b"eXIf") - 4 :]

    rendered = render(data)

    assert rendered.facts.metadata.camera == "Nikon D850"
    assert (rendered.facts.width, rendered.facts.height) == (640, 480)


CONTAINERS = ("png", "webp", "gif", "jpeg", "raf", "cr3")


@given(
    st.binary(max_size=300),
    st.integers(0, 2000),
    st.sampled_from(CONTAINERS),
)
@settings(max_examples=200)
def test_no_bytes_make_a_container_reader_fail(noise: bytes, at: int, kind: str) -> None:
    directories = {"CMT1": EXIF[6:], "CMT2": EXIF[6:]}
    make, reader = {
        "png": (lambda: SMALL_PNG, read_png_chunks),
        "webp": (lambda: SMALL_WEBP, read_webp_chunks),
        "gif": (lambda: SMALL_GIF, read_gif_extensions),
        "jpeg": (lambda: SMALL_JPEG, read_jpeg_segments),
        "raf": (lambda: bytes(86) + b"\0\x58" + SMALL_JPEG, read_raf_jpeg),
        "cr3": (lambda: metadata_blocks.canon_boxes(directories, XMP), read_canon_boxes),
    }[kind]
    data = bytearray(make())
    data[at : at + len(noise)] = noise

    read_blocks(reader(bytes(data)))


SMALL_PNG = (
    b"\x89PNG\r\n\x1a\n"
    + struct.pack(">I", len(EXIF) - 6)
    + b"eXIf"
    + EXIF[6:]
    + b"crc."
    + struct.pack(">I", len(PROFILE) + 24)
    + b"tEXtRaw profile type exif\0"
    + PROFILE
)
SMALL_WEBP = b"RIFF....WEBPEXIF" + struct.pack("<I", len(EXIF)) + EXIF
SMALL_GIF = b"GIF89a\x21\xff\x0bXMP DataXMP" + XMP + b"\x01\xff\xfe\xfd\xfc"
SMALL_JPEG = b"".join(
    (
        *(b"\xff\xd8\xff\xe1", struct.pack(">H", len(EXIF) + 2), EXIF),
        *(b"\xff\xed", struct.pack(">H", len(IPTC) + 16), b"Photoshop 3.0\0", IPTC),
        b"\xff\xda",
    )
)
