"""Times are aware, in UTC, in whole milliseconds, as MongoDB stores them."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def parse_day(text: str) -> date:
    """Return a day of the calendar, written like 2026-11-21. Raises `ValueError`."""
    if _DAY.fullmatch(text) is None:
        raise ValueError("Not a date like 2026-11-21.")
    return date.fromisoformat(text)


def parse_moment(text: str, zone: tzinfo = UTC, *, into_day: timedelta = timedelta()) -> datetime:
    """Return a date or time (ISO 8601) in UTC; `zone` is that of a text without one.

    A date stands for the moment `into_day` after its midnight. Raises `ValueError`,
    `OverflowError`.
    """
    if len(text) == len("2026-11-21"):
        moment = datetime.combine(parse_day(text), time(), zone) + into_day
    else:
        parse_day(text[: len("2026-11-21")])
        # In a query string a plus sign that was not escaped arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def has_offset(text: str) -> bool:
    """Whether a text of `parse_moment` says its offset from UTC. Raises `ValueError`."""
    if len(text) == len("2026-11-21"):
        return False
    return datetime.fromisoformat(text.replace(" ", "+")).tzinfo is not None


def _check_range(moment: datetime) -> datetime:
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC it falls outside the years 1 to 9999") from None
    return moment


def check_time_text(value: object) -> object:
    """Return the text of a date with a time. Raises `ValueError`."""
    # Numbers, also those in texts, would be read as seconds.
    if not isinstance(value, str) or _DATE.match(value) is None:
        raise ValueError("must be a time like 2026-11-21T08:30:00Z")
    return value


Moment = Annotated[
    AwareDatetime,
    Field(strict=False),
    BeforeValidator(check_time_text),
    AfterValidator(_check_range),
]
"""A time with an offset, as clients send it, that exists in UTC as well."""
