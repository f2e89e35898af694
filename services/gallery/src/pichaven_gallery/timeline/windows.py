"""Windows on a sort key, sized by the timeline's counts, for reading pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pichaven_gallery.photos.capture_time import whole_ms
from pichaven_gallery.timeline.counts import Counts, month_bounds


@dataclass(frozen=True, slots=True)
class Bin:
    """The estimated number of photos from `start` until before `end`."""

    start: datetime
    end: datetime
    count: int


def bins_by_month(counts: Counts) -> list[Bin]:
    return [Bin(*month_bounds(month), count) for month, count in sorted(counts.months.items())]


def bins_by_day(counts: Counts) -> list[Bin]:
    starts = [
        (datetime.fromisoformat(day).replace(tzinfo=UTC), count)
        for day, count in sorted(counts.days.items())
    ]
    return [Bin(start, start + timedelta(days=1), count) for start, count in starts]


class Windows:
    """Adjoining bounds on a sort key, which grow while they bring too few photos.

    Windows cover the whole range without a gap. The bins only estimate where photos are: a page
    is complete however wrong they are.
    """

    def __init__(
        self, bins: Sequence[Bin], low: datetime, high: datetime, *, descending: bool
    ) -> None:
        """From `high` down to `low`, or up; both ends are inclusive, at database precision."""
        # Before clamping, which would make an empty range a window of one moment.
        self._ended = low > high
        self._bins = bins[::-1] if descending else bins
        self._low, self._high = whole_ms(low), whole_ms(high)
        self._descending = descending
        self._position = self._high if descending else self._low
        self._factor = 1

    def next(self, limit: int) -> tuple[datetime, datetime] | None:
        """Return the next window, both ends inclusive; None after the last."""
        if self._ended:
            return None
        edge = whole_ms(self._edge(limit))
        self._factor *= 4
        tick = timedelta(milliseconds=1)
        if self._descending:
            window = (max(edge, self._low), self._position)
            self._ended = window[0] <= self._low
            self._position = window[0] - tick if not self._ended else window[0]
        else:
            window = (self._position, min(edge, self._high))
            self._ended = window[1] >= self._high
            self._position = window[1] + tick if not self._ended else window[1]
        return window

    def _edge(self, limit: int) -> datetime:
        here = self._position
        for bin_ in self._bins:
            behind = bin_.start > here if self._descending else bin_.end <= here
            if behind:
                continue
            span = bin_.end - bin_.start
            # Never beyond the bin: the calendar may have no days after it.
            far = span * min(1.0, 2 * self._factor * limit / bin_.count)
            if self._descending:
                begin = min(here, bin_.end)
                return begin - min(far, begin - bin_.start)
            begin = max(here, bin_.start)
            return begin + min(far, bin_.end - begin)
        return self._low if self._descending else self._high
