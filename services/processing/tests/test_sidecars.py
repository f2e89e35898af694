"""XMP files beside pictures, and XMP that did not fit into one segment of a JPEG."""

import hashlib
import struct
from collections.abc import Awaitable, Callable

import pytest
from services.processing.tests import pictures
from services.processing.tests.conftest import Component, Render
from services.processing.tests.metadata_blocks import alternatives, xmp

from pichaven_contracts.photo import PhotoUploaded
from pichaven_processing.imaging.facts import Metadata
from pichaven_processing.imaging.metadata.jpeg_segments import read_jpeg_segments
from pichaven_processing.imaging.metadata.reading import read_blocks
from pichaven_processing.imaging.sources.source import Blocks, tiff_tags

Start = Callable[..., Awaitable[Component]]

_EXIF = {
    0x010E: pictures.ascii_("The file's caption"),
    0x4746: pictures.short(2),
    0x0110: pictures.ascii_("NIKON D850"),
    0x010F: pictures.ascii_("NIKON CORPORATION"),
}
_PHOTO = {
    0x9003: pictures.ascii_("2024:01:01 00:30:00"),
    0x9011: pictures.ascii_("+09:00"),
    0x8827: pictures.short(400),
}
_BOMB = b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><x>&b;</x>"


def _with_sidecar(packet: bytes, exif: bytes | None = None) -> Metadata:
    block = pictures.tiff({**_EXIF, 0x8769: _PHOTO}) if exif is None else exif
    return read_blocks(Blocks(tiff_tags(block), sidecar=packet))


def _words(names: str) -> str:
    items = "".join(f"<rdf:li>{name}</rdf:li>" for name in names.split(","))
    return f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>"


def test_what_a_sidecar_has_wins_over_the_file_field_by_field() -> None:
    caption = alternatives("dc:description", {"x-default": "The sidecar's caption"})

    metadata = _with_sidecar(xmp(caption + _words("lake,sea"), xmp__Rating="5"))

    assert metadata.caption == "The sidecar's caption"
    assert (metadata.rating, metadata.keywords) == (5, ("lake", "sea"))
    assert (metadata.camera, metadata.iso) == ("Nikon D850", 400)
    assert metadata.taken_at is not None
    assert metadata.taken_at.at == "2023-12-31T15:30:00.000+00:00"


@pytest.mark.parametrize(
    ("properties", "at", "offset"),
    [
        # The file's offset stays where the sidecar has none.
        ({"exif__DateTimeOriginal": "2020-05-05T09:00:00"}, "2020-05-05T00:00:00", 540),
        ({"exif__DateTimeOriginal": "2020-05-05T09:00:00-03:00"}, "2020-05-05T12:00:00", -180),
        ({"photoshop__DateCreated": "1970"}, "1969-12-31T15:00:00", 540),
        # The times of a scan and of a satellite are none of the picture.
        ({"xmp__CreateDate": "2020-05-05T09:00:00"}, "2023-12-31T15:30:00", 540),
        ({"exif__GPSTimeStamp": "2020-05-05T09:00:00Z"}, "2023-12-31T15:30:00", 540),
    ],
)
def test_the_time_of_a_sidecar_is_the_pictures(
    properties: dict[str, str], at: str, offset: int
) -> None:
    taken_at = _with_sidecar(xmp(**properties)).taken_at

    assert taken_at is not None
    assert (taken_at.at[:19], taken_at.offset_minutes) == (at, offset)


@pytest.mark.parametrize("name", ["xmp__CreateDate", "exif__GPSTimeStamp"])
def test_any_time_of_a_sidecar_stands_in_for_a_missing_one(name: str) -> None:
    exif = pictures.tiff({0x0110: pictures.ascii_("X")})

    taken_at = _with_sidecar(xmp(**{name: "2020-05-05T09:00:00Z"}), exif).taken_at

    assert taken_at is not None
    assert taken_at.at[:19] == "2020-05-05T09:00:00"


def test_a_sidecar_may_reject_a_picture_and_move_it() -> None:
    place = {"exif__GPSLatitude": "37,46.5N", "exif__GPSLongitude": "122,25.2W"}

    metadata = _with_sidecar(xmp(xmp__Rating="-1", **place))

    assert metadata.rating is None
    assert metadata.place is not None
    assert (metadata.place.lat, metadata.place.lon) == (37.775, -122.42)


@pytest.mark.parametrize(
    "packet",
    [_BOMB, b"", b"<", b"<a>" * 5000, b"\xff\xfe<\0a\0/\0>\0", b"\0" * 100, b"<x/>" * 1_500_000],
    ids=["entities", "empty", "cut", "deep", "utf-16", "zeros", "large"],
)
def test_a_hostile_sidecar_leaves_the_files_metadata(packet: bytes) -> None:
    assert _with_sidecar(packet) == _with_sidecar(xmp())


async def _put_sidecar(service: Component, photo: PhotoUploaded, data: bytes) -> PhotoUploaded:
    key = photo.object_key.replace(".jpg", ".xmp")
    await service.store.put(key, data, content_type="application/rdf+xml")
    return photo.model_copy(update={"sidecar_key": key})


async def test_a_photo_is_processed_with_its_sidecar(start: Start) -> None:
    service = await start()
    original = pictures.jpeg(exif=pictures.exif(main=_EXIF))
    photo = await service.put_original(original)
    photo = await _put_sidecar(service, photo, xmp(xmp__Rating="5"))

    await service.process(photo)

    [event] = service.processed
    assert (event.rating, event.caption) == (5, "The file's caption")
    assert service.spooled == []


async def test_a_photo_does_not_depend_on_its_sidecar(start: Start) -> None:
    service = await start()
    original = pictures.jpeg(exif=pictures.exif(main=_EXIF))
    missing = await service.put_original(original)
    missing = missing.model_copy(update={"sidecar_key": "originals/gone.xmp"})
    hostile = await _put_sidecar(service, await service.put_original(original), _BOMB)
    large = await _put_sidecar(service, await service.put_original(original), b"<" * 1_000_001)

    for photo in (missing, hostile, large):
        await service.process(photo)

    assert [event.rating for event in service.processed] == [2, 2, 2]


def _extended_segments(
    packet: bytes, *, size: int = 60_000, guid: str | None = None, length: int | None = None
) -> list[bytes]:
    digest = guid or hashlib.md5(packet, usedforsecurity=False).hexdigest().upper()
    return [
        b"http://ns.adobe.com/xmp/extension/\0"
        + digest.encode()
        + struct.pack(">II", len(packet) if length is None else length, at)
        + packet[at : at + size]
        for at in range(0, len(packet), size)
    ]


def _jpeg(main: bytes, segments: list[bytes]) -> bytes:
    data = pictures.jpeg()
    contents = [b"http://ns.adobe.com/xap/1.0/\0" + main, *segments]
    blocks = [b"\xff\xe1" + struct.pack(">H", len(each) + 2) + each for each in contents]
    return data[:2] + b"".join(blocks) + data[2:]


def _main(extension: bytes, **properties: str) -> bytes:
    guid = hashlib.md5(extension, usedforsecurity=False).hexdigest().upper()
    note = f"<n:HasExtendedXMP xmlns:n='http://ns.adobe.com/xmp/note/'>{guid}</n:HasExtendedXMP>"
    return xmp(note, **properties)


_LONG = xmp(
    alternatives("dc:title", {"x-default": "A title far behind"})
    + _words(",".join(f"word{number}" for number in range(20)))
    + "<!-- "
    + "x" * 150_000
    + " -->",
    xmp__Rating="1",
)


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "backwards"])
def test_xmp_of_several_segments_is_read_behind_the_main_packet(render: Render, order: int) -> None:
    segments = _extended_segments(_LONG)[::order]
    assert len(segments) == 3

    metadata = render(_jpeg(_main(_LONG, xmp__Rating="4"), segments)).facts.metadata

    assert metadata.title == "A title far behind"
    assert metadata.keywords[:2] == ("word0", "word1")
    assert metadata.rating == 4


@pytest.mark.parametrize(
    "segments",
    [
        _extended_segments(_LONG)[:-1],
        _extended_segments(_LONG)[1:],
        _extended_segments(_LONG.replace(b"far", b"FAR"), guid="0" * 32),
        [segment.replace(b"far", b"FAR") for segment in _extended_segments(_LONG)],
        _extended_segments(_LONG, length=1 << 31),
        [b"http://ns.adobe.com/xmp/extension/\0", b"http://ns.adobe.com/xmp/extension/\0AB"],
    ],
    ids=["cut", "gap", "another's", "changed", "too long", "short"],
)
def test_an_extension_that_is_not_whole_is_left_out(segments: list[bytes]) -> None:
    blocks = read_jpeg_segments(_jpeg(_main(_LONG, xmp__Rating="4"), segments))

    assert blocks.extended_xmp is None
    assert read_blocks(blocks).rating == 4
