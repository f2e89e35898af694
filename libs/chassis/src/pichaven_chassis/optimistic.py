"""Optimistic concurrency: read, decide, write if nothing changed meanwhile, else again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pichaven_chassis.problems import Unavailable

T = TypeVar("T")


class WriteConflict(Exception):
    """Raised by an attempt whose guarded write met another version than it had read."""


class WriteContended(Unavailable):
    """Raised when every attempt met a conflict: too many write to the same thing at once."""


async def write_optimistically(
    attempt: Callable[[], Awaitable[T]],
    *,
    attempts: int = 50,
    longest_pause_s: float = 0.05,
) -> T:
    """Return what the first attempt without a `WriteConflict` returns.

    An attempt reads anew, decides and writes under a guard (a version, a state, a unique key).
    Between attempts lies a random pause that grows to `longest_pause_s`.
    """
    for number in range(attempts):
        try:
            return await attempt()
        except WriteConflict:
            pause_s = min(0.001 * 2.0 ** min(number, 10), longest_pause_s)
            await asyncio.sleep(random.uniform(0, pause_s))
    raise WriteContended
