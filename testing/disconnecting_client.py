"""A client that goes away before it has its response."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from starlette.types import ASGIApp, Message

_ADDRESS: Final = ("127.0.0.1", 1)


async def send_and_disconnect(
    app: ASGIApp,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    unsent: bool = False,
    when: asyncio.Event | None = None,
) -> list[int]:
    """POST a body, disconnect (once `when` is set), and return the statuses of the response.

    With `unsent` there is more of the body, which never comes.
    """
    statuses: list[int] = []
    messages = [{"type": "http.request", "body": body, "more_body": unsent}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        if when is not None:
            await when.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": _ADDRESS,
        "server": ("test", 80),
    }
    await app(scope, receive, send)
    return statuses
