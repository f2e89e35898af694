"""Periods of whole days, and the ones that recur each year."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

FIRST_YEAR: Final = 1826
"""Of the first photograph."""
LAST_YEAR: Final = 2100

Yearly = Callable[[int], "Period"]
"""The days of a recurring period in a year."""

_DAY: Final = timedelta(days=1)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to the one before `past`."""

    first: date
    past: date

    @property
    def last(self) -> date:
        return self.past - _DAY

    @property
    def label(self) -> str:
        """The text `1 May 2024`, `May 2024`, `2024` or `1 May 2024 - 3 May 2024`."""
        if self.first == self.last:
            return _label_of_day(self.first)
        if self == year(self.first.year):
            return str(self.first.year)
        if self == month(self.first.year, self.first.month):
            return f"{_MONTHS[self.first.month - 1]} {self.first.year}"
        return f"{_label_of_day(self.first)} - {_label_of_day(self.last)}"

    def intersection(self, other: "Period") -> "Period | None":
        """Return the days in both, None where there are none."""
        first, past = max(self.first, other.first), min(self.past, other.past)
        return Period(first, past) if first < past else None


def intersect(periods: list[Period]) -> list[Period]:
    """Replace periods that overlap by their intersection; keep the others."""
    disjoint: list[Period] = []
    for period in periods:
        for at, other in enumerate(disjoint):
            both = other.intersection(period)
            if both is not None:
                disjoint[at] = both
                break
        else:
            disjoint.append(period)
    return disjoint


def month_name(number: int) -> str:
    return _MONTHS[number - 1]


def days(first: date, count: int) -> Period:
    return Period(first, first + timedelta(days=count))


def day(year_: int, month_: int, day_: int) -> Period | None:
    """Return one day, None where the calendar has no such day."""
    if not is_year(year_):
        return None
    try:
        return days(date(year_, month_, day_), 1)
    except ValueError:
        return None


def month(year_: int, month_: int) -> Period:
    return Period(date(year_, month_, 1), date(year_ + month_ // 12, month_ % 12 + 1, 1))


def year(year_: int) -> Period:
    return Period(date(year_, 1, 1), date(year_ + 1, 1, 1))


def week(of: date) -> Period:
    """Return the week, Monday to Sunday, of a day."""
    return days(of - timedelta(days=of.weekday()), 7)


def weekend(of: date) -> Period:
    """Return Saturday and Sunday of the week of a day."""
    return days(week(of).first + timedelta(days=5), 2)


def monthly(number: int) -> Yearly:
    return lambda year_: month(year_, number)


def seasonal(quarter: int, *, southern: bool) -> Yearly:
    """Return a meteorological season, three whole months: spring is 0, winter 3.

    A winter begins in its year.
    """
    begins = (3 + 3 * quarter + (6 if southern else 0) - 1) % 12 + 1

    def of(year_: int) -> Period:
        end = begins + 2
        return Period(
            date(year_, begins, 1),
            month(year_ + (end > 12), (end - 1) % 12 + 1).past,  # noqa: PLR2004
        )

    return of


def christmas(year_: int) -> Period:
    return days(date(year_, 12, 24), 3)


def new_year(year_: int) -> Period:
    """Return the last day of the year before and the first of the year."""
    return days(date(year_ - 1, 12, 31), 2)


def new_years_eve(year_: int) -> Period:
    """Return the last day of the year and the first of the next."""
    return new_year(year_ + 1)


def easter(year_: int) -> Period:
    """Return Good Friday to Easter Monday, western churches (anonymous Gregorian computus)."""
    golden, century = year_ % 19, year_ // 100
    rest = year_ % 100
    moon = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    shift = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * shift) // 451
    month_, day_ = divmod(moon + shift - 7 * late + 114, 31)
    return days(date(year_, month_, day_ + 1) - timedelta(days=2), 4)


def halloween(year_: int) -> Period:
    return days(date(year_, 10, 31), 1)


def valentines(year_: int) -> Period:
    return days(date(year_, 2, 14), 1)


def latest_begun(yearly: Yearly, today: date) -> Period:
    """Return the period that today is in, or else the last before today."""
    candidates = (yearly(today.year + ahead) for ahead in (1, 0, -1))
    return next((each for each in candidates if each.first <= today), yearly(today.year - 2))


def latest_ended(yearly: Yearly, today: date) -> Period:
    """Return the last period that was over before today."""
    candidates = (yearly(today.year + ahead) for ahead in (1, 0, -1))
    return next((each for each in candidates if each.past <= today), yearly(today.year - 2))


def is_year(number: int) -> bool:
    return FIRST_YEAR <= number <= LAST_YEAR


def _label_of_day(moment: date) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
