"""The change log: what happened to which photo, when and by whom.

Each change of a photo is written with its entry into the photo's document, in one write. From
there entries are appended to the log, each exactly once, and removed from the document.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pichaven_gallery.activity.channel_hub import PhotoPurge, PhotoUpdate
from pichaven_gallery.activity.repository import ChangeLogRepository
from pichaven_gallery.photos.change_entry import ChangeAction, ChangeEntry
from pichaven_gallery.photos.lifecycle import to_changed_event
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.sweeps import Sweep

_MAX_PENDING: Final = 200
"""Photos whose entries are appended together."""


class TooManyChanges(Exception):
    """Raised when more has changed than is replayed."""


@dataclass(frozen=True, slots=True)
class ReplayLimits:
    """How much of the log one replay reads, and how much of it at once."""

    page_size: int = 200
    max_pending: int = _MAX_PENDING
    """Photos whose entries are appended together before the replay."""
    max_entries: int = 20_000
    max_photos: int = 2_000


class AppendChanges:
    """Append entries of some photos to the log. Any number of replicas may, at the same time."""

    def __init__(self, log: ChangeLogRepository) -> None:
        self._log = log

    async def __call__(self) -> Sweep:
        count = await self._log.append_pending(limit=_MAX_PENDING)
        return Sweep(count, has_more=count == _MAX_PENDING)


class ReplayChanges:
    """Yield the present state of an owner's photos that changed since a time, in the order of
    their changes.

    The owner's pending entries are appended first, so that the log has every change that was
    written before the call. A change during the call may be left out: it is published as well.
    Memory is bounded by a page of photos. Raises `TooManyChanges` beyond the limits.
    """

    def __init__(
        self,
        log: ChangeLogRepository,
        photos: PhotoRepository,
        limits: ReplayLimits = ReplayLimits(),
    ) -> None:
        self._log = log
        self._photos = photos
        self._limits = limits

    async def has_changes_since(self, since: datetime) -> bool:
        """Whether the log had begun by then, so that it has every change since."""
        begun_at = await self._log.begun_at()
        return begun_at is not None and begun_at <= since

    async def __call__(
        self, owner_id: str, since: datetime
    ) -> AsyncGenerator[PhotoUpdate | PhotoPurge]:
        limits = self._limits
        pending = limits.max_pending
        while await self._log.append_pending(limit=pending, owner_id=owner_id) == pending:
            pass
        entry_count = photo_count = 0
        async for entries in self._log.pages_since(owner_id, since, page_size=limits.page_size):
            entry_count += len(entries)
            photos = await self._photos.get_many({entry.photo_id for entry in entries})
            for entry in entries:
                message = _to_message(entry, photos.get(entry.photo_id))
                if message is None:
                    continue
                photo_count += 1
                if photo_count > limits.max_photos:
                    raise TooManyChanges
                yield message
            if entry_count >= limits.max_entries:
                raise TooManyChanges


def _to_message(entry: ChangeEntry, photo: Photo | None) -> PhotoUpdate | PhotoPurge | None:
    """Return None for an entry that a later one of the same photo supersedes."""
    if entry.action is ChangeAction.PURGED:
        return PhotoPurge(entry.photo_id, entry.at)
    if photo is None or photo.version != entry.version:
        return None
    return PhotoUpdate(to_changed_event(photo))
