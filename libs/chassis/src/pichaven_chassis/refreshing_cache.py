"""A stale-while-revalidate cache with single flight."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from cachetools import LRUCache

from pichaven_chassis.logging import get_logger

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_log = get_logger(__name__)
_FOREVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Ages of a value in seconds: until `fresh_s` it is returned as it is, until `stale_s` it is
    returned while a new one is loaded, after that callers wait for the new one."""

    fresh_s: float
    stale_s: float = _FOREVER


class RefreshingCache(Generic[K, V]):
    """Values by key, each loaded by at most one task at a time (single flight).

    A failed load is raised to all who wait for it; behind a stale value it is logged. After a
    failure the last value is returned, however old, until `retry_s` have passed. The least
    recently used of more than `max_entries` values are dropped. A caller that is cancelled
    cancels no load.
    """

    def __init__(
        self,
        load: Callable[[K], Awaitable[V]],
        lifetime: Lifetime | Callable[[V], Lifetime],
        *,
        max_entries: int,
        retry_s: float = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._lifetime = lifetime
        self._retry_s = retry_s
        self._now = now
        self._started: LRUCache[K, float] = LRUCache(max_entries)
        self._entries: LRUCache[K, tuple[float, V]] = LRUCache(max_entries)
        self._loads: dict[K, asyncio.Task[V]] = {}
        self._tasks: set[asyncio.Task[V]] = set()

    async def get(self, key: K) -> V:
        """Return the value under the key."""
        entry = self._entries.get(key)
        if entry is None:
            return await self.reload(key)
        loaded_at, value = entry
        lifetime = self._lifetime(value) if callable(self._lifetime) else self._lifetime
        age_s = self._now() - loaded_at
        may_load = self.is_loading(key) or self.since_load_s(key) >= self._retry_s
        if age_s > lifetime.stale_s and may_load:
            return await self.reload(key)
        if age_s > lifetime.fresh_s and may_load:
            self._start(key)
        return value

    def peek(self, key: K) -> V | None:
        """Return the value under the key, however old; None if it was never loaded."""
        entry = self._entries.get(key)
        return entry[1] if entry else None

    def is_loading(self, key: K) -> bool:
        """Return whether a load of the value is under way."""
        return key in self._loads

    def since_load_s(self, key: K) -> float:
        """Return the seconds since a load of the value was last started, failed ones included."""
        return self._now() - self._started.get(key, -_FOREVER)

    async def reload(self, key: K) -> V:
        """Load the value anew, or join the load under way, and return it."""
        return await asyncio.shield(self._start(key))

    def invalidate(self, key: K) -> None:
        """Forget the value: the next `get` loads it.

        A load under way is returned to those who wait for it, and is not kept.
        """
        self._entries.pop(key, None)
        self._loads.pop(key, None)

    async def close(self) -> None:
        """Cancel the loads under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, key: K) -> "asyncio.Task[V]":
        load = self._loads.get(key)
        if load is None:
            self._started[key] = self._now()
            load = asyncio.create_task(self._store(key))
            self._loads[key] = load
            self._tasks.add(load)
            load.add_done_callback(lambda task: self._finish(key, task))
        return load

    async def _store(self, key: K) -> V:
        # The age counts from before the load: what changed during it may be missing.
        started_at = self._now()
        value = await self._load(key)
        if self._loads.get(key) is asyncio.current_task():
            self._entries[key] = (started_at, value)
        return value

    def _finish(self, key: K, task: "asyncio.Task[V]") -> None:
        self._tasks.discard(task)
        if self._loads.get(key) is task:
            del self._loads[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.info("cache_load_failed", key=str(key)[:100], error=repr(error)[:200])
