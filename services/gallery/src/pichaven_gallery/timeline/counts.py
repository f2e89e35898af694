"""How many photos each month has.

The counters are one document per owner, the photos documents of their own. So that counts are
exact although no write spans both, a photo stores the cell that it is counted in, and the
counters store which photos they have just counted until those documents say so.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

from pichaven_chassis.problems import InvalidRequest
from pichaven_gallery.photos.capture_time import LATEST

_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class InvalidMonth(InvalidRequest):
    code: ClassVar[str] = "invalid_month"
    title: ClassVar[str] = "Not a month"

    def __init__(self) -> None:
        super().__init__("A month is written like 2026-11.")


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """Return the first moment of a month and of the next. Raises `InvalidMonth`."""
    match = _MONTH.fullmatch(month)
    if match is None:
        raise InvalidMonth
    year, number = int(match[1]), int(match[2])
    if year < 1 or (year, number) > (LATEST.year, LATEST.month):
        raise InvalidMonth
    start = datetime(year, number, 1, tzinfo=UTC)
    return start, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recount:
    """A photo's move from the cell that it is counted in to another; None is outside."""

    photo_id: str
    nth: int
    """The number of the photo's earlier recounts; identifies the move."""
    source: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """An owner's photos by month taken and by day of arrival, without zeros."""

    months: Mapping[str, int]
    days: Mapping[str, int]

    def apply(self, recounts: Iterable[Recount]) -> "Counts":
        months, days = Counter(self.months), Counter(self.days)
        for recount in recounts:
            for cell, by in ((recount.source, -1), (recount.target, 1)):
                if cell is not None:
                    month, day = cell.split("|")
                    months[month] += by
                    days[day] += by
        return Counts(
            {name: count for name, count in months.items() if count},
            {name: count for name, count in days.items() if count},
        )
