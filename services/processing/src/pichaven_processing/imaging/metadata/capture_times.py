"""Capture times, from what cameras and programs write."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from pichaven_processing.imaging.facts import CaptureTime

_DATE: Final = r"(\d{4})[:\-./] ?(\d{1,2})[:\-./] ?(\d{1,2})"
_CLOCK: Final = r"(\d{1,2}): ?(\d{1,2})(?:: ?(\d{1,2})(?:[.,](\d+))?)?"
_ZONE: Final = r"(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)"
_TIME: Final = re.compile(rf"{_DATE}(?:[T ]\s*{_CLOCK}\s*{_ZONE}?|[T :]*(?:Z|$))", re.IGNORECASE)
# ISO 8601's basic form, which IPTC has too.
_COMPACT_TIME: Final = re.compile(
    rf"(\d{{4}})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d+))?)?\s*{_ZONE}?|$)", re.IGNORECASE
)
# XMP may leave day and month out; EXIF has blanks for what is unknown.
_PART_OF_DATE: Final = re.compile(r"(\d{4})(?:[:\-./] ?(\d{1,2}))?[\s:\-./]*")
_OFFSET: Final = re.compile(_ZONE, re.IGNORECASE)
_SIGNED: Final = re.compile(r"([+-])(\d{1,2}):?(\d{2})?")
_FIRST_YEAR: Final = 1826
_LAST_YEAR: Final = 2100
_QUARTER_HOUR: Final = 15
_MOST_EAST: Final = 14 * 60
_MOST_WEST: Final = -12 * 60


def parse_time(
    text: str | None, subsecond: str | None = None, *, needs_day: bool = False
) -> tuple[datetime, int | None] | None:
    """Return a clock and, where the text ends in a zone, its minutes east of UTC.

    Reads what EXIF (`2024:05:06 07:08:09`), XMP (`2024-05-06T07:08:09+02:00`) and IPTC
    (`20240506T070809+0200`) write, numbers of one digit too. A date alone is its midnight, a
    month (`2004-05`) or a year the first of its days; so are zeros in place of day and month, but
    with a clock. None for a time that does not exist, and with `needs_day` for one without a day.
    """
    stripped = text.strip() if text else ""
    match = _TIME.match(stripped) or _COMPACT_TIME.match(stripped)
    if match is None:
        return None if needs_day else _first_day(stripped)
    *numbers, fraction, zone = match.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    digits = re.match(r"\d+", fraction or (subsecond or "").strip())
    microsecond = int(digits.group()[:6].ljust(6, "0")) if digits else 0
    # A leap second has no other place.
    second = 59 if second == 60 else second
    if day == 0 and (hour, minute, second) == (0, 0, 0) and not needs_day:
        return _first_day(f"{year:04}:{month or 1:02}")
    try:
        clock = datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001
    except ValueError:
        return None
    return clock, parse_offset(zone)


def _first_day(text: str) -> tuple[datetime, int | None] | None:
    match = _PART_OF_DATE.fullmatch(text)
    if match is None or not _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR:
        return None
    try:
        return datetime(int(match[1]), int(match[2] or 1), 1), None  # noqa: DTZ001
    except ValueError:
        return None


def parse_offset(text: str | None) -> int | None:
    """Return the minutes east of UTC in `+02:00`; None for an offset that does not exist."""
    stripped = text.strip() if text else ""
    if _OFFSET.fullmatch(stripped) is None:
        return None
    match = _SIGNED.fullmatch(stripped)
    if match is None:
        return 0
    sign, hours, minutes = match.groups()
    total = (int(hours) * 60 + int(minutes or 0)) * (1 if sign == "+" else -1)
    return total if _MOST_WEST <= total <= _MOST_EAST and int(minutes or 0) < 60 else None


def capture_time(clock: datetime, offset_minutes: int | None, source: str) -> CaptureTime:
    """Return a clock's time in UTC; without a zone the clock is read as UTC."""
    zone = timezone(timedelta(minutes=offset_minutes or 0))
    at = clock.replace(tzinfo=zone).astimezone(UTC)
    offset_source = None if offset_minutes is None else "file"
    return CaptureTime(at.isoformat(timespec="milliseconds"), offset_minutes, source, offset_source)


def offset_from_gps(clock: datetime, gps_time: datetime) -> int | None:
    """Return the zone that explains the difference between a camera's clock and GPS time.

    Zones are whole quarters of an hour; None for a difference that is none within two minutes:
    the clock is wrong or the fix is old.
    """
    difference = (clock - gps_time).total_seconds() / 60
    quarters = round(difference / _QUARTER_HOUR) * _QUARTER_HOUR
    if abs(difference - quarters) > 2 or not _MOST_WEST <= quarters <= _MOST_EAST:
        return None
    return quarters
