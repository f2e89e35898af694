"""The time zone of a position, offline, and its offsets."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_MINUTE: Final = timedelta(minutes=1)
_NO_ZONES: Final = frozenset({"Factory", "localtime", "posixrules"})
_OTHER_CLOCKS: Final = ("posix/", "right/")


def find_zone(name: str) -> ZoneInfo | None:
    """Return the IANA zone of a name; None for one that the machine's time-zone data lacks.

    None too for files of that data that are no zones of a place, or count leap seconds.
    """
    if name in _NO_ZONES or name.startswith(_OTHER_CLOCKS):
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def time_zone_of(lat: float, lon: float) -> str | None:
    """Return the IANA zone of a position (WGS 84, degrees), None for one that has none.

    At sea it is the nautical one, `Etc/GMT+2`. The polygons are read at the first call, which
    takes 0.1 s and 36 MB; further calls take some microseconds.
    """
    # Not at import: a process that never needs it should not have its memory.
    import tzfpy

    return tzfpy.get_tz(lon, lat) or None


def offset_at(zone: str, wall_time: datetime) -> int | None:
    """Return the zone's minutes east of UTC at a wall time; None for a zone that is unknown here.

    A time that a clock shows twice, when daylight saving ends, is the first of both.
    """
    return _offset(zone, wall_time.replace(tzinfo=None), is_instant=False)


def offset_of_instant(zone: str, instant: datetime) -> int | None:
    """Return the zone's minutes east of UTC at an instant; None for a zone that is unknown here."""
    return _offset(zone, instant, is_instant=True)


def _offset(zone: str, moment: datetime, *, is_instant: bool) -> int | None:
    info = find_zone(zone)
    if info is None:
        return None
    try:
        local = moment.astimezone(info) if is_instant else moment.replace(tzinfo=info)
        offset = local.utcoffset()
    except (ValueError, OverflowError):
        # The ends of the calendar.
        return None
    # Before zones there was local mean time, with seconds.
    return None if offset is None else round(offset / _MINUTE)
