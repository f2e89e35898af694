"""How many photos each month has, kept by counting changes, and windows made from it.

The counters stand in one document an owner; the photos stand in their own. So that counting is
exact although no write spans the two, a photo remembers the cell that it is counted in, and
the counters remember which photos they have just counted until those know of it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pichaven_gallery.photos.errors import InvalidMonth
from pichaven_gallery.photos.photo import LATEST, whole_ms

_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def cell(taken_at: datetime, created_at: datetime) -> str:
    """Where a photo counts: the month that it was taken in, the day that it came."""
    day = created_at.astimezone(UTC)
    return f"{month_of(taken_at)}|{day.year:04}-{day.month:02}-{day.day:02}"


def month_of(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment.year:04}-{moment.month:02}"


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """The first moment of a month and of the next. Raises `InvalidMonth`."""
    found = _MONTH.fullmatch(month)
    if found is None:
        raise InvalidMonth
    year, number = int(found[1]), int(found[2])
    if year < 1 or (year, number) > (LATEST.year, LATEST.month):
        raise InvalidMonth
    start = datetime(year, number, 1, tzinfo=UTC)
    return start, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recount:
    """A photo that has moved from the cell that it is counted in to another, or to none."""

    photo_id: str
    nth: int
    """How often this photo has been counted anew; names the move."""
    source: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """An owner's photos by month of taking and by day of arrival. No zeros."""

    months: Mapping[str, int]
    days: Mapping[str, int]

    def moved(self, recounts: Iterable[Recount]) -> "Counts":
        months, days = Counter(self.months), Counter(self.days)
        for recount in recounts:
            for place, by in ((recount.source, -1), (recount.target, 1)):
                if place is not None:
                    month, day = place.split("|")
                    months[month] += by
                    days[day] += by
        return Counts(
            {name: count for name, count in months.items() if count},
            {name: count for name, count in days.items() if count},
        )


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many photos from `start` until before `end`; only an estimate of where to look."""

    start: datetime
    end: datetime
    count: int


def crowds_by_month(counts: Counts) -> list[Crowd]:
    return [Crowd(*month_bounds(month), count) for month, count in sorted(counts.months.items())]


def crowds_by_day(counts: Counts) -> list[Crowd]:
    found = []
    for day, count in sorted(counts.days.items()):
        start = datetime.fromisoformat(day).replace(tzinfo=UTC)
        found.append(Crowd(start, start + timedelta(days=1), count))
    return found


class Windows:
    """Bounds on a sort key for finding the next photos without reading all that follow.

    Windows follow each other without a gap from `position` to the end of time, and grow while
    they bring too little. Where to look is an estimate, where photos are is asked: a page is
    complete whatever the estimate.
    """

    def __init__(
        self, crowds: Sequence[Crowd], low: datetime, high: datetime, *, descending: bool
    ) -> None:
        """From `high` down to `low`, or up; both ends are inside, as the database keeps them."""
        # Before they are brought nearer: what is empty must not become a window of one moment.
        self._ended = low > high
        self._crowds = crowds[::-1] if descending else crowds
        self._low, self._high = whole_ms(low), whole_ms(high)
        self._descending = descending
        self._position = self._high if descending else self._low
        self._factor = 1

    def next(self, wanted: int) -> tuple[datetime, datetime] | None:
        """The next window, both ends inside; None when nothing is left."""
        if self._ended:
            return None
        edge = whole_ms(self._edge(wanted))
        self._factor *= 4
        tick = timedelta(milliseconds=1)
        if self._descending:
            found = (max(edge, self._low), self._position)
            self._ended = found[0] <= self._low
            self._position = found[0] - tick if not self._ended else found[0]
        else:
            found = (self._position, min(edge, self._high))
            self._ended = found[1] >= self._high
            self._position = found[1] + tick if not self._ended else found[1]
        return found

    def _edge(self, wanted: int) -> datetime:
        here = self._position
        for crowd in self._crowds:
            behind = crowd.start > here if self._descending else crowd.end <= here
            if behind:
                continue
            span = crowd.end - crowd.start
            # Never beyond the crowd: behind its end the calendar may have no more days.
            far = span * min(1.0, 2 * self._factor * wanted / crowd.count)
            if self._descending:
                begin = min(here, crowd.end)
                return begin - min(far, begin - crowd.start)
            begin = max(here, crowd.start)
            return begin + min(far, crowd.end - begin)
        return self._low if self._descending else self._high
