"""Keep the descriptions of the running models up to date in the background."""

import asyncio
from collections.abc import Awaitable, Callable

from pichaven_search.ml_client.model import TextEncoder


class ModelWatcher:
    """Request the model of every ml each `every_s` seconds, for as long as the process runs.

    The first search after a switch to another model's index then needs no request but that for
    its embedding: the ml of that model is known, and its connection is open.
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
