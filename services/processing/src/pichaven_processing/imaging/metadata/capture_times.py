"""Capture times, from what cameras and programs write."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from pichaven_processing.imaging.facts import CaptureTime

_EXIF_TIME: Final = re.compile(r"(\d{4})[:\-./](\d\d)[:\-./](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?")
_OFFSET: Final = re.compile(r"\s*([+-])(\d\d):?(\d\d)\s*")
_FIRST_YEAR: Final = 1826
_LAST_YEAR: Final = 2100
_QUARTER_HOUR: Final = 15
_MOST_EAST: Final = 14 * 60
_MOST_WEST: Final = -12 * 60


def parse_exif_time(text: str | None, subsecond: str | None = None) -> datetime | None:
    """Return a camera's clock (`2024:05:06 07:08:09`), without a zone; None for an invalid one."""
    match = _EXIF_TIME.match(text.strip()) if text else None
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    digits = re.match(r"\d+", (subsecond or "").strip())
    fraction = int(digits.group()[:6].ljust(6, "0")) if digits else 0
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), fraction)  # noqa: DTZ001
    except ValueError:
        return None


def parse_offset(text: str | None) -> int | None:
    """Return the minutes east of UTC in `+02:00`; None for an offset that does not exist."""
    if text is None:
        return None
    if text.strip() == "Z":
        return 0
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    sign, hours, minutes = match.groups()
    total = (int(hours) * 60 + int(minutes)) * (1 if sign == "+" else -1)
    return total if _MOST_WEST <= total <= _MOST_EAST and int(minutes) < 60 else None


def parse_iso_time(text: str | None) -> tuple[datetime, int | None] | None:
    """Return the clock and the zone's minutes of an XMP date; None when it is no full date."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if not _FIRST_YEAR <= time.year <= _LAST_YEAR:
        return None
    offset = time.utcoffset()
    minutes = None if offset is None else int(offset.total_seconds() // 60)
    if minutes is not None and not _MOST_WEST <= minutes <= _MOST_EAST:
        return None
    return time.replace(tzinfo=None), minutes


def capture_time(clock: datetime, offset_minutes: int | None, source: str) -> CaptureTime:
    """Return a clock's time in UTC; without a zone the clock is read as UTC."""
    zone = timezone(timedelta(minutes=offset_minutes or 0))
    at = clock.replace(tzinfo=zone).astimezone(UTC)
    return CaptureTime(at.isoformat(timespec="milliseconds"), offset_minutes, source)


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
