"""Dates in figures: `2024-05-01`, `1.5.2024`, `2024-05`, `2019`, `2015-2018`, `1990s`, or with
the Chinese and Japanese words for year, month and day.
"""

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
_LONGEST: Final = 12
_MONTHS: Final = 12
_DAYS: Final = 31


def period_in_figures(text: str, this_year: int) -> Period | None:
    """The period that a single word names. A year that is still to come is just a number.

    Of days and months with slashes the day comes first, unless there is no such month.
    """
    if len(text) > _LONGEST or not text[:1].isdigit():
        return None
    if text.isdigit():
        number = read_year(text)
        return periods.year(number) if number and number <= this_year else None
    if found := _YEAR_FIRST.fullmatch(text):
        return _period(found[1], found[3], found[4])
    if found := _DAY_FIRST.fullmatch(text):
        day, month = found[1], found[3]
        if int(month) > _MONTHS and found[2] == "/":
            day, month = month, day
        return _period(found[4], month, day)
    if found := _CJK.fullmatch(text):
        return _period(found[1], found[2], found[3])
    if found := _YEARS.fullmatch(text):
        first, last = int(found[1]), int(found[2])
        if periods.is_year(first) and periods.is_year(last) and first <= last:
            return Period(periods.year(first).first, periods.year(last).past)
    elif found := _DECADE.fullmatch(text):
        first = int(found[1])
        if periods.is_year(first) and periods.is_year(first + 9):
            return Period(periods.year(first).first, periods.year(first + 9).past)
    return None


def read_year(text: str) -> int | None:
    """Four figures that can be the year of a photo."""
    if len(text) == len("2024") and text.isascii() and text.isdigit():
        number = int(text)
        return number if periods.is_year(number) else None
    return None


def read_day(text: str) -> int | None:
    """A day of a month: `1`, `1.`, `1st`, `1er`."""
    found = _DAY.fullmatch(text) if len(text) <= len("31st") else None
    number = int(found[1]) if found else 0
    return number if 1 <= number <= _DAYS else None


def _period(year: str, month: str | None, day: str | None) -> Period | None:
    number = read_year(year)
    if number is None or not 1 <= int(month or 1) <= _MONTHS:
        return None
    if month is None:
        return periods.year(number)
    return periods.day(number, int(month), int(day)) if day else periods.month(number, int(month))
