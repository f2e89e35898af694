"""The most that a body may have, unless it is a form, whose route reads it as it arrives."""

from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pichaven_chassis.problems import BodyTooLarge

LARGEST_BODY: Final = 1_000_000
"""Bytes; the gateway's limit too."""


class BodyLimitMiddleware:
    """Refuses larger bodies with `BodyTooLarge`, before they are in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if headers.get("content-type", "").startswith("multipart/form-data"):
            await self._app(scope, receive, send)
            return
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > LARGEST_BODY:
            raise BodyTooLarge
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BODY:
                # The one error that FastAPI lets through while it reads a body.
                raise HTTPException(BodyTooLarge.status)
            return message

        await self._app(scope, receive_within_limit, send)
