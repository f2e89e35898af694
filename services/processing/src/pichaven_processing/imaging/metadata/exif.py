"""Read EXIF directories. Garbage is left out; nothing here raises."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pichaven_processing.imaging.facts import CaptureTime, GeoPlace
from pichaven_processing.imaging.metadata.camera_names import camera_name
from pichaven_processing.imaging.metadata.capture_times import (
    capture_time,
    offset_from_gps,
    parse_exif_time,
    parse_offset,
)
from pichaven_processing.imaging.metadata.tiff_tags import (
    EXIF_IFD,
    GPS_IFD,
    Tags,
    TiffTags,
    clean_text,
    decode_text,
    integer_of,
    number_of,
    text_of,
)

_DESCRIPTION, _MAKE, _MODEL = 0x010E, 0x010F, 0x0110
_RATING, _TITLE, _KEYWORDS = 0x4746, 0x9C9B, 0x9C9E
_EXPOSURE, _F_NUMBER, _ISO, _SENSITIVITY = 0x829A, 0x829D, 0x8827, 0x8831
_TIMES: Final = ((0x9003, 0x9011, 0x9291), (0x9004, 0x9012, 0x9292))
_SHUTTER_SPEED, _APERTURE, _FOCAL_LENGTH, _LENS = 0x9201, 0x9202, 0x920A, 0xA434
_LENS_OF_DNG = 0xC630
_BOILERPLATE: Final = frozenset(
    {
        "olympus digital camera",
        "sony dsc",
        "samsung camera pictures",
        "kodak digital still camera",
        "minolta digital camera",
        "digital camera",
        "default",
    }
)


@dataclass(frozen=True, slots=True)
class ExifFacts:
    camera: str | None = None
    lens: str | None = None
    iso: int | None = None
    aperture: float | None = None
    shutter: float | None = None
    focal_length: float | None = None
    taken_at: CaptureTime | None = None
    gps_time: CaptureTime | None = None
    place: GeoPlace | None = None
    rating: int | None = None
    caption: str | None = None
    keywords: tuple[str, ...] = ()


def read_exif(source: TiffTags) -> ExifFacts:
    main = source.first()
    photo = source.child(main, EXIF_IFD)
    gps = source.child(main, GPS_IFD)
    gps_time = _gps_time(gps)
    return ExifFacts(
        camera=camera_name(_line(main, _MAKE), _line(main, _MODEL)),
        lens=_line(photo, _LENS) or _line(main, _LENS_OF_DNG),
        iso=_iso(photo) or _iso(main),
        aperture=_aperture(photo) or _aperture(main),
        shutter=_shutter(photo) or _shutter(main),
        focal_length=_positive(photo, _FOCAL_LENGTH, 100_000),
        taken_at=_taken_at(photo, gps_time) or _taken_at(main, gps_time),
        gps_time=capture_time(gps_time, 0, "gps") if gps_time else None,
        place=_place(gps),
        rating=_rating(main),
        caption=_caption(main),
        keywords=_keywords(main),
    )


def _line(tags: Tags, tag: int) -> str | None:
    text = text_of(tags, tag)
    return " ".join(text.split())[:200] if text else None


def _positive(tags: Tags, tag: int, most: float) -> float | None:
    number = number_of(tags, tag)
    if number is None or not 0 < number <= most:
        return None
    # A camera's rational has no more than seven significant digits.
    return float(f"{number:.7g}")


def _iso(tags: Tags) -> int | None:
    for tag in (_ISO, _SENSITIVITY):
        number = integer_of(tags, tag)
        # 65535 means that the true one is in another tag.
        if number is not None and 0 < number < 10_000_000 and number != 65535:
            return number
    return None


def _aperture(tags: Tags) -> float | None:
    f_number = _positive(tags, _F_NUMBER, 1000)
    if f_number is not None:
        return f_number
    apex = number_of(tags, _APERTURE)
    return round(math.sqrt(2) ** apex, 2) if apex is not None and 0 <= apex <= 20 else None


def _shutter(tags: Tags) -> float | None:
    seconds = _positive(tags, _EXPOSURE, 1_000_000)
    if seconds is not None:
        return seconds
    apex = number_of(tags, _SHUTTER_SPEED)
    return float(f"{2**-apex:.4g}") if apex is not None and -20 <= apex <= 20 else None


def _rating(tags: Tags) -> int | None:
    number = integer_of(tags, _RATING)
    return number if number is not None and 0 <= number <= 5 else None


def _caption(tags: Tags) -> str | None:
    text = _windows_text(tags, _TITLE) or text_of(tags, _DESCRIPTION)
    return None if text is None or text.lower() in _BOILERPLATE else text


def _keywords(tags: Tags) -> tuple[str, ...]:
    text = _windows_text(tags, _KEYWORDS) or ""
    return tuple(word.strip() for word in text.split(";") if word.strip())


def _windows_text(tags: Tags, tag: int) -> str | None:
    value = tags.get(tag)
    if not isinstance(value, bytes):
        return None
    return clean_text(value.decode("utf-16-le", "ignore").split("\0", 1)[0])


def _taken_at(photo: Tags, gps_time: datetime | None) -> CaptureTime | None:
    for time_tag, offset_tag, fraction_tag in _TIMES:
        clock = parse_exif_time(text_of(photo, time_tag), text_of(photo, fraction_tag))
        if clock is None:
            continue
        offset = parse_offset(text_of(photo, offset_tag))
        if offset is None and gps_time is not None:
            offset = offset_from_gps(clock, gps_time)
        return capture_time(clock, offset, "exif")
    return None


def _gps_time(gps: Tags) -> datetime | None:
    day = parse_exif_time(f"{_line(gps, 29) or ''} 00:00:00")
    time = gps.get(7)
    if day is None or not isinstance(time, tuple) or len(time) < 3:
        return None
    try:
        hours, minutes, seconds = (float(part) for part in time[:3])
    except OverflowError:
        return None
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61):
        return None
    return day + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _place(gps: Tags) -> GeoPlace | None:
    lat = _degrees(gps, 1, 2, "S")
    lon = _degrees(gps, 3, 4, "W")
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None
    if lat == 0 and lon == 0:
        # A receiver without a fix writes this.
        return None
    altitude = number_of(gps, 6)
    if altitude is not None:
        below = gps.get(5) in {(1,), b"\x01"}
        altitude = round(-altitude if below else altitude, 2)
        altitude = altitude if abs(altitude) < 100_000 else None
    return GeoPlace(round(lat, 7), round(lon, 7), altitude)


def _degrees(gps: Tags, side_tag: int, tag: int, negative: str) -> float | None:
    value = gps.get(tag)
    if not isinstance(value, tuple) or not 1 <= len(value) <= 3:
        return None
    try:
        parts = [float(part) for part in value]
    except OverflowError:
        return None
    if not all(math.isfinite(part) and part >= 0 for part in parts):
        return None
    degrees = math.fsum(part / 60.0**power for power, part in enumerate(parts))
    side = gps.get(side_tag)
    letter = decode_text(side[:1]) if isinstance(side, bytes) else None
    return -degrees if letter is not None and letter.upper() == negative else degrees
