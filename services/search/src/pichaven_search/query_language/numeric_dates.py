"""Numeric dates: `2024-05-01`, `1.5.2024`, `2024-05`, `2019`, `2015-2018`, `1990s`, `2024年5月`."""

import re
from typing import Final

from pichaven_search.query_language import periods
from pichaven_search.query_language.periods import Period

_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_YEARS: Final = re.compile(r"(\d{4})[-\u2013](\d{4})")
_DECADE: Final = re.compile(r"(\d{3}0)'?s")
_CJK: Final = re.compile(r"(\d{4})年(?:(\d{1,2})月(?:(\d{1,2})日)?)?")
_DAY: Final = re.compile(r"(\d{1,2})(?:\.|st|nd|rd|th|er|º|ª)?")
_MAX_LENGTH: Final = 12
_MONTHS: Final = 12
_DAYS: Final = 31


def parse_numeric_date(text: str, this_year: int) -> Period | None:
    """Return the period of a single word, else None; a year in the future is a plain number.

    With slashes the day comes before the month, unless there is no such month.
    """
    if len(text) > _MAX_LENGTH or not text[:1].isdigit():
        return None
    if text.isdigit():
        number = parse_year(text)
        return periods.year(number) if number and number <= this_year else None
    if match := _YEAR_FIRST.fullmatch(text):
        return _period(match[1], match[3], match[4])
    if match := _DAY_FIRST.fullmatch(text):
        day, month = match[1], match[3]
        if int(month) > _MONTHS and match[2] == "/":
            day, month = month, day
        return _period(match[4], month, day)
    if match := _CJK.fullmatch(text):
        return _period(match[1], match[2], match[3])
    if match := _YEARS.fullmatch(text):
        first, last = int(match[1]), int(match[2])
        if periods.is_year(first) and periods.is_year(last) and first <= last:
            return Period(periods.year(first).first, periods.year(last).past)
    elif match := _DECADE.fullmatch(text):
        first = int(match[1])
        if periods.is_year(first) and periods.is_year(first + 9):
            return Period(periods.year(first).first, periods.year(first + 9).past)
    return None


def parse_year(text: str) -> int | None:
    """Return a number of four digits that can be the year of a photo, else None."""
    if len(text) == len("2024") and text.isascii() and text.isdigit():
        number = int(text)
        return number if periods.is_year(number) else None
    return None


def parse_day(text: str) -> int | None:
    """Return the day of the month of `1`, `1.`, `1st`, `1er`, else None."""
    match = _DAY.fullmatch(text) if len(text) <= len("31st") else None
    number = int(match[1]) if match else 0
    return number if 1 <= number <= _DAYS else None


def _period(year: str, month: str | None, day: str | None) -> Period | None:
    number = parse_year(year)
    if number is None or not 1 <= int(month or 1) <= _MONTHS:
        return None
    if month is None:
        return periods.year(number)
    return periods.day(number, int(month), int(day)) if day else periods.month(number, int(month))
