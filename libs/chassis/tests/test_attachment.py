"""Files that are made while they are sent, on a real server."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from pichaven_chassis.attachment import AttachmentStream
from testing.polling import eventually

PIECE = bytes(100_000)
HEAD = b"GET / HTTP/1.1\r\nHost: app\r\n\r\n"


class Pieces:
    """Yields so many pieces; then fails if it is broken."""

    def __init__(self, count: int, *, broken: bool = False) -> None:
        self._count = count
        self._broken = broken
        self.yielded = 0
        self.closed = False

    async def __call__(self) -> AsyncGenerator[bytes]:
        try:
            for _ in range(self._count):
                # As where it is read: without it no disconnect is noticed.
                await asyncio.sleep(0)
                self.yielded += 1
                yield PIECE
            if self._broken:
                raise OSError("the next piece cannot be read")
        finally:
            self.closed = True


@asynccontextmanager
async def serve(pieces: Pieces, *, size: int, idle_s: float = 30) -> AsyncIterator[int]:
    """Serve the pieces as a file at `/` and yield the port."""

    async def respond(_request: object) -> AttachmentStream:
        stream = pieces()
        first = await anext(stream)
        return AttachmentStream(
            stream,
            first=first,
            filename="a.zip",
            size=size,
            media_type="application/zip",
            idle_s=idle_s,
        )

    app = Starlette(routes=[Route("/", respond)])
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        await eventually(lambda: server.started, "the server listens")
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await serving


async def test_a_file_is_sent_with_its_name_and_its_size() -> None:
    pieces = Pieces(5)
    async with serve(pieces, size=500_000) as port, httpx.AsyncClient() as client:
        response = await client.get(f"http://127.0.0.1:{port}/")

    assert len(response.content) == 500_000
    assert response.headers["content-length"] == "500000"
    assert response.headers["content-disposition"] == 'attachment; filename="a.zip"'
    assert pieces.closed


async def test_an_error_ends_the_connection_before_the_size() -> None:
    pieces = Pieces(5, broken=True)
    async with serve(pieces, size=600_000) as port, httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"http://127.0.0.1:{port}/")

    assert pieces.closed


async def test_a_client_that_takes_nothing_is_left() -> None:
    pieces = Pieces(1_000_000)
    async with serve(pieces, size=10**11, idle_s=0.2) as port:
        _reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
        writer.write(HEAD)
        await writer.drain()
        await eventually(lambda: pieces.closed, "no more pieces are made")
        writer.close()

    assert pieces.yielded < 1_000


async def test_a_client_that_goes_away_ends_the_work() -> None:
    pieces = Pieces(1_000_000)
    async with serve(pieces, size=10**11) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD)
        await reader.readexactly(1_000)
        assert not pieces.closed
        writer.transport.abort()
        await eventually(lambda: pieces.closed, "no more pieces are made")

    assert pieces.yielded < 1_000
