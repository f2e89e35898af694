"""Photos that were stored before photos had wall times and tiles get theirs."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from pichaven_chassis.clock import Clock
from pichaven_chassis.mongo import Document
from pichaven_gallery.photos.change_entry import RECONCILER, ChangeAction
from pichaven_gallery.photos.lifecycle import Change, next_version
from pichaven_gallery.photos.listing import Order
from pichaven_gallery.photos.older_documents import OlderDocuments
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.sweeps import Sweep

MAX_OFFSET: Final = timedelta(hours=16)
"""Between an instant and a wall time; those of historical zones included."""
_BATCH: Final = 200
_MOST_BATCHES: Final = 50
_LAST_ID: Final = "g"
"""Greater than every id."""


class RewriteTimes:
    """Rewrite older documents.

    A photo whose wall time is not its instant in UTC gets a new version, so that search, which
    reads events alone, has it too. May be repeated, and run in several processes.
    """

    def __init__(self, photos: PhotoRepository, clock: Clock) -> None:
        self._photos = photos
        self._clock = clock

    async def __call__(self, photos: Sequence[tuple[Photo, Document]]) -> None:
        await self._photos.rewrite(
            [(photo, self._change(photo, document), document) for photo, document in photos]
        )

    def _change(self, photo: Photo, document: Document) -> Change:
        if "taken_at_local" in document or photo.capture_time.offset is None:
            return Change(photo)
        return next_version(None, photo, self._clock(), ChangeAction.REDATED, RECONCILER)


class MigrateTimes:
    """Rewrite one batch of older documents, the newest photos first.

    A pass ends with a batch that is not full; the next begins anew.
    """

    def __init__(self, older: OlderDocuments, rewrite: RewriteTimes) -> None:
        self._older = older
        self._rewrite = rewrite
        self._before = _LAST_ID

    async def __call__(self) -> Sweep:
        photos = await self._older.list_before(self._before, limit=_BATCH)
        await self._rewrite(photos)
        has_more = len(photos) == _BATCH
        self._before = photos[-1][0].photo_id if has_more else _LAST_ID
        return Sweep(len(photos), has_more=has_more)

    async def run_for(self, seconds: float) -> None:
        """Rewrite until the pass ends or the time is over."""
        deadline = time.monotonic() + seconds
        while (await self()).has_more and time.monotonic() < deadline:
            pass


class MigrateWindow:
    """Rewrite an owner's older documents that a window of a list by wall time may contain.

    So that a list is complete although `MigrateTimes` has not come to its photos yet.
    """

    def __init__(self, older: OlderDocuments, rewrite: RewriteTimes) -> None:
        self._older = older
        self._rewrite = rewrite

    async def is_needed(self, owner_id: str) -> bool:
        return await self._older.any_of(owner_id)

    async def __call__(self, owner_id: str, order: Order, low: datetime, high: datetime) -> None:
        """The window bounds the sort key of the order, both ends inclusive."""
        if order.by == "taken_at_local":
            low, high = low - MAX_OFFSET, high + MAX_OFFSET
        key: Literal["taken_at", "created_at"] = (
            "created_at" if order.by == "created_at" else "taken_at"
        )
        for _ in range(_MOST_BATCHES):
            photos = await self._older.list_between(owner_id, key, low, high, limit=_BATCH)
            await self._rewrite(photos)
            if len(photos) < _BATCH:
                return
