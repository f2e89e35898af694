"""Fields of requests that are wall times, durations and time zones."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from pichaven_chassis.clock import check_time_text
from pichaven_chassis.request_body import Text
from pichaven_gallery.photos.capture_time import (
    EDITABLE_YEARS,
    MAX_SHIFT,
    is_editable,
    is_iana_zone,
    is_offset,
    is_time_zone,
)

_DURATION: Final = re.compile(
    r"[+-]?P(?=.)(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{1,6})?S)?)?", re.ASCII
)
"""ISO 8601 without years and months, which have no length of their own."""


def _check_duration(value: object) -> object:
    if not isinstance(value, str) or _DURATION.fullmatch(value) is None:
        raise ValueError("must be a duration like -PT8H or P1DT2H30M")
    return value


def _check_wall_time(time: datetime) -> datetime:
    if not is_editable(time.replace(tzinfo=None)):
        raise ValueError(f"the year must be {EDITABLE_YEARS.start} to {EDITABLE_YEARS.stop - 1}")
    offset = time.utcoffset()
    if offset is not None and not is_offset(offset):
        raise ValueError("the offset must be whole minutes from -12:00 to +14:00")
    return time


def _check_iana_zone(name: str) -> str:
    if not is_iana_zone(name):
        raise ValueError("must be an IANA time zone like Europe/Vienna")
    return name


def _check_time_zone(name: str) -> str:
    if not is_time_zone(name):
        raise ValueError("must be an IANA time zone like Europe/Vienna, or an offset like +09:00")
    return name


WallTimeField = Annotated[
    Text[datetime], BeforeValidator(check_time_text), AfterValidator(_check_wall_time)
]
Shift = Annotated[
    Text[timedelta], BeforeValidator(_check_duration), Field(ge=-MAX_SHIFT, le=MAX_SHIFT)
]
IanaZone = Annotated[str, Field(max_length=64), AfterValidator(_check_iana_zone)]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_check_time_zone)]
