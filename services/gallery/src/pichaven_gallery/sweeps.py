"""Repeated passes of background work."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sweep:
    """The result of one pass: how many items it looked at, and whether more are left."""

    count: int
    has_more: bool


def sweep_forever(
    sweep: Callable[[], Awaitable[Sweep]], pause_s: float, wake: asyncio.Event | None = None
) -> Callable[[], Awaitable[None]]:
    """Return a coroutine function of endless passes: at once while more is left, else after a
    pause that `wake` ends."""
    wake = wake or asyncio.Event()

    async def run() -> None:
        while True:
            if (await sweep()).has_more:
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), pause_s)
            wake.clear()

    return run
