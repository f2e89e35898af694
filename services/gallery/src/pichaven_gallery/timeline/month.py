"""A month of the timeline, encoded once for each version and kept."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from pichaven_chassis.etags import etag
from pichaven_chassis.pagination import TimeCursor
from pichaven_chassis.refreshing_cache import Lifetime, RefreshingCache
from pichaven_chassis.storage import Presigner
from pichaven_gallery.timeline.counts import month_bounds
from pichaven_gallery.timeline.month_columns import EncodedJson, Thumbnails, to_columns
from pichaven_gallery.timeline.month_pages import MonthPages
from pichaven_gallery.timeline.repository import MonthEdition, TimelineRepository

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
class _Answer:
    """One content of a page."""

    request: MonthRequest
    edition: MonthEdition
    tag: str | None


class GetMonth:
    """Return a page of a month's photos in columns, the latest first. Raises `InvalidMonth`."""

    def __init__(
        self,
        timeline: TimelineRepository,
        pages: MonthPages,
        presigner: Presigner,
        *,
        max_entries: int,
    ) -> None:
        self._timeline = timeline
        self._pages = pages
        self._presigner = presigner
        self._cache = RefreshingCache(self._load, Lifetime(fresh_s=_NEVER), max_entries=max_entries)

    async def close(self) -> None:
        await self._cache.close()

    async def __call__(
        self, request: MonthRequest, is_current: Callable[[str], bool]
    ) -> MonthAnswer:
        """`is_current` tells whether the client has the content of a tag."""
        month_bounds(request.month)
        answer = await self._answer(request)
        if answer.tag is not None and is_current(answer.tag):
            return MonthAnswer(answer.tag, None)
        if self._cache.peek(answer) is None and await self._pages.migrate(
            request.owner_id, request.month
        ):
            answer = await self._answer(request)
        if answer.tag is None:
            return MonthAnswer(None, await self._load(answer))
        return MonthAnswer(answer.tag, await self._cache.get(answer))

    async def _answer(self, request: MonthRequest) -> _Answer:
        state = await self._timeline.read(request.owner_id, request.month)
        edition = state.edition(request.owner_id, request.month)
        version = edition.version
        return _Answer(request, edition, self._tag(version, request.base_url) if version else None)

    def _tag(self, version: str, base_url: str) -> str:
        # A signature changes with all that URLs are made of, the present window included.
        signature = self._presigner.get("timeline", base_url=base_url)[-16:]
        return etag(f"{_FORM}.{version}.{signature}")

    async def _load(self, answer: _Answer) -> EncodedJson:
        request, edition = answer.request, answer.edition
        page = await self._pages.get(edition, request.cursor)
        thumbnails = Thumbnails(self._presigner, request.base_url, request.owner_id)

        def encode() -> EncodedJson:
            start, _ = month_bounds(request.month)
            columns = to_columns(page.rows, request.month, start, thumbnails)
            columns.count, columns.version = edition.count, edition.version
            if page.end is not None:
                columns.next_cursor = page.end.encode(cursor_kind(request.month))
            return EncodedJson.of(columns.model_dump_json())

        # Off the event loop: signing and compressing take ten milliseconds a thousand photos.
        return await asyncio.to_thread(encode)
