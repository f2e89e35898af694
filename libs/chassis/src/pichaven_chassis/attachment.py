"""Files that are made while they are sent."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from pichaven_chassis.logging import get_logger

_log = get_logger(__name__)
_IDLE_S: Final = 30.0


class _ClientStalled(Exception):
    """Raised when the client takes nothing."""


class AttachmentStream(StreamingResponse):
    """A response that browsers save as a file, with its size for their progress.

    An error in its pieces ends the connection before `size` bytes, so that no client takes what
    arrived for the whole file; so does a client that takes no piece for `idle_s`. The pieces are
    closed however the response ends.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes],
        *,
        first: bytes,
        filename: str,
        size: int,
        media_type: str,
        idle_s: float = _IDLE_S,
    ) -> None:
        """`first` is what the pieces have yielded already. The file's name is plain ASCII."""
        super().__init__(
            _after(first, pieces),
            media_type=media_type,
            headers={
                "Content-Length": str(size),
                "Content-Disposition": f'attachment; filename="{filename}"',
                "X-Accel-Buffering": "no",
            },
        )
        self._pieces = pieces
        self._idle_s = idle_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(self._idle_s):
                    await send(message)
            except TimeoutError:
                raise _ClientStalled from None

        try:
            await super().__call__(scope, receive, send_in_time)
        except _ClientStalled:
            # Without the rest, the server closes the connection.
            _log.info("download_stalled", idle_s=self._idle_s)
        finally:
            await self._pieces.aclose()


async def _after(first: bytes, pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    yield first
    async for piece in pieces:
        yield piece
