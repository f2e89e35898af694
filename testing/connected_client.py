"""A GET to an ASGI application whose client stays connected until it leaves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.types import ASGIApp, Message

_HOST: Final = (b"host", b"photos.test")


@asynccontextmanager
async def connected(
    app: ASGIApp,
    url: str,
    send: Callable[[Message], Awaitable[None]],
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> AsyncIterator[None]:
    """Request a path with a query as a server does; `send` gets the response.

    At the end the client disconnects, and an error of the application is raised.
    """
    path, _, query = url.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [*headers, _HOST],
        "client": ("127.0.0.1", 1),
        "server": ("photos.test", 80),
    }
    disconnected = asyncio.Event()
    requested = False

    async def receive() -> Message:
        nonlocal requested
        if not requested:
            requested = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await disconnected.wait()
        return {"type": "http.disconnect"}

    async def serve() -> None:
        await app(scope, receive, send)

    serving = asyncio.create_task(serve())
    try:
        yield
    finally:
        disconnected.set()
        await asyncio.wait_for(serving, 5)
