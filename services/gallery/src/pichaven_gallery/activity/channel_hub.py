"""Who is listening right now, and what each of them has not been sent yet.

A listener's box keeps the latest of each thing, never a history, and never more than a fixed
number: a slow client costs no memory and gets the newest state. Changes that do not fit are
not lost but read from the library again.
"""

import asyncio
import contextlib
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pichaven_chassis.problems import TooManyRequests
from pichaven_contracts.photo import PhotoChanged, PhotoProgressed

_RETRY_S: Final = 30


@dataclass(frozen=True, slots=True)
class Changed:
    photo: PhotoChanged


@dataclass(frozen=True, slots=True)
class Purged:
    photo_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Progressed:
    progress: PhotoProgressed
    service: str


News = Changed | Purged | Progressed


def moment_of(news: Changed | Purged) -> datetime:
    return news.photo.occurred_at if isinstance(news, Changed) else news.at


class Box:
    """One listener's news."""

    def __init__(self, owner_id: str, most: int, opened_at: datetime) -> None:
        self.owner_id = owner_id
        self._opened_at = opened_at
        self._most = most
        self._changes: OrderedDict[str, Changed | Purged] = OrderedDict()
        self._progress: OrderedDict[tuple[str, str, str], Progressed] = OrderedDict()
        self._missed: datetime | None = None
        self._filled = asyncio.Event()
        self.closed = False

    def put(self, news: News) -> None:
        if isinstance(news, Progressed):
            self._put_progress(news)
        else:
            self._put_change(news)
        self._filled.set()

    def miss_all(self) -> None:
        """What has changed since it was opened must be read."""
        self._missed = self._opened_at
        self._filled.set()

    def close(self) -> None:
        self.closed = True
        self._filled.set()

    async def take(self, timeout_s: float) -> tuple[list[News], datetime | None]:
        """What is new, changes first, and since when changes must be read again.

        Both are empty when nothing came in time, or the box was closed.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._filled.wait(), timeout_s)
        self._filled.clear()
        news: list[News] = [*self._changes.values(), *self._progress.values()]
        missed, self._missed = self._missed, None
        self._changes.clear()
        self._progress.clear()
        return news, missed

    def _put_change(self, news: Changed | Purged) -> None:
        photo_id = news.photo.photo_id if isinstance(news, Changed) else news.photo_id
        known = self._changes.get(photo_id)
        if known is not None:
            if isinstance(known, Purged):
                return
            if isinstance(news, Changed) and news.photo.version <= known.photo.version:
                return
            del self._changes[photo_id]
        elif len(self._changes) >= self._most:
            _, dropped = self._changes.popitem(last=False)
            moment = moment_of(dropped)
            self._missed = moment if self._missed is None else min(self._missed, moment)
        self._changes[photo_id] = news

    def _put_progress(self, news: Progressed) -> None:
        key = (news.progress.photo_id, news.service, news.progress.step)
        self._progress.pop(key, None)
        if len(self._progress) >= self._most:
            self._progress.popitem(last=False)
        self._progress[key] = news


class LiveHub:
    """The listeners of this process, by owner. Nothing an owner is told reaches another."""

    def __init__(self, *, most_streams: int, most_news: int) -> None:
        self._most_streams = most_streams
        self._most_news = most_news
        self._boxes: defaultdict[str, set[Box]] = defaultdict(set)
        self._closed = False

    def admit(self, owner_id: str) -> None:
        """Raises `TooManyRequests` when the owner has as many streams as one may have."""
        if len(self._boxes.get(owner_id, ())) >= self._most_streams:
            raise TooManyRequests(
                f"At most {self._most_streams} event streams can be open at a time.",
                retry_after=_RETRY_S,
            )

    def open(self, owner_id: str, now: datetime) -> Box:
        """A box that fills from now on, until it is left."""
        box = Box(owner_id, self._most_news, now)
        box.closed = self._closed
        self._boxes[owner_id].add(box)
        return box

    def leave(self, box: Box) -> None:
        boxes = self._boxes.get(box.owner_id)
        if boxes is not None:
            boxes.discard(box)
            if not boxes:
                del self._boxes[box.owner_id]

    def tell(self, owner_id: str, news: News) -> None:
        for box in self._boxes.get(owner_id, ()):
            box.put(news)

    def hear_again(self) -> None:
        """News come from now on; what happened before has reached no box."""
        for boxes in self._boxes.values():
            for box in boxes:
                box.miss_all()

    def close(self) -> None:
        """End all streams; their clients come back, to another replica if this one stops."""
        self._closed = True
        for boxes in self._boxes.values():
            for box in boxes:
                box.close()

    @property
    def is_empty(self) -> bool:
        return not self._boxes
