"""Metadata is read, and hostile metadata is harmless."""

import struct
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from services.processing.tests import pictures
from services.processing.tests.conftest import Render
from services.processing.tests.pictures import ascii_, exif, rational, short, tiff, undefined

from pichaven_processing.imaging.facts import Metadata
from pichaven_processing.imaging.metadata.camera_names import camera_name
from pichaven_processing.imaging.metadata.iptc import read_iptc
from pichaven_processing.imaging.metadata.reading import read_blocks
from pichaven_processing.imaging.metadata.xmp import read_xmp
from pichaven_processing.imaging.sources.jxl_header import boxes, metadata_boxes
from pichaven_processing.imaging.sources.source import Blocks, tiff_tags

XMP = """<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/'
 xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:exif='http://ns.adobe.com/exif/1.0/'
 xmp:Rating='5' exif:DateTimeOriginal='2021-02-03T04:05:06.5-03:00'>
<dc:description><rdf:Alt>
<rdf:li xml:lang='x-default'>Grandmother's garden</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag>
<rdf:li>roses</rdf:li><rdf:li>Garden</rdf:li><rdf:li>garden</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"""


def facts_of(block: bytes) -> Metadata:
    return read_blocks(Blocks(tiff_tags(block)))


def _jxl_with_a_compressed_box(compress: Callable[[bytes], bytes] = brotli.compress) -> bytes:
    """What `cjxl` writes: metadata in a box of the type `brob`."""

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", 8 + len(content)) + kind + content

    return b"".join(
        box(b"brob", kind + compress(content)) if kind == b"Exif" else box(kind, content)
        for kind, content in boxes(pictures.jxl(exif=exif(), use_container=True))
    )


CARRIERS: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: pictures.jpeg(exif=exif()),
    "png": lambda: pictures.encode(pictures.picture(), "PNG", exif=exif()),
    "webp": lambda: pictures.encode(pictures.picture(), "WEBP", exif=exif()),
    "avif": lambda: pictures.encode(pictures.picture(), "AVIF", exif=exif()),
    "heic": lambda: pictures.heic(exif=exif()),
    "jxl": lambda: pictures.jxl(exif=exif(), use_container=True),
    "jxl, compressed": _jxl_with_a_compressed_box,
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_exif_is_read_wherever_it_lies(render: Render, carrier: str) -> None:
    metadata = render(CARRIERS[carrier]()).facts.metadata

    assert metadata.camera == "Nikon D850"
    assert metadata.lens == "NIKKOR Z 50mm f/1.8 S"
    assert (metadata.iso, metadata.aperture, metadata.focal_length) == (400, 2.8, 50.0)
    assert metadata.shutter == pytest.approx(1 / 250)
    assert metadata.rating == 4
    assert metadata.place is not None
    assert metadata.place.lat == pytest.approx(-33.8568056, abs=1e-6)
    assert metadata.place.lon == pytest.approx(151.21, abs=1e-6)
    assert metadata.place.altitude == 58.5
    assert metadata.taken_at is not None
    assert metadata.taken_at.at == "2024-05-06T05:08:09.250+00:00"
    assert metadata.taken_at.offset_minutes == 120


@pytest.mark.parametrize(
    "compress",
    [lambda _: b"no brotli", lambda _: b"", lambda _: brotli.compress(bytes(1 << 28), quality=1)],
    ids=["broken", "empty", "too long"],
)
def test_a_compressed_box_that_cannot_be_read_is_left_out(
    compress: Callable[[bytes], bytes],
) -> None:
    contents = metadata_boxes(_jxl_with_a_compressed_box(compress))

    assert b"jxlc" in contents or b"jxlp" in contents
    assert b"Exif" not in contents


def test_exif_of_a_tiff_is_its_own_directory(render: Render) -> None:
    directory = Image.Exif()
    directory[0x010F] = "Apple"
    directory[0x0110] = "iPhone 15 Pro"

    metadata = render(
        pictures.encode(pictures.picture(), "TIFF", tiffinfo=directory)
    ).facts.metadata

    assert metadata.camera == "Apple iPhone 15 Pro"


def test_a_clock_without_a_zone_gets_the_one_that_satellite_time_explains() -> None:
    block = exif(photo={0x9011: ascii_("")})

    taken = facts_of(block).taken_at

    assert taken is not None
    assert (taken.at, taken.offset_minutes) == ("2024-05-06T05:08:09.250+00:00", 120)


def test_a_clock_without_any_zone_is_read_as_utc() -> None:
    taken = facts_of(exif(gps=False, photo={0x9011: ascii_("nonsense")})).taken_at

    assert taken is not None
    assert (taken.at, taken.offset_minutes) == ("2024-05-06T07:08:09.250+00:00", None)


def test_satellite_time_stands_in_for_a_missing_clock() -> None:
    taken = facts_of(exif(photo={0x9003: ascii_("0000:00:00 00:00:00")})).taken_at

    assert taken is not None
    assert (taken.at, taken.source) == ("2024-05-06T05:08:09.000+00:00", "gps")


def test_peoples_words_come_from_xmp(render: Render) -> None:
    metadata = render(pictures.jpeg(xmp=XMP.encode())).facts.metadata

    assert metadata.caption == "Grandmother's garden"
    assert metadata.keywords == ("roses", "Garden")
    assert metadata.rating == 5
    assert metadata.taken_at is not None
    assert metadata.taken_at.at == "2021-02-03T07:05:06.500+00:00"
    assert (metadata.taken_at.offset_minutes, metadata.taken_at.source) == (-180, "xmp")


def test_keywords_and_caption_come_from_iptc() -> None:
    def record(number: int, text: str) -> bytes:
        return b"\x1c\x02" + struct.pack(">BH", number, len(text.encode())) + text.encode()

    facts = read_iptc(record(25, "harbour") + record(25, "boats") + record(120, "Évening"))

    assert (facts.keywords, facts.caption) == (("harbour", "boats"), "Évening")


@pytest.mark.parametrize(
    "packet",
    [
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><x>&b;</x>",
        b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>",
        XMP[:300].encode(),
        b"<" * 100_000,
        b"<a>" * 5000,
        b"\xff\xfe<\0a\0/\0>\0",
        b"\0" * 100,
        b"",
    ],
    ids=["entities", "external", "cut", "brackets", "deep", "utf-16", "zeros", "empty"],
)
def test_a_hostile_packet_tells_nothing(packet: bytes) -> None:
    facts = read_xmp(packet)

    assert (facts.caption, facts.keywords, facts.rating) == (None, (), None)


@pytest.mark.parametrize(
    "place",
    [
        {1: ascii_("N"), 2: rational(95, 0, 0), 3: ascii_("E"), 4: rational(10, 0, 0)},
        {1: ascii_("N"), 2: rational(0, 0, 0), 3: ascii_("E"), 4: rational(0, 0, 0)},
        {1: ascii_("N"), 2: (5, 3, struct.pack("<6I", 1, 0, 1, 0, 1, 0)), 4: rational(1, 0, 0)},
        {2: ascii_("here"), 4: ascii_("there")},
        {2: rational(10, 0, 0)},
    ],
    ids=["too far north", "no fix", "divided by zero", "text", "half"],
)
def test_a_place_that_does_not_exist_is_left_out(place: dict[int, pictures.Entry]) -> None:
    assert facts_of(tiff({0x8825: place})).place is None


def test_nonsense_is_left_out_field_by_field() -> None:
    block = exif(
        main={0x010E: ascii_("OLYMPUS DIGITAL CAMERA"), 0x4746: short(99)},
        photo={
            0x829A: (5, 1, struct.pack("<2I", 1, 0)),
            0x829D: ascii_("wide"),
            0x8827: undefined(b"\xff\xff"),
            0x920A: rational(0),
            0x9003: ascii_("2024:13:45 99:99:99"),
            0xA434: ascii_("\x01\x02\x03"),
        },
    )

    facts = facts_of(block)

    assert (facts.shutter, facts.aperture, facts.iso, facts.focal_length) == (None,) * 4
    assert (facts.lens, facts.rating, facts.caption) == (None, None, None)
    assert facts.camera == "Nikon D850"
    assert facts.taken_at is not None
    assert facts.taken_at.source == "gps"


@given(st.binary(max_size=400), st.integers(0, 400))
@settings(max_examples=300)
def test_no_bytes_make_the_reader_fail(noise: bytes, at: int) -> None:
    block = bytearray(exif()[6:])
    block[at : at + len(noise)] = noise
    read_blocks(Blocks(tiff_tags(bytes(block)), noise, noise))
    read_blocks(Blocks(tiff_tags(b"II*\0\x08\0\0\0" + noise)))


def test_directories_that_point_at_each_other_end() -> None:
    looping = bytearray(tiff({0x014A: pictures.long(8, 8, 8), 0x8769: pictures.long(8)}))
    struct.pack_into("<I", looping, len(looping) - 4, 8)
    tags = tiff_tags(bytes(looping))
    assert tags is not None
    assert len(list(tags.all())) < 10


@pytest.mark.parametrize("damage", ["exif", "xmp"])
def test_a_picture_with_hostile_metadata_is_a_picture_all_the_same(
    render: Render, damage: str
) -> None:
    hostile = {
        "exif": b"Exif\0\0II*\0" + b"\xff" * 2000,
        "xmp": b"<!DOCTYPE a [<!ENTITY a 'b'>]><a>&a;</a>",
    }

    rendered = render(pictures.jpeg(**{damage: hostile[damage]}))

    assert rendered.facts.metadata == Metadata()


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON Z 6_2", "Nikon Z 6_2"),
        ("Apple", "iPhone 15 Pro", "Apple iPhone 15 Pro"),
        ("samsung", "SM-S918B", "Samsung SM-S918B"),
        ("OLYMPUS IMAGING CORP.  ", "E-M1", "Olympus E-M1"),
        ("Phase One", "IQ4", "Phase One IQ4"),
        (None, "Pixel 8", "Pixel 8"),
        ("Google", None, "Google"),
        (None, None, None),
    ],
)
def test_cameras_are_called_by_one_name(
    make: str | None, model: str | None, name: str | None
) -> None:
    assert camera_name(make, model) == name
