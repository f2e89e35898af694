import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from pichaven_local.ports import Ports

_SERVICE = """
import gc, sys

from fastapi import APIRouter
from opentelemetry import propagate

from pichaven_chassis.runtime import Role, Service, main
from pichaven_chassis.settings import HttpSettings

router = APIRouter()


@router.get("/heap")
async def heap() -> dict[str, int]:
    return {"frozen": gc.get_freeze_count(), "tracked": len(gc.get_objects())}


@router.get("/trace")
async def trace() -> dict[str, str]:
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


async def build(role: Role) -> Service:
    http = HttpSettings(host="127.0.0.1", port=int(sys.argv.pop()))
    return Service(name="small", http=http, internal_routers=[router])


main(build)
"""


@pytest.fixture
def port() -> int:
    return Ports.free().gallery


@pytest.fixture
def service(port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", _SERVICE, "all", str(port)]
    service = subprocess.Popen(command, env=os.environ | {"PICHAVEN_HTTP_DRAIN_S": "4"})
    try:
        yield service
    finally:
        service.kill()
        service.wait()


@pytest.fixture
def url(service: subprocess.Popen[bytes], port: int) -> str:
    return f"http://127.0.0.1:{port}"


def test_collections_do_not_walk_over_what_the_start_has_made(url: str) -> None:
    heap = _after_the_start(url)
    assert heap["tracked"] < heap["frozen"] / 5


def test_a_request_goes_on_in_the_trace_that_it_came_with(url: str) -> None:
    _after_the_start(url)
    trace, caller = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    response = httpx.get(
        f"{url}/trace", headers={"traceparent": f"00-{trace}-{caller}-01"}, timeout=5
    )
    _, same, span, sampled = response.json()["traceparent"].split("-")
    assert (same, sampled) == (trace, "01")
    assert span != caller


def test_a_service_that_ends_takes_connections_and_closes_them_with_the_response(
    url: str, service: subprocess.Popen[bytes]
) -> None:
    _after_the_start(url)
    with httpx.Client(base_url=url, timeout=5) as client:
        assert "connection" not in client.get("/livez").headers
        service.terminate()
        while (response := client.get("/livez")).headers.get("connection") != "close":
            assert response.status_code == 200
    another = httpx.get(f"{url}/livez", timeout=5)
    assert (another.status_code, another.headers["connection"]) == (200, "close")
    assert service.wait(60) == -signal.SIGTERM


def _after_the_start(url: str) -> dict[str, int]:
    deadline = time.monotonic() + 30
    while True:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return httpx.get(f"{url}/heap", timeout=5).json()
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "the service does not start"
        time.sleep(0.05)
