"""The photos of a day of the year, in earlier years."""

from calendar import isleap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Final, Self
from zoneinfo import ZoneInfo

from pichaven_chassis.clock import Clock
from pichaven_chassis.pagination import TimeCursor
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.photos.capture_time import EARLIEST
from pichaven_gallery.photos.home_zones import HomeZoneRepository
from pichaven_gallery.photos.listing import Filters, Order
from pichaven_gallery.photos.photo import Photo, Status
from pichaven_gallery.timeline.library_pages import LibraryPages
from pichaven_gallery.timeline.queries import GetTimeline

_ORDER: Final = Order("taken_at_local")
_DAY: Final = timedelta(days=1)
_TICK: Final = timedelta(milliseconds=1)
_LEAP_DAY: Final = (2, 29)


@dataclass(frozen=True, slots=True)
class Year:
    number: int
    photos: Sequence[Photo]


@dataclass(frozen=True, slots=True)
class OnThisDay:
    """A page, the latest year first; a year may continue on the next page."""

    day: date
    years: Sequence[Year]
    next_page: TimeCursor | None

    @classmethod
    def from_photos(cls, day: date, photos: Sequence[Photo], limit: int) -> Self:
        """Return the page of the first `limit` photos; more of them tell that another follows."""
        page = photos[:limit]
        years = [Year(number, list(group)) for number, group in groupby(page, _year_of)]
        last = page[-1] if len(photos) > limit else None
        return cls(
            day,
            years,
            TimeCursor.at(last.capture_time.local_key, last.photo_id) if last else None,
        )


def _year_of(photo: Photo) -> int:
    return photo.capture_time.local.year


class ListOnThisDay:
    """Return the ready photos whose wall time is on a day's month and day, in earlier years.

    The photos of 29 February are those of 28 February too, in a year that has no 29th.
    """

    def __init__(
        self, pages: LibraryPages, timeline: GetTimeline, zones: HomeZoneRepository, clock: Clock
    ) -> None:
        self._pages = pages
        self._timeline = timeline
        self._zones = zones
        self._clock = clock

    async def today(self, viewer: Viewer) -> date:
        """Return the present day in the viewer's home zone, without one in UTC."""
        zone = await self._zones.get(viewer.user_id)
        return self._clock().astimezone(ZoneInfo(zone) if zone else UTC).date()

    async def __call__(
        self, viewer: Viewer, day: date, *, limit: int, after: TimeCursor | None
    ) -> OnThisDay:
        counts = (await self._timeline(viewer)).counts
        photos: list[Photo] = []
        for start, end in spans(day, counts.months):
            if after is not None and start > after.moment:
                continue
            photos += await self._pages.page(
                viewer.user_id,
                Filters(status=Status.READY, local_from=start, local_until=end - _TICK),
                _ORDER,
                limit=limit + 1 - len(photos),
                after=after if after is not None and after.moment < end else None,
                counts=counts,
            )
            if len(photos) > limit:
                break
        return OnThisDay.from_photos(day, photos, limit)


def spans(day: date, months: Iterable[str]) -> list[tuple[datetime, datetime]]:
    """Return the day in each earlier year that may have photos, the latest first.

    A span ends before its second time. The months are those that have photos. A photo that has
    moved to a neighbouring month is counted there a moment later, so these are looked at as well.
    """
    years = set()
    for month in months:
        index = int(month[:4]) * 12 + int(month[5:]) - 1
        years |= {
            near // 12 for near in (index - 1, index, index + 1) if near % 12 == day.month - 1
        }
    return [
        span
        for year in sorted(years, reverse=True)
        if EARLIEST.year < year < day.year and (span := _span(day, year)) is not None
    ]


def _span(day: date, year: int) -> tuple[datetime, datetime] | None:
    if (day.month, day.day) == _LEAP_DAY and not isleap(year):
        return None
    start = datetime.combine(day.replace(year=year), time(), UTC)
    is_last_of_february = (day.month, day.day) == (2, 28) and not isleap(day.year)
    return start, start + (2 * _DAY if is_last_of_february and isleap(year) else _DAY)
