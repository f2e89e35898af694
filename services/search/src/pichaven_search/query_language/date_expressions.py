"""Date expressions among other words: `last summer`, `christmas 2023`, `im mai 2024`.

What is a date only next to another word is a plain word when it is alone: `summer`, `christmas`,
`may`, `march`. An unambiguous month alone means that month of any year. Seasons are those of the
hemisphere of the time zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from pichaven_search.query_language import date_vocabulary as terms
from pichaven_search.query_language import periods
from pichaven_search.query_language.numeric_dates import parse_day, parse_numeric_date, parse_year
from pichaven_search.query_language.periods import Period, Yearly
from pichaven_search.query_language.words import fold

_AROUND: Final = ".,;:!?()[]{}<>*\u2026"
_MAX_COUNT: Final = 400
"""Of days, weeks, months or years ago."""


@dataclass(frozen=True, slots=True)
class Today:
    """The day in the time zone of the query."""

    day: date
    southern: bool = False


@dataclass(frozen=True, slots=True)
class DateExpression:
    """The words `[start, end)`, which mean a period of days, or a month of any year."""

    start: int
    end: int
    days: Period | None = None
    month: int | None = None
    relation: str = "date"
    """`date`: within the period; `before`, `after`: outside; `since`: from its first day on."""


def find_dates(words: Sequence[str], today: Today) -> list[DateExpression]:
    """Return the expressions from left to right, each the longest at its word; none overlap."""
    parser = _DateParser([_normalise(word) for word in words], today)
    expressions: list[DateExpression] = []
    free = at = 0
    while at < len(words):
        expression = parser.expression_at(at, free)
        if expression is None:
            at += 1
            continue
        expressions.append(expression)
        free = at = expression.end
    return expressions


def parse_period(text: str, today: Today) -> Period | None:
    """Return the period of a text that is one date as a whole, else None."""
    words = [_normalise(word) for word in text.split()]
    if not words:
        return None
    core = _DateParser(words, today).core(0, anchored=True)
    if core is None or core.end != len(words):
        return None
    if core.month is not None:
        return periods.latest_begun(periods.monthly(core.month), today.day)
    return core.days


def _normalise(word: str) -> str:
    spelled = word.casefold().strip(_AROUND)
    plain = fold(terms.ACCENTED_MONTHS.get(spelled, spelled)).replace("\u2019", "'")
    return next(
        (
            plain.removeprefix(elided)
            for elided in terms.ELISIONS
            if plain.startswith(elided) and elided != "quest'"
        ),
        plain,
    )


class _DateParser:
    def __init__(self, words: list[str], today: Today) -> None:
        self._words = words
        self._today = today

    def expression_at(self, start: int, free: int) -> DateExpression | None:
        """Return the date at a word, including articles and prepositions from `free` on."""
        relation = self._relation(start)
        if relation is not None:
            core = self.core(start + 1, anchored=True)
            return core and DateExpression(start, core.end, self._days(core), None, relation)
        begin = start
        if begin > free and self._words[begin - 1] in terms.ARTICLES:
            begin -= 1
        introduced = begin > free and self._words[begin - 1] in terms.DATE_PREPOSITIONS
        core = self.core(start, anchored=introduced)
        if core is None:
            return None
        return DateExpression(begin - introduced, core.end, core.days, core.month)

    def core(self, at: int, *, anchored: bool) -> DateExpression | None:
        """Return the longest reading from a word on; `anchored` after a word that takes a date."""
        readings = (
            self._numeric(at),
            self._month(at, anchored=anchored),
            self._yearly(at),
            self._relative(at),
            self._count_of_units(at),
            self._day_back(at),
        )
        return max((each for each in readings if each), key=lambda each: each.end, default=None)

    def _relation(self, at: int) -> str | None:
        word = self._word(at)
        return "since" if word in terms.SINCE else word if word in {"before", "after"} else None

    def _days(self, core: DateExpression) -> Period | None:
        if core.month is None:
            return core.days
        return periods.latest_begun(periods.monthly(core.month), self._today.day)

    def _word(self, at: int) -> str:
        return self._words[at] if 0 <= at < len(self._words) else ""

    def _numeric(self, at: int) -> DateExpression | None:
        days = parse_numeric_date(self._word(at), self._today.day.year)
        return DateExpression(at, at + 1, days) if days else None

    def _month(self, at: int, *, anchored: bool) -> DateExpression | None:
        """Read `may 2024`, `2024 may`, `1 may 2024`, `may 1, 2024`, `1. mai`, and `december`."""
        day, after_day = parse_day(self._word(at)), at + 1
        if day is not None:
            after_day += self._word(after_day) in terms.JOINING
            month = self._month_word(after_day)
            if month is None:
                return None
            year, end = self._year_after(after_day + 1)
            return self._day_of(at, end, year, month, day)
        first = parse_year(self._word(at))
        if first is not None:
            month = self._month_word(at + 1)
            return DateExpression(at, at + 2, periods.month(first, month)) if month else None
        month = self._month_word(at)
        if month is None:
            return None
        year, end = self._year_after(at + 1)
        if year is not None:
            return DateExpression(at, end, periods.month(year, month))
        day = parse_day(self._word(at + 1))
        if day is not None:
            year, end = self._year_after(at + 2)
            return self._day_of(at, end, year, month, day)
        word = self._word(at)
        alone = word in terms.MONTHS and (anchored or word not in terms.AMBIGUOUS_MONTHS)
        return DateExpression(at, at + 1, month=month) if alone else None

    def _day_of(
        self, start: int, end: int, year: int | None, month: int, day: int
    ) -> DateExpression | None:
        """Without a year return the latest such day; a 29 February may be years ago."""
        today = self._today.day
        years = [year] if year else range(today.year, today.year - 9, -1)
        candidates = (periods.day(each, month, day) for each in years)
        days = next((each for each in candidates if each and (year or each.first <= today)), None)
        return DateExpression(start, end, days) if days else None

    def _month_word(self, at: int) -> int | None:
        word = self._word(at)
        return terms.MONTHS.get(word) or terms.MONTH_ABBREVIATIONS.get(word)

    def _year_after(self, at: int) -> tuple[int | None, int]:
        """Return a year, with an `of` before it or not, and its end; else None and `at`."""
        year_at = at + (self._word(at) in terms.JOINING)
        year = parse_year(self._word(year_at))
        return (year, year_at + 1) if year is not None else (None, at)

    def _yearly(self, at: int) -> DateExpression | None:
        """Read a season or a holiday with its year."""
        yearly, end = self._yearly_name(at)
        if yearly is None:
            return None
        year, year_end = self._year_after(end)
        return DateExpression(at, year_end, yearly(year)) if year is not None else None

    def _yearly_name(self, at: int, *, months: bool = False) -> tuple[Yearly | None, int]:
        """Return a season, a holiday or, with `months`, a month, and the end of its name."""
        word = self._word(at)
        if word in terms.SEASONS:
            return self._season(word), at + 1
        if months and word in terms.MONTHS:
            return periods.monthly(terms.MONTHS[word]), at + 1
        for length in range(min(terms.MAX_HOLIDAY_WORDS, len(self._words) - at), 0, -1):
            yearly = terms.HOLIDAYS.get(tuple(self._words[at : at + length]))
            if yearly is not None:
                return yearly, at + length
        return None, at

    def _season(self, word: str) -> Yearly:
        return periods.seasonal(terms.SEASONS[word], southern=self._today.southern)

    def _relative(self, at: int) -> DateExpression | None:
        """Read `last summer`, `this week`, `verano pasado`."""
        word, today = self._word(at), self._today.day
        if word.startswith("quest'") and word[6:] in terms.SEASONS:
            return DateExpression(at, at + 1, periods.latest_begun(self._season(word[6:]), today))
        if word in terms.THIS or word in terms.LAST:
            choose = periods.latest_begun if word in terms.THIS else periods.latest_ended
            yearly, end = self._yearly_name(at + 1, months=True)
            if yearly is not None:
                return DateExpression(at, end, choose(yearly, today))
            days = self._unit(self._word(at + 1), last=word in terms.LAST)
            return DateExpression(at, at + 2, days) if days else None
        yearly, end = self._yearly_name(at, months=True)
        if yearly is not None and self._word(end) in terms.LAST_AFTER:
            return DateExpression(at, end + 1, periods.latest_ended(yearly, today))
        if word in terms.UNITS and self._word(at + 1) in terms.LAST_AFTER:
            days = self._unit(word, last=True)
            return DateExpression(at, at + 2, days) if days else None
        return None

    def _unit(self, word: str, *, last: bool) -> Period | None:
        today = self._today.day
        if last and word in terms.WEEKDAYS:
            back = (today.weekday() - terms.WEEKDAYS[word] - 1) % 7 + 1
            return periods.days(today - timedelta(days=back), 1)
        unit = terms.UNITS.get(word)
        if unit == "weekend":
            weekend = periods.weekend(today)
            fits = weekend.past <= today if last else weekend.first <= today
            return weekend if fits else periods.weekend(today - timedelta(days=7))
        return None if unit in (None, "day") else self._units_ago(unit, int(last))

    def _units_ago(self, unit: str, count: int) -> Period:
        """Return the whole day, week, weekend, month or year that many before this one."""
        today = self._today.day
        if unit == "year":
            return periods.year(max(today.year - count, periods.FIRST_YEAR))
        if unit == "month":
            whole = today.year * 12 + today.month - 1 - count
            return periods.month(whole // 12, whole % 12 + 1)
        if unit == "day":
            return periods.days(today - timedelta(days=count), 1)
        back = today - timedelta(days=7 * count)
        return periods.weekend(back) if unit == "weekend" else periods.week(back)

    def _count_of_units(self, at: int) -> DateExpression | None:
        """Read `last 7 days`, which ends today; `2 years ago`, `vor 2 jahren`, `il y a 2 ans`."""
        if self._word(at) in terms.LAST:
            count, unit = self._number(at + 1), terms.UNITS.get(self._word(at + 2))
            if not count or not unit:
                return None
            today = self._today.day
            if unit in {"month", "year"}:
                begins = _same_day(self._units_ago(unit, count).first, today)
            else:
                begins = today - timedelta(days=count * (1 if unit == "day" else 7) - 1)
            return DateExpression(at, at + 3, Period(begins, today + timedelta(days=1)))
        start = at
        prefix = next(
            (
                each
                for each in terms.AGO_PREFIXES
                if tuple(self._words[at : at + len(each)]) == each
            ),
            (),
        )
        at += len(prefix)
        count, unit = self._number(at), terms.UNITS.get(self._word(at + 1))
        if not count or not unit:
            return None
        if prefix:
            return DateExpression(start, at + 2, self._units_ago(unit, count))
        if self._word(at + 2) in terms.AGO:
            return DateExpression(start, at + 3, self._units_ago(unit, count))
        return None

    def _number(self, at: int) -> int | None:
        word = self._word(at)
        if len(word) <= len(str(_MAX_COUNT)) and word.isascii() and word.isdigit():
            return min(int(word), _MAX_COUNT) or None
        return terms.NUMBERS.get(word)

    def _day_back(self, at: int) -> DateExpression | None:
        back = terms.DAYS_BACK.get(self._word(at))
        if back is None:
            return None
        return DateExpression(at, at + 1, periods.days(self._today.day - timedelta(days=back), 1))


def _same_day(month: date, today: date) -> date:
    """Return today's day of the month in another month, or that month's last day."""
    last = periods.month(month.year, month.month).last.day
    return month.replace(day=min(today.day, last))
