"""When a photo was taken: the wall time there, its offset if that is known, and the instant."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pichaven_contracts.photo import OffsetSource
from pichaven_places import offset_at, offset_of_instant

EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 11, 30, tzinfo=UTC)
EDITABLE_YEARS: Final = range(1000, 9001)
MAX_SHIFT: Final = timedelta(days=366 * 200)
_MIN_OFFSET: Final = timedelta(hours=-12)
_MAX_OFFSET: Final = timedelta(hours=14)
_MINUTE: Final = timedelta(minutes=1)
_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class CaptureTime:
    """Libraries are laid out by `local`, as a clock on the spot showed it; `instant` is the same
    everywhere. Without an offset, the wall time is read as UTC."""

    local: datetime
    """Without a zone."""
    offset: int | None = None
    """Minutes east of UTC."""
    source: OffsetSource = "none"
    """Of the offset."""

    @property
    def instant(self) -> datetime:
        return whole_ms(self.local_key - timedelta(minutes=self.offset or 0))

    @property
    def local_key(self) -> datetime:
        """The wall time as if it were one in UTC, as the database sorts it."""
        return self.local.replace(tzinfo=UTC)

    @property
    def offset_text(self) -> str | None:
        """The offset as `+09:00`."""
        if self.offset is None:
            return None
        hours, minutes = divmod(abs(self.offset), 60)
        return f"{'-' if self.offset < 0 else '+'}{hours:02}:{minutes:02}"


@dataclass(frozen=True, slots=True)
class Zones:
    """What is known of the zone where a photo was taken, the most trusted first."""

    file_offset: int | None = None
    """Minutes east of UTC."""
    position: str | None = None
    """The IANA zone at the photo's position."""
    home: str | None = None
    """The IANA zone that its owner lives in."""

    def at_wall_time(self, local: datetime) -> CaptureTime:
        """Return the time of a clock without an offset; `local` has no zone."""
        local = to_local(local.replace(tzinfo=UTC))
        if self.file_offset is not None:
            return CaptureTime(local, self.file_offset, "file")
        for zone, source in self._named():
            offset = offset_at(zone, local)
            if offset is not None:
                return CaptureTime(local, offset, source)
        return CaptureTime(local)

    def at_instant(self, instant: datetime) -> CaptureTime:
        """Return the wall time of an instant, which came without one."""
        if self.file_offset is not None:
            return from_offset(instant, self.file_offset, "file")
        for zone, source in self._named():
            offset = offset_of_instant(zone, instant)
            if offset is not None:
                return from_offset(instant, offset, source)
        return CaptureTime(to_local(instant))

    def _named(self) -> list[tuple[str, OffsetSource]]:
        zones: list[tuple[str | None, OffsetSource]] = [
            (self.position, "gps"),
            (self.home, "home"),
        ]
        return [(zone, source) for zone, source in zones if zone is not None]


def from_offset(instant: datetime, offset: int, source: OffsetSource) -> CaptureTime:
    """Return the time of an instant whose offset from UTC is known, in minutes."""
    return CaptureTime(to_local(whole_ms(instant) + timedelta(minutes=offset)), offset, source)


def in_zone(time: CaptureTime, zone: str, *, keep_instant: bool) -> CaptureTime:
    """Return the time in a zone of `is_time_zone`, with the same wall time or the same instant."""
    match = _OFFSET.fullmatch(zone)
    if match is not None:
        offset: int | None = _to_minutes(match)
    elif keep_instant:
        offset = offset_of_instant(zone, time.instant)
    else:
        offset = offset_at(zone, time.local)
    if offset is None:
        return time
    if keep_instant:
        return from_offset(time.instant, offset, "user")
    return CaptureTime(time.local, offset, "user")


def is_iana_zone(text: str) -> bool:
    """Whether the text is the name of a time zone that is known here."""
    return offset_of_instant(text, datetime(2000, 1, 1, tzinfo=UTC)) is not None


def is_time_zone(text: str) -> bool:
    """Whether the text is an IANA zone that is known here, or an offset such as `+09:00`."""
    match = _OFFSET.fullmatch(text)
    if match is not None:
        return int(match[3]) < 60 and is_offset(timedelta(minutes=_to_minutes(match)))  # noqa: PLR2004
    return is_iana_zone(text)


def is_offset(offset: timedelta) -> bool:
    """Whether a zone may have the offset: whole minutes, 12 hours west to 14 hours east."""
    return _MIN_OFFSET <= offset <= _MAX_OFFSET and not offset % _MINUTE


def is_editable(local: datetime) -> bool:
    """Whether an owner may give a photo this wall time."""
    return local.year in EDITABLE_YEARS


def _to_minutes(match: re.Match[str]) -> int:
    minutes = int(match[2]) * 60 + int(match[3])
    return -minutes if match[1] == "-" else minutes


def to_local(moment: datetime) -> datetime:
    """Return a moment's clock time in UTC, without a zone."""
    return whole_ms(moment).replace(tzinfo=None)


def whole_ms(moment: datetime) -> datetime:
    """Return the moment in UTC at the database's precision, so that cursors match it.

    The calendar's first and last days are clamped, so that no time zone shifts a moment out of
    its range.
    """
    try:
        moment = min(max(moment.astimezone(UTC), EARLIEST), LATEST)
    except OverflowError:
        moment = EARLIEST if moment.year == 1 else LATEST
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
