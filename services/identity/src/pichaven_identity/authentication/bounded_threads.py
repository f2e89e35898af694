"""Computation in a few threads, with a bounded queue."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pichaven_chassis.problems import Unavailable

T = TypeVar("T")


class BoundedThreads:
    """Run functions off the event loop.

    Raises `Unavailable` when `queue_size` calls wait for a thread.
    """

    def __init__(self, name: str, *, threads: int, queue_size: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._capacity = threads + queue_size
        self._pending = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Return the function's result."""
        if self._pending >= self._capacity:
            raise Unavailable("Too many people are logging in at this moment.")
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._pending -= 1

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
