"""Know at any moment which models run, so that no search has to ask first."""

import asyncio
from collections.abc import Awaitable, Callable

from pichaven_search.ml_client.model import TextEncoder


class StayAcquainted:
    """Looks at every ml each `every_s` seconds, for as long as the process runs.

    So a search after a switch to another model's index finds that model's address known, its
    calibration at hand and its connection open. What is away is asked again the next time.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        *,
        every_s: float,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._encoder = encoder
        self._every_s = every_s
        self._pause = pause

    async def __call__(self) -> None:
        while True:
            await self._encoder.models()
            await self._pause(self._every_s)
