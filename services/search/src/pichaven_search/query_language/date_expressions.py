"""Dates that people type among other words: `last summer`, `christmas 2023`, `im mai 2024`.

What needs something beside it to be a date, and stands alone, is an ordinary word: `summer`,
`christmas`, `may`, `march`. A month that can be nothing else stands for that month of any year.
Seasons are the north's, or the south's where the zone lies there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from pichaven_search.query_language import date_vocabulary as say
from pichaven_search.query_language import periods
from pichaven_search.query_language.numeric_dates import period_in_figures, read_day, read_year
from pichaven_search.query_language.periods import Period, Yearly
from pichaven_search.query_language.words import fold

_AROUND: Final = ".,;:!?()[]{}<>*\u2026"
_MOST_BACK: Final = 400
"""Of days, weeks, months or years."""


@dataclass(frozen=True, slots=True)
class Today:
    """The day at the place of whoever asks."""

    day: date
    southern: bool = False


@dataclass(frozen=True, slots=True)
class InWords:
    """Words from `start` to before `end` that say a date: days, or a month of any year."""

    start: int
    end: int
    days: Period | None = None
    month: int | None = None
    relation: str = "date"
    """`date`: within it; `before`, `after`: out of it; `since`: from its first day on."""


def read_dates(words: Sequence[str], today: Today) -> list[InWords]:
    """From left to right, the longest that begins at a word; none overlap."""
    reader = _Reader([_plain(word) for word in words], today)
    found: list[InWords] = []
    free = at = 0
    while at < len(words):
        match = reader.at(at, free)
        if match is None:
            at += 1
            continue
        found.append(match)
        free = at = match.end
    return found


def read_period(text: str, today: Today) -> Period | None:
    """A text that is a date as a whole, for `before:` and `after:`."""
    words = text.split()
    if not words:
        return None
    [*plain] = (_plain(word) for word in words)
    reader = _Reader(plain, today)
    core = reader.core(0, anchored=True)
    if core is None or core.end != len(words):
        return None
    if core.month is not None:
        return periods.latest_begun(periods.monthly(core.month), today.day)
    return core.days


def _plain(word: str) -> str:
    spelled = word.casefold().strip(_AROUND)
    folded = fold(say.EXACT.get(spelled, spelled)).replace("\u2019", "'")
    return next(
        (
            folded.removeprefix(elided)
            for elided in say.ELIDED
            if folded.startswith(elided) and elided != "quest'"
        ),
        folded,
    )


class _Reader:
    def __init__(self, words: list[str], today: Today) -> None:
        self._words = words
        self._today = today

    def at(self, start: int, free: int) -> InWords | None:
        """The date at a word, with the little words before it back to `free`."""
        relation = self._relation(start)
        if relation is not None:
            core = self.core(start + 1, anchored=True)
            return core and InWords(start, core.end, self._days(core), None, relation)
        begin = start
        if begin > free and self._words[begin - 1] in say.ARTICLES:
            begin -= 1
        introduced = begin > free and self._words[begin - 1] in say.BEFORE_DATES
        core = self.core(start, anchored=introduced)
        if core is None:
            return None
        return InWords(begin - introduced, core.end, core.days, core.month)

    def core(self, at: int, *, anchored: bool) -> InWords | None:
        """The longest reading from a word on; `anchored` where a date is to be expected."""
        readings = (
            self._figures(at),
            self._month(at, anchored=anchored),
            self._yearly(at),
            self._relative(at),
            self._counted(at),
            self._back(at),
        )
        return max((each for each in readings if each), key=lambda each: each.end, default=None)

    def _relation(self, at: int) -> str | None:
        word = self._word(at)
        return "since" if word in say.SINCE else word if word in {"before", "after"} else None

    def _days(self, core: InWords) -> Period | None:
        if core.month is None:
            return core.days
        return periods.latest_begun(periods.monthly(core.month), self._today.day)

    def _word(self, at: int) -> str:
        return self._words[at] if 0 <= at < len(self._words) else ""

    def _figures(self, at: int) -> InWords | None:
        found = period_in_figures(self._word(at), self._today.day.year)
        return InWords(at, at + 1, found) if found else None

    def _month(self, at: int, *, anchored: bool) -> InWords | None:
        """`may 2024`, `2024 may`, `1 may 2024`, `may 1, 2024`, `1. mai`, and `december`."""
        day, after_day = read_day(self._word(at)), at + 1
        if day is not None:
            after_day += self._word(after_day) in say.BETWEEN
            month = self._month_word(after_day)
            if month is None:
                return None
            year, end = self._year_after(after_day + 1)
            return self._day_of(at, end, year, month, day)
        first = read_year(self._word(at))
        if first is not None:
            month = self._month_word(at + 1)
            return InWords(at, at + 2, periods.month(first, month)) if month else None
        month = self._month_word(at)
        if month is None:
            return None
        year, end = self._year_after(at + 1)
        if year is not None:
            return InWords(at, end, periods.month(year, month))
        day = read_day(self._word(at + 1))
        if day is not None:
            year, end = self._year_after(at + 2)
            return self._day_of(at, end, year, month, day)
        word = self._word(at)
        alone = word in say.MONTHS and (anchored or word not in say.WORDS_TOO)
        return InWords(at, at + 1, month=month) if alone else None

    def _day_of(
        self, start: int, end: int, year: int | None, month: int, day: int
    ) -> InWords | None:
        """Without a year the latest such day; a 29 February may be some years ago."""
        this = self._today.day
        years = [year] if year else range(this.year, this.year - 9, -1)
        found = (periods.day(each, month, day) for each in years)
        days = next((each for each in found if each and (year or each.first <= this)), None)
        return InWords(start, end, days) if days else None

    def _month_word(self, at: int) -> int | None:
        word = self._word(at)
        return say.MONTHS.get(word) or say.SHORT_MONTHS.get(word)

    def _year_after(self, at: int) -> tuple[int | None, int]:
        """A year, perhaps behind an `of`, and where it ends; else None and where it began."""
        joined = at + (self._word(at) in say.BETWEEN)
        year = read_year(self._word(joined))
        return (year, joined + 1) if year is not None else (None, at)

    def _yearly(self, at: int) -> InWords | None:
        """A season or a feast with its year."""
        thing, end = self._thing(at)
        if thing is None:
            return None
        year, past = self._year_after(end)
        return InWords(at, past, thing(year)) if year is not None else None

    def _thing(self, at: int, *, month: bool = False) -> tuple[Yearly | None, int]:
        """A season, a feast, or a month where asked for."""
        word = self._word(at)
        if word in say.SEASONS:
            return self._season(word), at + 1
        if month and word in say.MONTHS:
            return periods.monthly(say.MONTHS[word]), at + 1
        for length in range(min(say.LONGEST_HOLIDAY, len(self._words) - at), 0, -1):
            yearly = say.HOLIDAYS.get(tuple(self._words[at : at + length]))
            if yearly is not None:
                return yearly, at + length
        return None, at

    def _season(self, word: str) -> Yearly:
        return periods.seasonal(say.SEASONS[word], southern=self._today.southern)

    def _relative(self, at: int) -> InWords | None:
        """`last summer`, `this week`, `verano pasado`."""
        word, today = self._word(at), self._today.day
        if word.startswith("quest'") and word[6:] in say.SEASONS:
            return InWords(at, at + 1, periods.latest_begun(self._season(word[6:]), today))
        if word in say.THIS or word in say.LAST:
            choose = periods.latest_begun if word in say.THIS else periods.latest_ended
            thing, end = self._thing(at + 1, month=True)
            if thing is not None:
                return InWords(at, end, choose(thing, today))
            days = self._unit(self._word(at + 1), last=word in say.LAST)
            return InWords(at, at + 2, days) if days else None
        thing, end = self._thing(at, month=True)
        if thing is not None and self._word(end) in say.LAST_AFTER:
            return InWords(at, end + 1, periods.latest_ended(thing, today))
        if word in say.UNITS and self._word(at + 1) in say.LAST_AFTER:
            days = self._unit(word, last=True)
            return InWords(at, at + 2, days) if days else None
        return None

    def _unit(self, word: str, *, last: bool) -> Period | None:
        today = self._today.day
        if last and word in say.WEEKDAYS:
            back = (today.weekday() - say.WEEKDAYS[word] - 1) % 7 + 1
            return periods.days(today - timedelta(days=back), 1)
        unit = say.UNITS.get(word)
        if unit == "weekend":
            found = periods.weekend(today)
            there = found.past <= today if last else found.first <= today
            return found if there else periods.weekend(today - timedelta(days=7))
        return None if unit in (None, "day") else self._units_ago(unit, int(last))

    def _units_ago(self, unit: str, count: int) -> Period:
        """The whole day, week, month or year so many before this one."""
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

    def _counted(self, at: int) -> InWords | None:
        """`last 7 days`, which ends today; `2 years ago`, `vor 2 jahren`, `il y a 2 ans`."""
        if self._word(at) in say.LAST:
            count, unit = self._number(at + 1), say.UNITS.get(self._word(at + 2))
            if not count or not unit:
                return None
            today = self._today.day
            if unit in {"month", "year"}:
                begins = _same_day(self._units_ago(unit, count).first, today)
            else:
                begins = today - timedelta(days=count * (1 if unit == "day" else 7) - 1)
            return InWords(at, at + 3, Period(begins, today + timedelta(days=1)))
        start = at
        before = next(
            (each for each in say.AGO_BEFORE if tuple(self._words[at : at + len(each)]) == each), ()
        )
        at += len(before)
        count, unit = self._number(at), say.UNITS.get(self._word(at + 1))
        if not count or not unit:
            return None
        if before:
            return InWords(start, at + 2, self._units_ago(unit, count))
        if self._word(at + 2) in say.AGO:
            return InWords(start, at + 3, self._units_ago(unit, count))
        return None

    def _number(self, at: int) -> int | None:
        word = self._word(at)
        if len(word) <= len(str(_MOST_BACK)) and word.isascii() and word.isdigit():
            return min(int(word), _MOST_BACK) or None
        return say.NUMBERS.get(word)

    def _back(self, at: int) -> InWords | None:
        back = say.DAYS_BACK.get(self._word(at))
        if back is None:
            return None
        return InWords(at, at + 1, periods.days(self._today.day - timedelta(days=back), 1))


def _same_day(month: date, today: date) -> date:
    """The day of the month that today is, or the month's last."""
    last = periods.month(month.year, month.month).last.day
    return month.replace(day=min(today.day, last))
