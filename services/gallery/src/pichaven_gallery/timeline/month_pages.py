"""Pages of a month: as stored, brought up to date, or read from the photos."""

from typing import Final

from pichaven_chassis.pagination import TimeCursor
from pichaven_gallery.photos.tile import PhotoTile
from pichaven_gallery.timeline.counts import Counts, month_bounds
from pichaven_gallery.timeline.library_pages import LibraryPages
from pichaven_gallery.timeline.repository import MonthEdition, TimelineRepository
from pichaven_gallery.timeline.stored_months import MonthPage, StoredMonths, StoredPage

MAX_PHOTOS: Final = 2_500
"""Of a page that is read; hardly a month has more."""


class MonthPages:
    """Pages of months, each of the version that is asked for or newer.

    The first page of a month is stored by whoever reads it. Others are stored by `store` alone:
    a client chooses its cursors.
    """

    def __init__(
        self,
        timeline: TimelineRepository,
        pages: LibraryPages,
        stored: StoredMonths,
        *,
        page_size: int = MAX_PHOTOS,
    ) -> None:
        self._timeline = timeline
        self._pages = pages
        self._stored = stored
        self._page_size = page_size

    async def get(self, edition: MonthEdition, after: TimeCursor | None) -> MonthPage:
        """Return the page that starts after the cursor."""
        return await self._get(edition, after, may_store=after is None)

    async def migrate(self, owner_id: str, month: str) -> bool:
        """Bring wall times to older photos of the month; return whether there may be any."""
        return await self._pages.migrate(owner_id, *month_bounds(month))

    async def store(self, edition: MonthEdition) -> None:
        """Store all pages of the month."""
        page = await self._get(edition, None, may_store=True)
        while page.end is not None:
            page = await self._get(edition, page.end, may_store=True)

    async def _get(
        self, edition: MonthEdition, after: TimeCursor | None, *, may_store: bool
    ) -> MonthPage:
        if edition.version is None:
            return await self._read(edition, after)
        owner_id, month = edition.owner_id, edition.month
        stored = await self._stored.get(owner_id, month, after)
        if stored is not None and stored.version == edition.version:
            return stored.page
        page = await self._updated(edition, after, stored) if stored is not None else None
        if page is None:
            page = await self._read(edition, after)
        if may_store:
            await self._stored.put(owner_id, month, after, StoredPage(edition.version, page))
        return page

    async def _read(self, edition: MonthEdition, after: TimeCursor | None) -> MonthPage:
        month, size = edition.month, self._page_size
        rows = await self._pages.tiles(
            edition.owner_id,
            *month_bounds(month),
            limit=size + 1,
            after=after,
            counts=Counts({month: edition.count} if edition.count else {}, {}),
        )
        return MonthPage(rows[:size], has_more=len(rows) > size)

    async def _updated(
        self, edition: MonthEdition, after: TimeCursor | None, stored: StoredPage
    ) -> MonthPage | None:
        """Return the stored page with what has changed since.

        None where that is not known, and where the page has become too long or has no end. It may
        be a little longer, so that the pages after it stay where they are.
        """
        assert edition.version is not None
        changed = await self._timeline.photos_changed(
            edition.owner_id, edition.month, stored.version, edition.version
        )
        if changed is None:
            return None
        start, end = month_bounds(edition.month)
        page = stored.page

        def belongs(row: PhotoTile) -> bool:
            return (
                start <= row.taken_at_local < end
                and (after is None or _key(row) < (after.at_ms, after.id))
                and (page.end is None or _key(row) >= (page.end.at_ms, page.end.id))
            )

        rows = [row for row in page.rows if row.photo_id not in changed]
        rows += filter(belongs, await self._pages.tiles_of(edition.owner_id, changed))
        rows.sort(key=_key, reverse=True)
        if len(rows) > self._page_size * 1.2 or (page.has_more and not rows):
            return None
        return MonthPage(rows, page.has_more)


def _key(row: PhotoTile) -> tuple[int, str]:
    return row.cursor.at_ms, row.photo_id
