"""How many photos each month has, and the version of what it shows.

The counters are one document per owner, the photos documents of their own. So that counts are
exact although no write spans both, a photo stores the cell that it is counted in, and the
counters store which photos they have just counted until those documents say so.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import ClassVar, Final

from pichaven_chassis.problems import InvalidRequest
from pichaven_gallery.photos.capture_time import LATEST
from pichaven_gallery.photos.timeline_marks import month_of

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
    """A marked photo: its move from the cell that it is counted in to another, None is outside,
    and the months that show it differently."""

    photo_id: str
    nth: int
    """The number of the photo's earlier recounts; identifies the move."""
    source: str | None
    target: str | None
    seq: int = 0
    """The number of the photo's writes when its mark was read."""
    months: frozenset[str] = frozenset()

    @property
    def changed_months(self) -> frozenset[str]:
        """The months that this gives another version."""
        if self.source == self.target:
            return self.months
        cells = (cell for cell in (self.source, self.target) if cell is not None)
        return self.months.union(map(month_of, cells))


@dataclass(frozen=True, slots=True)
class Counts:
    """An owner's photos by month taken and by day of arrival, without zeros."""

    months: Mapping[str, int]
    days: Mapping[str, int]
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of each month with photos, another one after every change. Never the same again, also after
    a restored backup; so an empty month has none."""

    def apply(self, recounts: Iterable[Recount], version: str) -> "Counts":
        """Return the counts afterwards, with that version for each month that has changed."""
        months, days = Counter(self.months), Counter(self.days)
        versions = dict(self.versions)
        for recount in recounts:
            for cell, by in ((recount.source, -1), (recount.target, 1)):
                if cell is not None and recount.source != recount.target:
                    month, day = cell.split("|")
                    months[month] += by
                    days[day] += by
            versions |= dict.fromkeys(recount.changed_months, version)
        return Counts(
            {name: count for name, count in months.items() if count},
            {name: count for name, count in days.items() if count},
            {name: each for name, each in versions.items() if months[name]},
        )

    def with_versions(self, version: str) -> "Counts":
        """Return the counts with that version for each month that has none."""
        return replace(self, versions=dict.fromkeys(self.months, version) | dict(self.versions))
