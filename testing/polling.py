"""Poll a condition with a deadline."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, cast

T = TypeVar("T")

_BUSY: Final = 4
"""How many times as long a machine may take that does other work."""


async def eventually(check: Callable[[], Awaitable[T] | T], what: str, timeout_s: float = 10) -> T:
    """Return the first truthy result of `check`; an AssertionError in it means not yet.

    `timeout_s` is for an idle machine; a busy one may take `_BUSY` times that. Raises
    AssertionError with the last result when the deadline passes.
    """
    deadline = time.monotonic() + timeout_s * _BUSY
    pause = 0.02
    while True:
        last: object
        try:
            result = check()
            value = cast("T", await result if inspect.isawaitable(result) else result)
            if value:
                return value
            last = value
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s * _BUSY} s: {what}; last seen: {last!r}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.5)
