"""Pages of a month: as stored, brought up to date, or read from the photos."""

from dataclasses import replace
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

    The first page of a month is stored by whoever reads it from the photos. Others are stored by
    `store` alone: a client chooses its cursors. So are pages that a few changes bring up to date:
    that is quicker than the write.
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
        usable = await self._usable_page(edition, after)
        if usable is not None:
            return usable.page
        page = await self._read(edition, after)
        if after is None:
            await self._put(edition, after, page)
        return page

    async def migrate(self, owner_id: str, month: str) -> bool:
        """Bring wall times to older photos of the month; return whether there may be any."""
        return await self._pages.migrate(owner_id, *month_bounds(month))

    async def store(self, edition: MonthEdition) -> None:
        """Store all pages of the month."""
        after, has_more = None, True
        while has_more:
            usable = await self._usable_page(edition, after)
            page = usable.page if usable is not None else await self._read(edition, after)
            if usable is None or usable.version != edition.version:
                await self._put(edition, after, page)
            after, has_more = page.end, page.has_more

    async def _usable_page(
        self, edition: MonthEdition, after: TimeCursor | None
    ) -> StoredPage | None:
        """Return the stored page, brought up to date; None where there is none or it is too old.

        Its version is the one that is stored.
        """
        if edition.version is None:
            return None
        stored = await self._stored.get(edition.owner_id, edition.month, after)
        if stored is None:
            return None
        if stored.version == edition.version:
            return stored
        page = await self._updated(edition, after, stored)
        return replace(stored, page=page) if page is not None else None

    async def _put(self, edition: MonthEdition, after: TimeCursor | None, page: MonthPage) -> None:
        if edition.version is not None:
            stored = StoredPage(edition.version, page)
            await self._stored.put(edition.owner_id, edition.month, after, stored)

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
