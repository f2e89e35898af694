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
def url() -> Iterator[str]:
    port = Ports.free().gallery
    service = subprocess.Popen([sys.executable, "-c", _SERVICE, "all", str(port)])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        service.terminate()
        service.wait(10)


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
