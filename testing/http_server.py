"""HTTP servers on the loopback interface, each for as long as a test needs it.

At the end of its block a server's connections are closed and its threads have ended: a thread
that is left would go on beside other tests of the same process.
"""

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx

_POLL_S: Final = 0.05
"""How long the end of a server may take to be noticed."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that the threads are joined

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print the traceback of a fault; a client that disconnects is none."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(handler: type[BaseHTTPRequestHandler], port: int = 0) -> Iterator[str]:
    """Handle requests by a class of `http.server` and yield the server's URL."""
    server = _Server(port, handler)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def respond_with(
    respond: Callable[[httpx.Request], httpx.Response], port: int = 0
) -> Iterator[str]:
    """Send the responses that a function returns and yield the server's URL.

    The function is one that `httpx.MockTransport` takes as well. It is called in a thread for each
    connection. A `Content-Length` that it sets is sent even where the content is shorter.
    """

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            host = self.headers.get("host", "127.0.0.1")
            url = f"http://{host}{self.path}"
            headers = list(self.headers.items())
            response = respond(httpx.Request(self.command, url, headers=headers, content=content))
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                self.send_header(name, value)
            if "content-length" not in response.headers:
                self.send_header("content-length", str(len(response.content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.content)

        # http.server calls them by these names.
        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _respond  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            pass

    with serve(Handler, port) as url:
        yield url
