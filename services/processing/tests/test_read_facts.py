"""Facts are read as their writers mean them: times, zones, positions, lenses, stars, words."""

import pytest
from services.processing.tests.metadata_blocks import alternatives, iptc, xmp
from services.processing.tests.pictures import (
    Directory,
    Entry,
    ascii_,
    exif,
    fractions,
    long,
    rational,
    short,
    signed_short,
    tiff,
    undefined,
    windows,
)

from pichaven_processing.imaging.facts import CaptureTime, GeoPlace, Metadata
from pichaven_processing.imaging.metadata.captions import says_something
from pichaven_processing.imaging.metadata.capture_times import parse_offset, parse_time
from pichaven_processing.imaging.metadata.reading import read_blocks
from pichaven_processing.imaging.sources.source import Blocks, tiff_tags

UNDEFINED = (0, 0)
"""A rational without a value."""


def of_photo(**tags: Entry) -> Metadata:
    """Metadata of an EXIF block with tags such as `x9003` in its photo directory."""
    directory: Directory = {int(name[1:], 16): entry for name, entry in tags.items()}
    return read_blocks(Blocks(tiff_tags(tiff({0x8769: directory}))))


def of_main(**tags: Entry) -> Metadata:
    directory: Directory = {int(name[1:], 16): entry for name, entry in tags.items()}
    return read_blocks(Blocks(tiff_tags(tiff(directory))))


def of_xmp(elements: str = "", **properties: str) -> Metadata:
    return read_blocks(Blocks(xmp=xmp(elements, **properties)))


def of_iptc(texts: dict[int, str]) -> Metadata:
    return read_blocks(Blocks(iptc=iptc(texts)))


def taken(metadata: Metadata) -> tuple[str, int | None]:
    assert isinstance(metadata.taken_at, CaptureTime)
    return metadata.taken_at.at[:19], metadata.taken_at.offset_minutes


@pytest.mark.parametrize(
    ("text", "clock", "offset"),
    [
        ("2025:01:08 07:18:55", "2025-01-08T07:18:55", None),
        ("2025:01:08 07:18:55+02:00", "2025-01-08T07:18:55", 120),
        ("2025:01:08 07:18:55.125 -0730", "2025-01-08T07:18:55.125000", -450),
        ("2025:01:08 07:18:55Z", "2025-01-08T07:18:55", 0),
        ("2025:01:08 07:18:55+99:00", "2025-01-08T07:18:55", None),
        ("2004:1:2 3:4:5", "2004-01-02T03:04:05", None),
        ("2004: 1: 2  3: 4: 5", "2004-01-02T03:04:05", None),
        ("2004/01/02 03:04", "2004-01-02T03:04:00", None),
        ("2004:1:2", "2004-01-02T00:00:00", None),
        ("2004:01:02   :  :  ", "2004-01-02T00:00:00", None),
        ("2021-02-03T04:05:06.5-03:00", "2021-02-03T04:05:06.500000", -180),
        ("2021-02-03T04:05Z", "2021-02-03T04:05:00", 0),
        ("20180818T210502+0200", "2018-08-18T21:05:02", 120),
        ("20180818", "2018-08-18T00:00:00", None),
        ("2016:12:31 23:59:60", "2016-12-31T23:59:59", None),
        ("2004", "2004-01-01T00:00:00", None),
        ("2004:05", "2004-05-01T00:00:00", None),
        ("2004-5", "2004-05-01T00:00:00", None),
        ("2004:  :     :  :  ", "2004-01-01T00:00:00", None),
        ("2004:05:     :  :  ", "2004-05-01T00:00:00", None),
        ("2004:00:00 00:00:00", "2004-01-01T00:00:00", None),
        ("2004-05-00", "2004-05-01T00:00:00", None),
        ("19650000", "1965-01-01T00:00:00", None),
    ],
)
def test_times_are_read_as_cameras_and_programs_write_them(
    text: str, clock: str, offset: int | None
) -> None:
    time = parse_time(text)

    assert time is not None
    assert (time[0].isoformat(), time[1]) == (clock, offset)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "0000:00:00 00:00:00",
            "    :  :     :  :  ",
            "2024:13:45 99:99:99",
            "2024:02:30 10:00:00",
        ),
        *("1024:01:01 10:00:00", "9999:01:01 10:00:00", "yesterday", "", None),
        *("1024", "9999:01", "2024:13", "202", "20245", "2024:00:00 10:00:00", "2024 words"),
    ],
)
def test_a_time_that_does_not_exist_is_none(text: str | None) -> None:
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("+02:00", 120), ("-0330", -210), ("+9", 540), ("Z", 0), (" +05:45 ", 345)),
        *(("+15:00", None), ("-13:00", None), ("+02:75", None), ("   :  ", None), ("east", None)),
        ("", None),
    ],
)
def test_offsets_are_those_that_exist(text: str, minutes: int | None) -> None:
    assert parse_offset(text) == minutes


CLOCK = ascii_("2024:07:10 12:00:00")
EARLIER = ascii_("1994:07:10 12:00:00")


@pytest.mark.parametrize(
    ("tags", "offset"),
    [
        ({"x9010": ascii_("+02:00")}, 120),
        ({"x9010": ascii_("+02:00"), "x9011": ascii_("+09:00")}, 540),
        ({"x9010": ascii_("+02:00"), "x9011": ascii_("   :  ")}, 120),
        ({"x9004": CLOCK, "x9012": ascii_("-05:00")}, -300),
        ({"x9004": EARLIER, "x9012": ascii_("-05:00")}, None),
        ({"x882a": signed_short(-7, -7)}, -420),
        ({"x882a": signed_short(99)}, None),
        ({"x9003": ascii_("2024:07:10 12:00:00+01:00"), "x9011": ascii_("+09:00")}, 60),
    ],
    ids=[
        *("of the change", "own first", "own is blank", "of the same clock", "of another clock"),
        *("of the camera", "out of range", "in the text"),
    ],
)
def test_a_clock_gets_the_nearest_offset(tags: dict[str, Entry], offset: int | None) -> None:
    metadata = of_photo(**{"x9003": CLOCK, **tags})

    assert metadata.taken_at is not None
    assert metadata.taken_at.offset_minutes == offset


def test_satellite_time_goes_before_the_offset_of_a_later_change() -> None:
    block = exif(photo={0x9011: ascii_(""), 0x9010: ascii_("-08:00")})

    metadata = read_blocks(Blocks(tiff_tags(block)))

    assert taken(metadata) == ("2024-05-06T05:08:09", 120)


@pytest.mark.parametrize("seconds", [UNDEFINED, (9, 1)], ids=["0/0", "9/1"])
def test_satellite_time_without_seconds_is_read(seconds: tuple[int, int]) -> None:
    gps = {7: fractions((5, 1), (8, 1), seconds), 29: ascii_("2024:5:6")}

    metadata = read_blocks(Blocks(tiff_tags(tiff({0x8825: gps}))))

    assert taken(metadata)[0] == f"2024-05-06T05:08:0{seconds[0]}"


@pytest.mark.parametrize(
    ("latitude", "expected"),
    [
        ([(48, 1), (12, 1), UNDEFINED], 48.2),
        ([(48, 1), (12, 1)], 48.2),
        ([(48, 1), UNDEFINED, UNDEFINED], None),
        ([(48, 1), UNDEFINED, (30, 1)], None),
        ([UNDEFINED, (12, 1), (30, 1)], None),
    ],
)
def test_a_position_may_lack_its_seconds_alone(
    latitude: list[tuple[int, int]], expected: float | None
) -> None:
    gps = {
        1: ascii_("N"),
        2: fractions(*latitude),
        3: ascii_("W"),
        4: fractions((16, 1), (30, 1), UNDEFINED),
    }

    place = read_blocks(Blocks(tiff_tags(tiff({0x8825: gps})))).place

    assert place == (None if expected is None else GeoPlace(expected, -16.5))


@pytest.mark.parametrize("text", ["2024", "2024:05", "2024:05:00", "2024:00:00"])
def test_satellite_time_needs_a_day(text: str) -> None:
    assert parse_time(text, needs_day=True) is None


@pytest.mark.parametrize(
    ("texts", "at", "offset"),
    [
        ({55: "20180818", 60: "210502+0200"}, "2018-08-18T19:05:02", 120),
        ({55: "20180818", 60: "210502"}, "2018-08-18T21:05:02", None),
        ({55: "2018:08:18", 60: "21:05:02+02:00"}, "2018-08-18T19:05:02", 120),
        ({55: "20180818"}, "2018-08-18T00:00:00", None),
        ({55: "20180818", 60: "nonsense"}, "2018-08-18T00:00:00", None),
        ({62: "20170102", 63: "030405+0000"}, "2017-01-02T03:04:05", 0),
        ({55: "00000000", 62: "20170102", 63: "030405"}, "2017-01-02T03:04:05", None),
    ],
)
def test_dates_of_iptc_are_read(texts: dict[int, str], at: str, offset: int | None) -> None:
    assert taken(of_iptc(texts)) == (at, offset)


@pytest.mark.parametrize(
    ("properties", "at", "offset"),
    [
        ({"exif__DateTimeOriginal": "2021-02-03T04:05:06+09:00"}, "2021-02-02T19:05:06", 540),
        ({"photoshop__DateCreated": "2021-2-3"}, "2021-02-03T00:00:00", None),
        ({"xmp__CreateDate": "2021:02:03 04:05:06"}, "2021-02-03T04:05:06", None),
        ({"exif__DateTimeDigitized": "2021-02-03T04:05:06Z"}, "2021-02-03T04:05:06", 0),
        (
            {
                "exif__DateTimeOriginal": "2021-02-03T04:05:06",
                "exifEX__OffsetTimeOriginal": "+01:00",
            },
            "2021-02-03T03:05:06",
            60,
        ),
        ({"exif__GPSTimeStamp": "2021-02-03T04:05:06Z"}, "2021-02-03T04:05:06", 0),
    ],
)
def test_dates_of_xmp_are_read(properties: dict[str, str], at: str, offset: int | None) -> None:
    assert taken(of_xmp(**properties)) == (at, offset)


def test_the_clock_of_iptc_completes_a_day_of_xmp() -> None:
    def read(xmp_time: str) -> Metadata:
        block = iptc({55: "20061029", 60: "062751-0500"})
        return read_blocks(Blocks(xmp=xmp(photoshop__DateCreated=xmp_time), iptc=block))

    assert taken(read("2006-10-29")) == ("2006-10-29T11:27:51", -300)
    assert taken(read("2006-10-28")) == ("2006-10-28T00:00:00", None)
    assert taken(read("2006-10-29T08:00:00Z")) == ("2006-10-29T08:00:00", 0)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_packets_are_read_in_every_encoding_of_unicode(encoding: str) -> None:
    packet = xmp(alternatives("dc:description", {"x-default": "夕方の海"})).decode()

    assert read_blocks(Blocks(xmp=packet.encode(encoding))).caption == "夕方の海"


@pytest.mark.parametrize(
    ("lat", "lon", "place"),
    [
        ("37,46.5N", "122,25.2W", GeoPlace(37.775, -122.42)),
        ("37,46,30N", "122,25,12W", GeoPlace(37.775, -122.42)),
        ("37.775", "-122.42", GeoPlace(37.775, -122.42)),
        ("33.5 South", "151.25 East", GeoPlace(-33.5, 151.25)),
        ("0,0.0N", "0,0.0E", None),
        ("95,0N", "10,0E", None),
        ("37,75.5N", "10,0E", None),
        ("north", "west", None),
    ],
)
def test_positions_of_xmp_are_read(lat: str, lon: str, place: GeoPlace | None) -> None:
    assert of_xmp(exif__GPSLatitude=lat, exif__GPSLongitude=lon).place == place


def test_altitudes_of_xmp_are_read() -> None:
    place = of_xmp(
        exif__GPSLatitude="31,30N",
        exif__GPSLongitude="35,30E",
        exif__GPSAltitude="4305/10",
        exif__GPSAltitudeRef="1",
    ).place

    assert place == GeoPlace(31.5, 35.5, -430.5)


def test_camera_lens_and_exposure_come_from_xmp_alone() -> None:
    metadata = of_xmp(
        "<exif:ISOSpeedRatings><rdf:Seq><rdf:li>640</rdf:li></rdf:Seq></exif:ISOSpeedRatings>",
        tiff__Make="NIKON CORPORATION",
        tiff__Model="NIKON D850",
        aux__Lens="24.0-70.0 mm f/2.8",
        exif__FNumber="28/10",
        exif__ExposureTime="1/250",
        exif__FocalLength="50/1",
    )

    assert (metadata.camera, metadata.lens) == ("Nikon D850", "24.0-70.0 mm f/2.8")
    assert (metadata.iso, metadata.aperture, metadata.focal_length) == (640, 2.8, 50.0)
    assert metadata.shutter == 0.004


SPECIFICATION = rational(24, 70, 2.8, 4)


@pytest.mark.parametrize(
    ("tags", "properties", "lens"),
    [
        ({"xa434": ascii_("EF 50mm f/1.8")}, {"aux__Lens": "another"}, "EF 50mm f/1.8"),
        ({"xa434": ascii_("----"), "xa432": SPECIFICATION}, {}, "24-70mm f/2.8-4"),
        ({"xa432": SPECIFICATION}, {"aux__Lens": "Sigma Art"}, "Sigma Art"),
        ({"xa432": rational(50, 50, 1.8, 1.8)}, {}, "50mm f/1.8"),
        ({"xa432": fractions((50, 1), (50, 1), UNDEFINED, UNDEFINED)}, {}, "50mm"),
        ({"xa432": fractions(UNDEFINED, UNDEFINED, UNDEFINED, UNDEFINED)}, {}, None),
        ({"xa434": ascii_("0.0 mm f/0.0")}, {}, None),
        ({}, {"exifEX__LensModel": "RF 35mm", "aux__Lens": "another"}, "RF 35mm"),
        ({}, {"aux__LensInfo": "24/1 70/1 28/10 28/10"}, "24-70mm f/2.8"),
        ({}, {"aux__LensInfo": "0/0 0/0 0/0 0/0"}, None),
    ],
)
def test_a_lens_has_its_name_else_its_specification(
    tags: dict[str, Entry], properties: dict[str, str], lens: str | None
) -> None:
    directory: Directory = {int(name[1:], 16): entry for name, entry in tags.items()}

    metadata = read_blocks(Blocks(tiff_tags(tiff({0x8769: directory})), xmp(**properties)))

    assert metadata.lens == lens


def test_a_dngs_lens_is_described_by_its_own_tag() -> None:
    assert of_main(xc630=SPECIFICATION).lens == "24-70mm f/2.8-4"


@pytest.mark.parametrize(
    ("tags", "iso"),
    [
        ({"x8827": short(400)}, 400),
        ({"x8827": short(65535), "x8830": short(2), "x8832": long(102_400)}, 102_400),
        ({"x8827": short(65535), "x8830": short(3), "x8833": long(204_800)}, 204_800),
        (
            {
                "x8827": short(65535),
                "x8830": short(1),
                "x8831": long(70_000),
                "x8832": long(80_000),
            },
            70_000,
        ),
        (
            {"x8827": short(65535), "x8830": short(4), "x8831": long(0), "x8832": long(80_000)},
            80_000,
        ),
        ({"x8827": short(65535), "x8832": long(102_400)}, 102_400),
        ({"x8832": long(3200)}, 3200),
        ({"x8827": short(65535)}, None),
    ],
)
def test_sensitivities_above_65535_are_read_from_the_tag_of_their_type(
    tags: dict[str, Entry], iso: int | None
) -> None:
    assert of_photo(**tags).iso == iso


@pytest.mark.parametrize(
    ("percent", "stars"),
    [
        *((0, 0), (1, 1), (12, 1), (13, 2), (25, 2), (37, 2), (38, 3), (50, 3), (62, 3)),
        *((63, 4), (75, 4), (87, 4), (88, 5), (99, 5), (100, 5), (101, None)),
    ],
)
def test_windows_percent_are_stars(percent: int, stars: int | None) -> None:
    assert of_xmp(MicrosoftPhoto__Rating=str(percent)).rating == stars
    assert of_main(x4749=short(percent)).rating == stars


def test_the_rating_of_xmp_goes_before_all_others() -> None:
    block = tiff({0x4746: short(2), 0x4749: short(25)})

    assert of_main(x4746=short(2), x4749=short(99)).rating == 2
    both = Blocks(tiff_tags(block), xmp(xmp__Rating="4", MicrosoftPhoto__Rating="1"))
    assert read_blocks(both).rating == 4
    assert read_blocks(Blocks(tiff_tags(block), xmp(MicrosoftPhoto__Rating="99"))).rating == 5


def test_a_rejected_picture_has_no_stars_whatever_other_blocks_say() -> None:
    exif = tiff_tags(tiff({0x4746: short(3)}))

    rejected = read_blocks(Blocks(exif, xmp(xmp__Rating="-1")))

    assert rejected.rating is None
    assert read_blocks(Blocks(exif, xmp(xmp__Rating="-7"))).rating == 3


def test_title_and_caption_are_told_apart_in_every_block() -> None:
    assert words(of_xmp(alternatives("dc:title", {"x-default": "A title"}))) == ("A title", None)
    assert words(
        of_xmp(
            alternatives("dc:title", {"x-default": "A title"})
            + alternatives("dc:description", {"de": "Deutsch", "x-default": "Default text"})
        )
    ) == ("A title", "Default text")
    assert words(of_iptc({5: "A title", 120: "A caption"})) == ("A title", "A caption")
    assert words(of_main(x9c9b=windows("A title"), x010e=ascii_("A caption"))) == (
        "A title",
        "A caption",
    )


def test_the_first_language_stands_in_for_a_missing_default() -> None:
    description = alternatives("dc:description", {"de": "Deutsch", "fr": "Français"})

    assert of_xmp(description).caption == "Deutsch"


def test_makers_own_words_are_no_caption_in_any_block() -> None:
    description = alternatives("dc:description", {"x-default": "OLYMPUS DIGITAL CAMERA"})

    assert of_xmp(description).caption is None
    assert of_iptc({120: "SONY DSC"}).caption is None
    both = Blocks(tiff_tags(tiff({0x010E: ascii_("The harbour")})), xmp(description))
    assert read_blocks(both).caption == "The harbour"


def words(metadata: Metadata) -> tuple[str | None, str | None]:
    return metadata.title, metadata.caption


@pytest.mark.parametrize(
    ("comment", "caption"),
    [
        (b"ASCII\0\0\0The old bridge", "The old bridge"),
        (b"\0\0\0\0\0\0\0\0The old bridge\0\0", "The old bridge"),
        (b"UNICODE\0" + "Évening".encode("utf-16-le"), "Évening"),
        (b"UNICODE\0" + "Évening".encode("utf-16-be"), "Évening"),
        (b"UNICODE\0\xfe\xff" + "夕方の海".encode("utf-16-be"), "夕方の海"),
        (b"UNICODE\0" + "夕方の海".encode("utf-16-le"), "夕方の海"),
        (b"JIS\0\0\0\0\0" + "夕方の海".encode("iso2022_jp"), "夕方の海"),
        (b"The old bridge", "The old bridge"),
        (b"ASCII\0\0\0" + b" " * 200, None),
        (b"ASCII\0\0\0\0\0\0", None),
        (b"ASCII\0\0\0User comments", None),
        (b"ASCII\0\0\0charset=Ascii", None),
        (b"ASCII\0\0\0GCM_TAG", None),
        (b"ASCII\0\0\0AE:100, AF=12; iso=400", None),
        (b'ASCII\0\0\0{"filter": "none"}', None),
        (b"ASCII\0\0\0" + b"0f" * 40, None),
        (b"ASCII\0\0\0" + b"1234 5678", None),
        (b"", None),
    ],
)
def test_a_comment_that_says_something_is_the_caption_of_last_resort(
    comment: bytes, caption: str | None
) -> None:
    assert of_photo(x9286=undefined(comment or b" ")).caption == caption
    described = tiff({0x010E: ascii_("Described"), 0x8769: {0x9286: undefined(comment or b" ")}})
    assert read_blocks(Blocks(tiff_tags(described))).caption == "Described"


def test_a_comment_of_windows_or_of_xmp_is_a_caption_too() -> None:
    assert of_main(x9c9c=windows("From Windows")).caption == "From Windows"
    assert of_xmp(alternatives("exif:UserComment", {"x-default": "From XMP"})).caption == "From XMP"


def test_long_lists_of_settings_are_told_from_words_at_once() -> None:
    assert not says_something("a=1, " * 400)
    assert says_something("a=1, " * 399 + "the end")
