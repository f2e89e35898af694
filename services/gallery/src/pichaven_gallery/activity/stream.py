"""One client's stream: missed changes, photos in processing, then messages as they come."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_contracts.photo import PhotoProgressed
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.activity.change_log import ReplayChanges, TooManyChanges
from pichaven_gallery.activity.channel_hub import (
    Channel,
    ChannelHub,
    Message,
    PhotoPurge,
    PhotoUpdate,
    StepUpdate,
)
from pichaven_gallery.photos.lifecycle import to_changed_event
from pichaven_gallery.photos.photo import LibraryState, Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.photos.steps import Step

_MAX_IN_PROCESSING: Final = 200


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """All that was missed has been sent; messages after `at` follow."""

    at: datetime


@dataclass(frozen=True, slots=True)
class LibraryStale:
    """Too much has changed since the client's last event: it must read its lists again."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Keeps proxies from closing an idle connection."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A photo's present state, sent out of the order of changes."""

    message: Message


OnEnd = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""Returns a context in which the function is called when the session of the client ends."""

StreamItem = StreamOpened | LibraryStale | Heartbeat | Snapshot | Message


@dataclass(frozen=True, slots=True)
class StreamTimes:
    heartbeat_s: float = 15
    overlap: timedelta = timedelta(seconds=35)
    """Longer than an outbox lease: an event may be published that much after its change."""
    replay_window: timedelta = timedelta(days=30)
    """Older changes are not replayed. Shorter than the life of entries in the change log."""


class StreamChanges:
    """Stream state, not history: a client gets the newest of each photo, perhaps more than once,
    and misses none. Memory is bounded by the channel, whatever the client's speed."""

    def __init__(
        self,
        photos: PhotoRepository,
        replay: ReplayChanges,
        hub: ChannelHub,
        times: StreamTimes,
        clock: Clock,
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._photos = photos
        self._replay_changes = replay
        self._hub = hub
        self._times = times
        self._clock = clock
        self._now_s = now_s

    def __call__(
        self, viewer: Viewer, *, last: datetime | None, until: float, on_end: OnEnd
    ) -> AsyncGenerator[StreamItem]:
        """Return the viewer's stream.

        It ends at `until` (Unix seconds), when `on_end` calls back, or when the hub closes.
        `last` is the time of the last change that the client has. Raises `TooManyRequests` before
        anything is sent.
        """
        self._hub.check_limit(viewer.user_id)
        return self._stream(viewer.user_id, last, until, on_end)

    async def _stream(
        self, owner_id: str, last: datetime | None, until: float, on_end: OnEnd
    ) -> AsyncGenerator[StreamItem]:
        # Subscribe before reading, so that no change falls between the two.
        channel = self._hub.subscribe(owner_id, self._clock())
        try:
            with on_end(channel.close):
                async with aclosing(self._items(channel, last, until)) as items:
                    async for item in items:
                        if channel.closed:
                            return
                        yield item
        finally:
            self._hub.unsubscribe(channel)

    async def _items(
        self, channel: Channel, last: datetime | None, until: float
    ) -> AsyncGenerator[StreamItem]:
        if channel.closed:
            return
        async with aclosing(self._first_items(channel.owner_id, last)) as items:
            async for item in items:
                yield item
        while not channel.closed:
            left_s = until - self._now_s()
            if left_s <= 0:
                return
            messages, missed_since = await channel.receive(min(self._times.heartbeat_s, left_s))
            if missed_since is not None:
                async with aclosing(self._replay(channel.owner_id, missed_since)) as items:
                    async for item in items:
                        yield item
            for message in messages:
                yield message
            if not messages and missed_since is None:
                yield Heartbeat()

    async def _first_items(
        self, owner_id: str, last: datetime | None
    ) -> AsyncGenerator[StreamItem]:
        now = self._clock()
        if last is not None:
            async with aclosing(self._replay(owner_id, last)) as items:
                async for item in items:
                    yield item
        for photo in await self._photos.list_in_processing(owner_id, limit=_MAX_IN_PROCESSING):
            yield Snapshot(PhotoUpdate(to_changed_event(photo)))
            for step in photo.current_steps():
                yield Snapshot(StepUpdate(_to_progress(photo, step), step.service))
        yield StreamOpened(now)

    async def _replay(self, owner_id: str, since: datetime) -> AsyncGenerator[StreamItem]:
        now = self._clock()
        too_old = now - since > self._times.replay_window
        if too_old or not await self._replay_changes.has_changes_since(since):
            yield LibraryStale(now)
            return
        changes = self._replay_changes(owner_id, since - self._times.overlap)
        try:
            async with aclosing(changes) as messages:
                async for message in messages:
                    yield message
        except TooManyChanges:
            yield LibraryStale(self._clock())


def _to_progress(photo: Photo, step: Step) -> PhotoProgressed:
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


class StreamPurge:
    """Send a photo's purge to its owner's open streams; the stub names the owner."""

    def __init__(self, photos: PhotoRepository, hub: ChannelHub) -> None:
        self._photos = photos
        self._hub = hub

    async def __call__(self, photo_id: str) -> None:
        stub = await self._photos.get(photo_id)
        if stub is None or stub.changed_at is None:
            return
        if stub.library_state is LibraryState.PURGED:
            self._hub.publish(stub.owner_id, PhotoPurge(photo_id, stub.changed_at))
