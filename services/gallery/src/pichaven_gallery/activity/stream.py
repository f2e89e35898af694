"""One client's stream: what it missed, what is under way, then what happens."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_contracts.photo import PhotoProgressed
from pichaven_gallery.activity.channel_hub import Changed, LiveHub, News, Progressed, Purged
from pichaven_gallery.photos.lifecycle import changed_event
from pichaven_gallery.photos.listing import Photos
from pichaven_gallery.photos.photo import Photo, Shelf
from pichaven_gallery.photos.steps import Step

_UNDER_WAY: Final = 200
_MOST_REPLAYED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Opened:
    """The stream is live: what happens after `at` will be told."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Stale:
    """Too much has changed since the client last listened: it had better read lists again."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing to tell; keeps proxies from closing the connection."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A photo as it stands, told out of the order of changes."""

    news: News


Item = Opened | Stale | Silence | Snapshot | News


@dataclass(frozen=True, slots=True)
class StreamTimes:
    heartbeat_s: float = 15
    overlap: timedelta = timedelta(seconds=35)
    """Longer than an outbox lease: a change may be told that much later than it was made."""
    memory: timedelta = timedelta(days=30)
    """Changes older than this are not replayed; stubs of purged photos live longer."""


class StreamChanges:
    """State, not history: a client gets the newest of each photo, perhaps more than once, and
    misses none. Memory is bounded by the hub's box, whatever the client's speed."""

    def __init__(
        self,
        photos: Photos,
        hub: LiveHub,
        times: StreamTimes,
        clock: Clock,
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._photos = photos
        self._hub = hub
        self._times = times
        self._clock = clock
        self._now_s = now_s

    def open(self, owner_id: str, *, last: datetime | None, until: float) -> AsyncGenerator[Item]:
        """The stream ends at `until` (Unix seconds) or when the hub closes.

        `last` is when the last change was made that the client knows. Raises `TooManyRequests`
        before anything is sent.
        """
        self._hub.admit(owner_id)
        return self._stream(owner_id, last, until)

    async def _stream(
        self, owner_id: str, last: datetime | None, until: float
    ) -> AsyncGenerator[Item]:
        # Listening comes before reading, so that nothing falls between the two.
        box = self._hub.open(owner_id, self._clock())
        try:
            async with aclosing(self._told_first(owner_id, last)) as first:
                async for item in first:
                    yield item
            while not box.closed:
                left = until - self._now_s()
                if left <= 0:
                    return
                news, missed = await box.take(min(self._times.heartbeat_s, left))
                if missed is not None:
                    async with aclosing(self._replayed(owner_id, missed)) as again:
                        async for item in again:
                            yield item
                for item in news:
                    yield item
                if not news and missed is None and not box.closed:
                    yield Silence()
        finally:
            self._hub.leave(box)

    async def _told_first(self, owner_id: str, last: datetime | None) -> AsyncGenerator[Item]:
        now = self._clock()
        if last is not None and now - last > self._times.memory:
            yield Stale(now)
        elif last is not None:
            async with aclosing(self._replayed(owner_id, last)) as missed:
                async for item in missed:
                    yield item
        for photo in await self._photos.under_way(owner_id, limit=_UNDER_WAY):
            yield Snapshot(Changed(changed_event(photo)))
            for step in photo.shown_steps():
                yield Snapshot(Progressed(_progress(photo, step), step.service))
        yield Opened(now)

    async def _replayed(self, owner_id: str, since: datetime) -> AsyncGenerator[Item]:
        seen = 0
        changes = self._photos.changed_since(
            owner_id, since - self._times.overlap, most=_MOST_REPLAYED + 1
        )
        async for photo in changes:
            seen += 1
            if seen > _MOST_REPLAYED:
                yield Stale(self._clock())
                return
            assert photo.changed_at is not None
            if photo.shelf is Shelf.PURGED:
                yield Purged(photo.photo_id, photo.changed_at)
            else:
                yield Changed(changed_event(photo))


def _progress(photo: Photo, step: Step) -> PhotoProgressed:
    return PhotoProgressed(
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        occurred_at=step.at,
        revision=step.revision,
        step=step.name,
        state=step.state,
        percent=step.percent or 0,
        message=step.message,
    )
