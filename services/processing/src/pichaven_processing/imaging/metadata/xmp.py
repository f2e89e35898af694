"""Read what XMP has about a picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pichaven_processing.imaging.facts import CaptureTime, GeoPlace
from pichaven_processing.imaging.metadata.camera_names import camera_name
from pichaven_processing.imaging.metadata.captions import says_something
from pichaven_processing.imaging.metadata.capture_times import (
    capture_time,
    parse_offset,
    parse_time,
)
from pichaven_processing.imaging.metadata.lens_names import describe_lens, lens_name
from pichaven_processing.imaging.metadata.positions import geo_place, parse_degrees
from pichaven_processing.imaging.metadata.ratings import stars, stars_of_percent
from pichaven_processing.imaging.metadata.xmp_packet import read_properties

_XMP: Final = "http://ns.adobe.com/xap/1.0/"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_TIFF: Final = "http://ns.adobe.com/tiff/1.0/"
_EXIF: Final = "http://ns.adobe.com/exif/1.0/"
_EXIF_EX: Final = "http://cipa.jp/exif/1.0/"
_AUX: Final = "http://ns.adobe.com/exif/1.0/aux/"
_PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/"
_MICROSOFT: Final = "http://ns.microsoft.com/photo/1.0/"
_TIMES: Final = (
    (f"{_EXIF} DateTimeOriginal", "OffsetTimeOriginal"),
    (f"{_PHOTOSHOP} DateCreated", None),
    (f"{_XMP} CreateDate", None),
    (f"{_EXIF} DateTimeDigitized", "OffsetTimeDigitized"),
)
"""Properties of times, and the names of their offsets."""
_OF_FILES: Final = frozenset({f"{_XMP} CreateDate", f"{_EXIF} DateTimeDigitized"})
_REJECTED: Final = -1
_MOST_ISO: Final = 10_000_000
_ISO_OVERFLOW: Final = 65535

Properties = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class XmpFacts:
    camera: str | None = None
    lens: str | None = None
    lens_specification: str | None = None
    iso: int | None = None
    aperture: float | None = None
    shutter: float | None = None
    focal_length: float | None = None
    taken_at: CaptureTime | None = None
    is_time_of_file: bool = False
    """Whether the time is that of a digital file, which may be a scan."""
    gps_time: CaptureTime | None = None
    place: GeoPlace | None = None
    rating: int | None = None
    is_rejected: bool = False
    """Sorted out by its owner, which XMP writes as a rating of -1."""
    title: str | None = None
    caption: str | None = None
    comment: str | None = None
    keywords: tuple[str, ...] = ()


def read_xmp(packet: bytes, extension: bytes | None = None) -> XmpFacts:
    """Return what the packet and its extension have; nothing of one that is broken or hostile."""
    values = read_properties(packet)
    if extension:
        values = {**read_properties(extension), **values}
    taken_at, is_time_of_file = _taken_at(values)
    comment = _first(values, f"{_EXIF} UserComment")
    return XmpFacts(
        camera=camera_name(_first(values, f"{_TIFF} Make"), _first(values, f"{_TIFF} Model")),
        lens=_lens(values),
        lens_specification=_lens_specification(values),
        iso=_iso(values),
        aperture=_positive(values, f"{_EXIF} FNumber", 1000),
        shutter=_positive(values, f"{_EXIF} ExposureTime", 1_000_000),
        focal_length=_positive(values, f"{_EXIF} FocalLength", 100_000),
        taken_at=taken_at,
        is_time_of_file=is_time_of_file,
        gps_time=_gps_time(values),
        place=_place(values),
        rating=_rating(values),
        is_rejected=_number(_first(values, f"{_XMP} Rating")) == _REJECTED,
        title=_first(values, f"{_DC} title"),
        caption=_first(values, f"{_DC} description", f"{_TIFF} ImageDescription"),
        comment=comment if says_something(comment) else None,
        keywords=tuple(values.get(f"{_DC} subject", ())),
    )


def _first(values: Properties, *names: str) -> str | None:
    return next((values[name][0] for name in names if name in values), None)


def _number(text: str | None) -> float | None:
    """Return a decimal number or a fraction as a finite number."""
    if text is None:
        return None
    top, _, bottom = text.partition("/")
    try:
        number = float(top) / float(bottom or 1)
    except (ValueError, ArithmeticError):
        return None
    return number if number - number == 0 else None


def _positive(values: Properties, name: str, most: float) -> float | None:
    number = _number(_first(values, name))
    return float(f"{number:.7g}") if number is not None and 0 < number <= most else None


def _iso(values: Properties) -> int | None:
    for name in (
        f"{_EXIF_EX} PhotographicSensitivity",
        f"{_EXIF} ISOSpeedRatings",
        f"{_EXIF_EX} RecommendedExposureIndex",
        f"{_EXIF_EX} ISOSpeed",
        f"{_EXIF_EX} StandardOutputSensitivity",
    ):
        number = _number(_first(values, name))
        if number is not None and 0 < number <= _MOST_ISO and number != _ISO_OVERFLOW:
            return int(number) or None
    return None


def _lens(values: Properties) -> str | None:
    names = (f"{_EXIF_EX} LensModel", f"{_AUX} Lens", f"{_MICROSOFT} LensModel")
    return next(filter(None, (lens_name(_first(values, name)) for name in names)), None)


def _lens_specification(values: Properties) -> str | None:
    parts = values.get(f"{_EXIF_EX} LensSpecification") or (
        (_first(values, f"{_AUX} LensInfo") or "").split()
    )
    return describe_lens([_number(part) or 0.0 for part in parts])


def _place(values: Properties) -> GeoPlace | None:
    altitude = _number(_first(values, f"{_EXIF} GPSAltitude"))
    if altitude is not None and _first(values, f"{_EXIF} GPSAltitudeRef") == "1":
        altitude = -abs(altitude)
    return geo_place(
        parse_degrees(_first(values, f"{_EXIF} GPSLatitude")),
        parse_degrees(_first(values, f"{_EXIF} GPSLongitude")),
        altitude,
    )


def _rating(values: Properties) -> int | None:
    rating = _first(values, f"{_XMP} Rating")
    if rating is not None:
        return stars(_number(rating))
    return stars_of_percent(_number(_first(values, f"{_MICROSOFT} Rating")))


def _taken_at(values: Properties) -> tuple[CaptureTime | None, bool]:
    """Return the time, and whether it is that of the digital file."""
    for name, offset_name in _TIMES:
        time = parse_time(_first(values, name))
        if time is None:
            continue
        clock, offset = time
        if offset is None and offset_name is not None:
            offset = parse_offset(
                _first(
                    values,
                    f"{_EXIF} {offset_name}",
                    f"{_EXIF_EX} {offset_name}",
                    f"{_EXIF} OffsetTime",
                    f"{_EXIF_EX} OffsetTime",
                )
            )
        return capture_time(clock, offset, "xmp"), name in _OF_FILES
    return None, False


def _gps_time(values: Properties) -> CaptureTime | None:
    time = parse_time(_first(values, f"{_EXIF} GPSTimeStamp"), needs_day=True)
    return capture_time(time[0], time[1] or 0, "gps") if time is not None else None
