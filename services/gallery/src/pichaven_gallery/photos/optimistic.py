"""Optimistic concurrency on one document: read, decide, write if it is unchanged, else again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from pichaven_chassis.events import EngineDown

T = TypeVar("T")

_MAX_ATTEMPTS: Final = 50
_PAUSE_S: Final = 0.005


class WriteConflict(Exception):
    """Raised when a document has changed since it was read."""


async def retry_conflicts(read_decide_write: Callable[[], Awaitable[T]]) -> T:
    """Return the result of the first call that raises no `WriteConflict`.

    Raises `EngineDown` when all of 50 calls conflict.
    """
    for attempt in range(_MAX_ATTEMPTS):
        try:
            return await read_decide_write()
        except WriteConflict:
            # Each writer that goes ahead is one writer less, so this ends soon.
            await asyncio.sleep(_PAUSE_S * random.random() * (attempt + 1))
    raise EngineDown("too many concurrent writers of one document")
