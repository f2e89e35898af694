"""What is read from generated files agrees with exiftool, where that is installed."""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from services.processing.tests import metadata_blocks, pictures
from services.processing.tests.conftest import LIMITS
from services.processing.tests.metadata_blocks import (
    alternatives,
    png_with_chunk,
    raw_profile,
    text_chunk,
    webp_with_chunk,
)
from services.processing.tests.pictures import ascii_, fractions, long, rational, short, undefined

from pichaven_processing.imaging.facts import Metadata
from pichaven_processing.imaging.metadata.camera_names import camera_name
from pichaven_processing.imaging.metadata.capture_times import parse_offset
from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.pipeline import PIPELINE
from pichaven_processing.imaging.step import Step

EXIFTOOL = shutil.which("exiftool")
pytestmark = pytest.mark.skipif(EXIFTOOL is None, reason="exiftool is not installed")

EXIF = pictures.exif(main={0x010E: ascii_("The harbour")})
BRIGHT = pictures.exif(
    photo={
        0x8827: short(65535),
        0x8830: short(2),
        0x8832: long(102_400),
        0x9003: ascii_("2024:05:06 07:08:09+02:00"),
        0x9011: ascii_(""),
        0xA432: rational(24, 70, 2.8, 4),
        0x9286: undefined(b"ASCII\0\0\0The old bridge"),
    }
)
WITHOUT_SECONDS = b"Exif\0\0" + pictures.tiff(
    {
        0x8825: {
            1: ascii_("N"),
            2: fractions((48, 1), (12, 1), (0, 0)),
            3: ascii_("E"),
            4: fractions((16, 1), (22, 1), (0, 0)),
            7: fractions((5, 1), (8, 1), (0, 0)),
            29: ascii_("2024:5:6"),
        }
    }
)
IPTC = metadata_blocks.iptc(
    {5: "A title", 25: "boats", 55: "20180818", 60: "210502+0200", 120: "Évening"}
)
XMP = metadata_blocks.xmp(
    alternatives("dc:title", {"x-default": "A title"})
    + alternatives("dc:description", {"de": "Deutsch", "x-default": "Default text"})
    + "<dc:subject><rdf:Bag><rdf:li>roses</rdf:li><rdf:li>garden</rdf:li></rdf:Bag></dc:subject>"
    "<exif:ISOSpeedRatings><rdf:Seq><rdf:li>640</rdf:li></rdf:Seq></exif:ISOSpeedRatings>",
    xmp__Rating="3",
    tiff__Make="Canon",
    tiff__Model="Canon EOS R5",
    aux__Lens="RF50mm F1.2 L USM",
    exif__DateTimeOriginal="2021-02-03T04:05:06+09:00",
    exif__FNumber="28/10",
    exif__ExposureTime="1/250",
    exif__FocalLength="50/1",
    exif__GPSLatitude="37,46.5N",
    exif__GPSLongitude="122,25.2W",
)
PADDED_IPTC = IPTC + b"\0" * (-len(IPTC) % 4)
PROFILE = raw_profile("exif", EXIF)

CORPUS: dict[str, Callable[[], bytes]] = {
    "exif.jpg": lambda: pictures.jpeg(exif=EXIF),
    "bright.jpg": lambda: pictures.jpeg(exif=BRIGHT),
    "no-gps.jpg": lambda: pictures.jpeg(exif=pictures.exif(gps=False)),
    "gps-without-seconds.jpg": lambda: pictures.jpeg(exif=WITHOUT_SECONDS),
    "xmp.jpg": lambda: pictures.jpeg(xmp=XMP),
    "exif-and-xmp.jpg": lambda: pictures.jpeg(exif=pictures.exif(), xmp=XMP),
    "iptc.jpg": lambda: metadata_blocks.jpeg_with_iptc(IPTC),
    "plain.jpg": pictures.jpeg,
    "iptc.tif": lambda: pictures.rgb_tiff({33723: (4, len(PADDED_IPTC) // 4, PADDED_IPTC)}),
    "xmp.tif": lambda: pictures.rgb_tiff({700: undefined(XMP)}),
    "exif.png": lambda: pictures.encode(pictures.picture(), "PNG", exif=EXIF),
    "exif-last.png": lambda: png_with_chunk(b"eXIf", EXIF[6:], is_last=True),
    **{
        f"profile-{kind.decode()}-{name}.png": partial(
            png_with_chunk, kind, text_chunk(kind, f"Raw profile type {name}", PROFILE)
        )
        for kind in (b"tEXt", b"zTXt", b"iTXt")
        for name in ("exif", "APP1")
    },
    "xmp-last.png": lambda: png_with_chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP, is_last=True
    ),
    "profile-iptc.png": lambda: png_with_chunk(
        b"zTXt",
        text_chunk(
            b"zTXt",
            "Raw profile type iptc",
            raw_profile("iptc", metadata_blocks.photoshop(IPTC)),
        ),
    ),
    "exif.webp": lambda: pictures.encode(pictures.picture(), "WEBP", exif=EXIF),
    "exif-without-flag.webp": lambda: webp_with_chunk(b"EXIF", EXIF),
    "xmp-without-flag.webp": lambda: webp_with_chunk(b"XMP ", XMP),
    "xmp.gif": lambda: metadata_blocks.gif_with_xmp(XMP),
    "exif.avif": lambda: pictures.encode(pictures.picture(), "AVIF", exif=EXIF),
    "exif.heic": lambda: pictures.heic(exif=EXIF),
    "xmp.heic": lambda: pictures.heic(xmp=XMP),
    "exif.jxl": lambda: pictures.jxl(exif=EXIF, use_container=True),
    "sensor.dng": pictures.dng,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for name, make in CORPUS.items():
        (folder / name).write_bytes(make())
    return folder


@pytest.fixture(scope="module")
def tags_by_name(files: Path) -> dict[str, dict[str, Any]]:
    """The tags of every file of the corpus, by group and name."""
    assert EXIFTOOL is not None
    options = ["-a", "-G0:1", "-j", "-n", "-charset", "iptc=UTF8", "-api", "struct=0"]
    output = subprocess.run(
        [EXIFTOOL, *options, str(files)], check=True, capture_output=True, timeout=120
    ).stdout
    return {Path(tags["SourceFile"]).name: tags for tags in json.loads(output)}


@pytest.mark.parametrize("name", CORPUS)
def test_facts_agree_with_exiftool(
    files: Path, tmp_path: Path, tags_by_name: dict[str, dict[str, Any]], name: str
) -> None:
    picture = Picture(files / name, tmp_path, LIMITS)
    for step, run in PIPELINE:
        run(picture)
        if step is Step.READ_METADATA:
            break

    assert facts_of(picture.metadata) == facts_of_exiftool(tags_by_name[name])


def facts_of(metadata: Metadata) -> dict[str, Any]:
    place = metadata.place
    return {
        "camera": metadata.camera,
        "lens": metadata.lens,
        "iso": metadata.iso,
        "aperture": metadata.aperture,
        "shutter": metadata.shutter,
        "focal_length": metadata.focal_length,
        "taken_at": metadata.taken_at and datetime.fromisoformat(metadata.taken_at.at),
        "lat": place and pytest.approx(place.lat, abs=1e-6),
        "lon": place and pytest.approx(place.lon, abs=1e-6),
        "altitude": place and place.altitude,
        "rating": metadata.rating,
        "title": metadata.title,
        "caption": metadata.caption,
        "keywords": list(metadata.keywords),
    }


def facts_of_exiftool(tags: dict[str, Any]) -> dict[str, Any]:
    def first(*names: str) -> Any:
        """Return the first tag that is there, by the precedence of the metadata reader."""
        for name in names:
            group, _, tag = name.rpartition(":")
            for key, value in tags.items():
                parts = key.split(":")
                if parts[-1] == tag and group in {"", *parts[:-1]}:
                    return value
        return None

    keywords = first("XMP:Subject", "IPTC:Keywords") or []
    specification = [float(part) for part in str(first("LensInfo") or "").split()]
    return {
        "camera": camera_name(first("EXIF:Make", "XMP:Make"), first("EXIF:Model", "XMP:Model")),
        "lens": first("EXIF:LensModel", "XMP:Lens")
        or (specification and "{:g}-{:g}mm f/{:g}-{:g}".format(*specification))
        or None,
        "iso": next(
            (
                iso
                for iso in (
                    first("EXIF:ISO", "XMP:ISO"),
                    first("EXIF:RecommendedExposureIndex"),
                )
                if iso not in {None, 65535}
            ),
            None,
        ),
        "aperture": first("FNumber"),
        "shutter": _rounded(first("ExposureTime")),
        "focal_length": first("FocalLength"),
        "taken_at": _instant(
            first(
                "Composite:SubSecDateTimeOriginal",
                "EXIF:DateTimeOriginal",
                "XMP:DateTimeOriginal",
                "Composite:DateTimeCreated",
                "Composite:GPSDateTime",
            )
        ),
        "lat": first("Composite:GPSLatitude", "XMP:GPSLatitude") or None,
        "lon": first("Composite:GPSLongitude", "XMP:GPSLongitude") or None,
        "altitude": first("Composite:GPSAltitude"),
        "rating": first("XMP:Rating", "EXIF:Rating"),
        "title": first("XMP:Title", "IPTC:ObjectName", "EXIF:XPTitle"),
        "caption": first(
            "XMP:Description", "IPTC:Caption-Abstract", "EXIF:ImageDescription", "EXIF:UserComment"
        ),
        "keywords": keywords if isinstance(keywords, list) else [keywords],
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.7g}")


def _instant(text: str | None) -> datetime | None:
    """Return the time of `2024:05:06 07:08:09.25+02:00`; without a zone it is read as UTC."""
    if text is None:
        return None
    date, _, clock = text.partition(" ")
    year, month, day = (int(part) for part in date.split(":"))
    clock = clock.removesuffix("Z")
    zone = clock[-6:] if clock[-6:-5] in {"+", "-"} else ""
    date = f"{year:04}-{month:02}-{day:02}"
    time = datetime.fromisoformat(f"{date}T{clock.removesuffix(zone)}")
    return time.replace(tzinfo=UTC) - timedelta(minutes=parse_offset(zone) or 0)
