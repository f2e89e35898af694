"""Read EXIF directories. Garbage is left out; nothing here raises."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pichaven_processing.imaging.facts import CaptureTime, GeoPlace
from pichaven_processing.imaging.metadata.camera_names import camera_name
from pichaven_processing.imaging.metadata.captions import parse_user_comment
from pichaven_processing.imaging.metadata.capture_times import (
    capture_time,
    offset_from_gps,
    parse_offset,
    parse_time,
)
from pichaven_processing.imaging.metadata.lens_names import describe_lens, lens_name
from pichaven_processing.imaging.metadata.positions import degrees_of, geo_place
from pichaven_processing.imaging.metadata.ratings import stars, stars_of_percent
from pichaven_processing.imaging.metadata.tiff_tags import (
    EXIF_IFD,
    GPS_IFD,
    Tags,
    TiffTags,
    clean_text,
    decode_text,
    floats_of,
    integer_of,
    number_of,
    text_of,
)

_DESCRIPTION, _MAKE, _MODEL = 0x010E, 0x010F, 0x0110
_RATING, _RATING_PERCENT = 0x4746, 0x4749
_XP_TITLE, _XP_COMMENT, _XP_KEYWORDS, _USER_COMMENT = 0x9C9B, 0x9C9C, 0x9C9E, 0x9286
_EXPOSURE, _F_NUMBER = 0x829A, 0x829D
_ISO, _SENSITIVITY_TYPE, _ISO_OF_RW2 = 0x8827, 0x8830, 0x0017
_STANDARD_OUTPUT, _RECOMMENDED_INDEX, _ISO_SPEED = 0x8831, 0x8832, 0x8833
_BY_SENSITIVITY_TYPE: Final = {
    1: (_STANDARD_OUTPUT,),
    2: (_RECOMMENDED_INDEX,),
    3: (_ISO_SPEED,),
    4: (_STANDARD_OUTPUT, _RECOMMENDED_INDEX),
    5: (_STANDARD_OUTPUT, _ISO_SPEED),
    6: (_RECOMMENDED_INDEX, _ISO_SPEED),
    7: (_STANDARD_OUTPUT, _RECOMMENDED_INDEX, _ISO_SPEED),
}
_TIMES: Final = ((0x9003, 0x9011, 0x9291), (0x9004, 0x9012, 0x9292))
"""Tags of a time, its offset and its fraction: taken, then digitized."""
_HIGHEST_ISO, _ISO_OVERFLOW = 10_000_000, 65535
_OFFSET_OF_CHANGE, _HOURS_FROM_UTC = 0x9010, 0x882A
_SHUTTER_SPEED, _APERTURE, _FOCAL_LENGTH = 0x9201, 0x9202, 0x920A
_LENS_SPECIFICATION, _LENS_MODEL, _LENS_OF_DNG = 0xA432, 0xA434, 0xC630


@dataclass(frozen=True, slots=True)
class ExifFacts:
    camera: str | None = None
    lens: str | None = None
    lens_specification: str | None = None
    """Describes a lens by its focal lengths and f-numbers."""
    iso: int | None = None
    aperture: float | None = None
    shutter: float | None = None
    focal_length: float | None = None
    taken_at: CaptureTime | None = None
    gps_time: CaptureTime | None = None
    place: GeoPlace | None = None
    rating: int | None = None
    title: str | None = None
    caption: str | None = None
    comment: str | None = None
    keywords: tuple[str, ...] = ()


def read_exif(source: TiffTags) -> ExifFacts:
    main = source.first()
    photo = source.child(main, EXIF_IFD)
    gps = source.child(main, GPS_IFD)
    gps_time = _gps_time(gps)
    return ExifFacts(
        camera=camera_name(_line(main, _MAKE), _line(main, _MODEL)),
        lens=lens_name(text_of(photo, _LENS_MODEL)) or lens_name(text_of(main, _LENS_MODEL)),
        lens_specification=_lens_specification(photo, main),
        iso=_iso(photo) or _iso(main) or (None if source.is_plain else _iso_of_rw2(main)),
        aperture=_aperture(photo) or _aperture(main),
        shutter=_shutter(photo) or _shutter(main),
        focal_length=_positive(photo, _FOCAL_LENGTH, 100_000),
        taken_at=_taken_at(photo, gps_time) or _taken_at(main, gps_time),
        gps_time=capture_time(gps_time, 0, "gps") if gps_time else None,
        place=_place(gps),
        rating=_rating(main),
        title=_windows_text(main, _XP_TITLE),
        caption=text_of(main, _DESCRIPTION),
        comment=_windows_text(main, _XP_COMMENT) or _user_comment(photo, source.byte_order),
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
    """Return the sensitivity; 65535 says that it does not fit and is in another tag."""
    by_type = _BY_SENSITIVITY_TYPE.get(integer_of(tags, _SENSITIVITY_TYPE) or 0, ())
    for tag in (_ISO, *by_type, _RECOMMENDED_INDEX, _ISO_SPEED, _STANDARD_OUTPUT):
        number = integer_of(tags, tag)
        if number is not None and 0 < number <= _HIGHEST_ISO and number != _ISO_OVERFLOW:
            return number
    return None


def _iso_of_rw2(main: Tags) -> int | None:
    number = integer_of(main, _ISO_OF_RW2)
    return number if number is not None and 0 < number < _ISO_OVERFLOW else None


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
    rating = stars(number_of(tags, _RATING))
    return rating if rating is not None else stars_of_percent(number_of(tags, _RATING_PERCENT))


def _lens_specification(photo: Tags, main: Tags) -> str | None:
    for tags, tag in ((photo, _LENS_SPECIFICATION), (main, _LENS_OF_DNG)):
        value = tags.get(tag)
        if isinstance(value, tuple):
            lens = describe_lens(floats_of(value))
            if lens is not None:
                return lens
    return None


def _user_comment(tags: Tags, byte_order: str) -> str | None:
    value = tags.get(_USER_COMMENT)
    return parse_user_comment(value, byte_order) if isinstance(value, bytes) else None


def _keywords(tags: Tags) -> tuple[str, ...]:
    text = _windows_text(tags, _XP_KEYWORDS) or ""
    return tuple(word.strip() for word in text.split(";") if word.strip())


def _windows_text(tags: Tags, tag: int) -> str | None:
    value = tags.get(tag)
    if not isinstance(value, bytes):
        return None
    return clean_text(value.decode("utf-16-le", "ignore").split("\0", 1)[0])


def _taken_at(photo: Tags, gps_time: datetime | None) -> CaptureTime | None:
    times = [
        (
            parse_time(text_of(photo, tag), text_of(photo, fraction)),
            parse_offset(text_of(photo, own)),
        )
        for tag, own, fraction in _TIMES
    ]
    for time, own_offset in times:
        if time is None:
            continue
        clock, offset = time
        of_same_clock = (other for same, other in times if same is not None and same[0] == clock)
        by_gps = offset_from_gps(clock, gps_time) if gps_time is not None else None
        offsets = (offset, own_offset, *of_same_clock, by_gps, *_offsets_of_file(photo))
        offset = next((minutes for minutes in offsets if minutes is not None), None)
        return capture_time(clock, offset, "exif")
    return None


def _offsets_of_file(photo: Tags) -> Iterator[int | None]:
    """Yield the offset of the file's last change and that of the camera.

    Both may be of another place: a program that changes the file writes its own.
    """
    yield parse_offset(text_of(photo, _OFFSET_OF_CHANGE))
    hours = integer_of(photo, _HOURS_FROM_UTC)
    yield None if hours is None else parse_offset(f"{hours:+d}")


def _gps_time(gps: Tags) -> datetime | None:
    day = parse_time(_line(gps, 29), needs_day=True)
    time = gps.get(7)
    if day is None or not isinstance(time, tuple) or len(time) < 3:
        return None
    hours, minutes, seconds = floats_of(time[:3])
    # Receivers that know no seconds write 0/0.
    minutes, seconds = (0.0 if math.isnan(part) else part for part in (minutes, seconds))
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61):
        return None
    midnight = day[0].replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _place(gps: Tags) -> GeoPlace | None:
    altitude = number_of(gps, 6)
    if altitude is not None and gps.get(5) in {(1,), b"\x01"}:
        altitude = -altitude
    return geo_place(_degrees(gps, 1, 2, "S"), _degrees(gps, 3, 4, "W"), altitude)


def _degrees(gps: Tags, side_tag: int, tag: int, negative: str) -> float | None:
    value = gps.get(tag)
    parts = floats_of(value) if isinstance(value, tuple) else ()
    if len(parts) == 3 and math.isnan(parts[2]):
        # Receivers that know no seconds write 0/0.
        parts = (*parts[:2], 0.0)
    degrees = degrees_of(parts)
    side = gps.get(side_tag)
    letter = decode_text(side[:1]) if isinstance(side, bytes) else None
    is_negative = letter is not None and letter.upper() == negative
    return -degrees if degrees is not None and is_negative else degrees
