"""A month of the timeline, encoded once for each version and kept."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from pichaven_chassis.etags import etag
from pichaven_chassis.pagination import TimeCursor
from pichaven_chassis.refreshing_cache import Lifetime, RefreshingCache
from pichaven_chassis.storage import Presigner
from pichaven_gallery.photos.tile import PhotoTile
from pichaven_gallery.timeline.counts import Counts, month_bounds
from pichaven_gallery.timeline.library_pages import LibraryPages
from pichaven_gallery.timeline.month_columns import EncodedJson, Thumbnails, to_columns
from pichaven_gallery.timeline.repository import TimelineRepository

MAX_PHOTOS: Final = 2_500
"""Of a page; hardly a month has more."""
_FORM: Final = 1
"""Of the columns: another number makes every client read its months again."""
_NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class MonthRequest:
    owner_id: str
    month: str
    base_url: str
    """Of the thumbnails' URLs."""
    cursor: TimeCursor | None = None


def cursor_kind(month: str) -> str:
    return f"month.{month}"


class MonthAnswer(NamedTuple):
    tag: str | None
    """The entity tag; None where there is no version, as while an import is being counted."""
    body: EncodedJson | None
    """None for a client that has this version."""


@dataclass(frozen=True, slots=True)
class _Edition:
    """One content of a page."""

    request: MonthRequest
    count: int
    version: str | None
    tag: str | None


class GetMonth:
    """Return a page of a month's photos in columns, the latest first. Raises `InvalidMonth`."""

    def __init__(
        self,
        timeline: TimelineRepository,
        pages: LibraryPages,
        presigner: Presigner,
        *,
        max_entries: int,
        page_size: int = MAX_PHOTOS,
    ) -> None:
        self._timeline = timeline
        self._pages = pages
        self._presigner = presigner
        self._page_size = page_size
        self._cache = RefreshingCache(self._load, Lifetime(fresh_s=_NEVER), max_entries=max_entries)

    async def close(self) -> None:
        await self._cache.close()

    async def __call__(
        self, request: MonthRequest, is_current: Callable[[str], bool]
    ) -> MonthAnswer:
        """`is_current` tells whether the client has the content of a tag."""
        bounds = month_bounds(request.month)
        edition = await self._edition(request)
        if edition.tag is not None and is_current(edition.tag):
            return MonthAnswer(edition.tag, None)
        if self._cache.peek(edition) is None and await self._pages.migrate(
            request.owner_id, *bounds
        ):
            edition = await self._edition(request)
        if edition.tag is None:
            return MonthAnswer(None, await self._load(edition))
        return MonthAnswer(edition.tag, await self._cache.get(edition))

    async def _edition(self, request: MonthRequest) -> _Edition:
        state = await self._timeline.read(request.owner_id, request.month)
        version = state.version_of(request.month)
        count = state.counts.months.get(request.month, 0)
        tag = self._tag(version, request.base_url) if version else None
        return _Edition(request, count, version, tag)

    def _tag(self, version: str, base_url: str) -> str:
        # A signature changes with all that URLs are made of, the present window included.
        signature = self._presigner.get("timeline", base_url=base_url)[-16:]
        return etag(f"{_FORM}.{version}.{signature}")

    async def _load(self, edition: _Edition) -> EncodedJson:
        request, month, size = edition.request, edition.request.month, self._page_size
        start, end = month_bounds(month)
        rows = await self._pages.tiles(
            request.owner_id,
            start,
            end,
            limit=size + 1,
            after=request.cursor,
            counts=Counts({month: edition.count} if edition.count else {}, {}),
        )
        thumbnails = Thumbnails(self._presigner, request.base_url, request.owner_id)

        def encode() -> EncodedJson:
            page = to_columns(rows[:size], month, start, thumbnails)
            page.count, page.version = edition.count, edition.version
            if len(rows) > size:
                page.next_cursor = _cursor_after(rows[size - 1]).encode(cursor_kind(month))
            return EncodedJson.of(page.model_dump_json())

        # Off the event loop: signing and compressing take ten milliseconds a thousand photos.
        return await asyncio.to_thread(encode)


def _cursor_after(row: PhotoTile) -> TimeCursor:
    return TimeCursor.at(row.taken_at_local, row.photo_id)
