"""The open event streams of this process, and the messages that each has still to send.

A channel keeps the latest message about each thing, never a history, and never more than a fixed
number: a slow client costs no memory and gets the newest state. Changes that do not fit are not
lost but read from the library again; steps and failed uploads that do not fit are dropped.
"""

import asyncio
import contextlib
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from pichaven_chassis.problems import TooManyRequests
from pichaven_contracts.photo import PhotoChanged, PhotoProgressed
from pichaven_contracts.upload import UploadFailed

_RETRY_AFTER_S: Final = 30

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class PhotoUpdate:
    photo: PhotoChanged

    @property
    def photo_id(self) -> str:
        return self.photo.photo_id

    @property
    def at(self) -> datetime:
        return self.photo.occurred_at


@dataclass(frozen=True, slots=True)
class PhotoPurge:
    photo_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepUpdate:
    progress: PhotoProgressed
    service: str


@dataclass(frozen=True, slots=True)
class UploadFailure:
    event: UploadFailed


Message = PhotoUpdate | PhotoPurge | StepUpdate | UploadFailure


class Channel:
    """The messages for one stream."""

    def __init__(self, owner_id: str, max_messages: int, opened_at: datetime) -> None:
        self.owner_id = owner_id
        self._opened_at = opened_at
        self._max_messages = max_messages
        self._changes: OrderedDict[str, PhotoUpdate | PhotoPurge] = OrderedDict()
        self._progress: OrderedDict[tuple[str, str, str], StepUpdate] = OrderedDict()
        self._failures: OrderedDict[str, UploadFailure] = OrderedDict()
        self._missed_since: datetime | None = None
        self._filled = asyncio.Event()
        self.closed = False

    def put(self, message: Message) -> None:
        match message:
            case StepUpdate(progress, service):
                self._put(self._progress, (progress.photo_id, service, progress.step), message)
            case UploadFailure(event):
                self._put(self._failures, event.upload_id, message)
            case _:
                self._put_change(message)
        self._filled.set()

    def require_replay(self) -> None:
        """Have all changes since the channel was opened read again."""
        self._missed_since = self._opened_at
        self._filled.set()

    def close(self) -> None:
        self.closed = True
        self._filled.set()

    async def receive(self, timeout_s: float) -> tuple[list[Message], datetime | None]:
        """Return new messages, changes first, and the time since which to read changes again.

        Empty and None when the time is up or the channel is closed.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._filled.wait(), timeout_s)
        self._filled.clear()
        messages: list[Message] = []
        for waiting in (self._changes, self._progress, self._failures):
            messages += waiting.values()
            waiting.clear()
        missed_since, self._missed_since = self._missed_since, None
        return messages, missed_since

    def _put_change(self, message: PhotoUpdate | PhotoPurge) -> None:
        photo_id = message.photo_id
        waiting = self._changes.get(photo_id)
        if waiting is not None:
            if isinstance(waiting, PhotoPurge):
                return
            if isinstance(message, PhotoUpdate) and message.photo.version <= waiting.photo.version:
                return
            del self._changes[photo_id]
        elif len(self._changes) >= self._max_messages:
            _, dropped = self._changes.popitem(last=False)
            self._missed_since = min(self._missed_since or dropped.at, dropped.at)
        self._changes[photo_id] = message

    def _put(self, waiting: OrderedDict[K, V], key: K, message: V) -> None:
        """Put the newest message about a thing at the end; the oldest of too many is dropped."""
        waiting.pop(key, None)
        if len(waiting) >= self._max_messages:
            waiting.popitem(last=False)
        waiting[key] = message


class ChannelHub:
    """The channels of this process, by owner. A message reaches its owner's channels alone."""

    def __init__(self, *, max_channels: int, max_messages: int) -> None:
        self._max_channels = max_channels
        self._max_messages = max_messages
        self._channels: defaultdict[str, set[Channel]] = defaultdict(set)
        self._closed = False

    def check_limit(self, owner_id: str) -> None:
        """Raises `TooManyRequests` when the owner has `max_channels` open."""
        if len(self._channels.get(owner_id, ())) >= self._max_channels:
            raise TooManyRequests(
                f"At most {self._max_channels} event streams can be open at a time.",
                retry_after=_RETRY_AFTER_S,
            )

    def subscribe(self, owner_id: str, now: datetime) -> Channel:
        """Return a new channel; a closed one for requests that pass `check_limit` at once."""
        channel = Channel(owner_id, self._max_messages, now)
        channels = self._channels[owner_id]
        channel.closed = self._closed or len(channels) >= self._max_channels
        channels.add(channel)
        return channel

    def unsubscribe(self, channel: Channel) -> None:
        channels = self._channels.get(channel.owner_id)
        if channels is not None:
            channels.discard(channel)
            if not channels:
                del self._channels[channel.owner_id]

    def publish(self, owner_id: str, message: Message) -> None:
        for channel in self._channels.get(owner_id, ()):
            channel.put(message)

    def resync(self) -> None:
        """Have all channels replay: events arrive from now on, earlier ones reached none."""
        for channels in self._channels.values():
            for channel in channels:
                channel.require_replay()

    def close(self) -> None:
        """End all streams; clients reconnect, to another replica if this one stops."""
        self._closed = True
        for channels in self._channels.values():
            for channel in channels:
                channel.close()

    @property
    def is_empty(self) -> bool:
        return not self._channels
