"""A real Traefik on free ports, in front of upstreams that echo their requests."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from pichaven_local.platform import load_table
from pichaven_local.ports import Ports
from testing.http_server import serve

GATEWAY = Path(__file__).resolve().parents[1]
TRAEFIK = Path(sys.executable).with_name("traefik")
UPSTREAMS = (*load_table().services, "storage", "web")
ORIGIN = "https://photos.example.org"


class Echo(BaseHTTPRequestHandler):
    """Responds with the request as JSON; a few paths are special.

    `X-Echo-Status` in a request is the status of the response.
    """

    protocol_version = "HTTP/1.1"
    name: ClassVar[str]
    arrived: ClassVar[threading.Event]
    proceed: ClassVar[threading.Event]

    def log_message(self, *_: Any) -> None:
        pass

    def _read_body(self) -> int:
        """Read the body and return its length; set `arrived` at its first bytes."""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            total = 0
            while size := int(self.rfile.readline(), 16):
                total += len(self.rfile.read(size))
                self.rfile.readline()
                self.arrived.set()
            self.rfile.readline()
            return total
        length = remaining = int(self.headers.get("Content-Length") or 0)
        while remaining:
            remaining -= len(self.rfile.read(min(remaining, 65_536)))
            self.arrived.set()
        return length

    def _respond(self) -> None:
        length = self._read_body()
        if self.path == "/api/v1/events" and "X-Echo-Status" not in self.headers:
            self._stream()
            return
        status, media_type = 200, "application/json"
        if self.path.startswith("/internal/problems/"):
            status = int(self.path.partition("?")[0].rpartition("/")[2])
            media_type = "application/problem+json"
        elif "X-Echo-Status" in self.headers:
            status = int(self.headers["X-Echo-Status"])
        body = json.dumps(
            {
                "service": self.name,
                "method": self.command,
                "path": self.path,
                "headers": {key.lower(): value for key, value in self.headers.items()},
                "received": length,
                "padding": "x" * (4000 if "large" in self.path else 0),
            }
        ).encode()
        if "image" in self.path:
            media_type = "image/jpeg"
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Request-Id", self.headers.get("X-Request-Id", "id-of-the-service"))
        self.send_header("ETag", '"1"')
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        if "X-Echo-Broken" in self.headers:
            self.wfile.write(body[:-1])
            self.close_connection = True
        elif self.command != "HEAD":
            self.wfile.write(body)

    def _stream(self) -> None:
        """Send one event, and the second once the client has confirmed the first by `proceed`."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in (1, 2):
            line = f"data: {number}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
            if number == 1 and not self.proceed.wait(10):
                return
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _respond  # noqa: N815


@dataclass
class Upstream:
    url: str
    arrived: threading.Event
    proceed: threading.Event


@contextmanager
def running_upstream(name: str) -> Iterator[Upstream]:
    arrived, proceed = threading.Event(), threading.Event()
    handler = type(
        f"{name.title()}Echo", (Echo,), {"name": name, "arrived": arrived, "proceed": proceed}
    )
    with serve(handler) as url:
        yield Upstream(url, arrived, proceed)


def static_settings(name: str = "static.env") -> dict[str, str]:
    """Return a file of settings as the launcher parses it."""
    lines = (GATEWAY / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@dataclass
class Gateway:
    url: str
    operations: str
    log: Path
    upstreams: Mapping[str, Upstream]

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")


StartGateway = Callable[..., Gateway]


@pytest.fixture(scope="module")
def upstreams() -> Iterator[dict[str, Upstream]]:
    with ExitStack() as servers:
        yield {name: servers.enter_context(running_upstream(name)) for name in UPSTREAMS}


@pytest.fixture(scope="module")
def start_gateway(
    upstreams: dict[str, Upstream], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartGateway]:
    processes: list[subprocess.Popen[bytes]] = []

    def start(scheme: str = "http", **settings: str) -> Gateway:
        folder = tmp_path_factory.mktemp("gateway")
        ports = Ports.free()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            **static_settings(),
            "TRAEFIK_PROVIDERS_FILE_FILENAME": str(GATEWAY / "dynamic.yml"),
            "TRAEFIK_ENTRYPOINTS_WEB_ADDRESS": f"127.0.0.1:{ports.gateway}",
            "TRAEFIK_ENTRYPOINTS_OPERATIONS_ADDRESS": f"127.0.0.1:{ports.gateway_operations}",
            "PICHAVEN_GATEWAY_CORS_ORIGINS": f"{ORIGIN}, http://localhost:5173",
            **{
                f"PICHAVEN_GATEWAY_{name.upper()}_URL": upstream.url
                for name, upstream in upstreams.items()
            },
            **settings,
        }
        log = folder / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(TRAEFIK)], cwd=folder, env=environment, stdout=out, stderr=out
            )
        processes.append(process)
        gateway = Gateway(
            f"{scheme}://127.0.0.1:{ports.gateway}",
            f"http://127.0.0.1:{ports.gateway_operations}",
            log,
            upstreams,
        )
        _await_routes(gateway, process)
        return gateway

    yield start
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_routes(gateway: Gateway, process: subprocess.Popen[bytes]) -> None:
    """Return once a route responds; Traefik listens before it has read the routes."""
    retries = httpx.HTTPTransport(retries=7, verify=False)
    with httpx.Client(
        transport=retries, base_url=gateway.url, timeout=10, trust_env=False
    ) as client:
        for _ in range(1000):
            assert process.poll() is None, gateway.log.read_text()
            response = client.get("/api/v1/me")
            if response.status_code != 404:
                return
            threading.Event().wait(0.02)
    raise AssertionError(f"no routes\n{gateway.log.read_text()}")


@pytest.fixture(scope="module")
def gateway(start_gateway: StartGateway) -> Gateway:
    return start_gateway()


@pytest.fixture
def client(gateway: Gateway) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway.url, timeout=10, trust_env=False) as client:
        yield client
