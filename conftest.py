"""The platform under test, what xdist may run side by side, and a record of failures."""

import contextlib
import os
import random
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import hypothesis
import pytest
import pytest_asyncio
from xdist.remote import Producer

from pichaven_local.stack import Ports, Stack
from testing.api_client import ApiClient, registered_client
from testing.memory_folder import memory_folder
from testing.running_stack import running
from testing.scheduling import END_TO_END, UnitScheduling, rank_of

pytest_plugins = ["testing.engine_fixtures"]

# An example that takes long on a busy machine is no fault.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

SERVER_FIXTURES: Final = {
    *("mongo_url", "storage_settings", "elasticsearch_url", "kafka_servers"),
    *("start_gateway", "stack", "platform_url"),
}
"""Fixtures that start a server. A test that uses one is marked `engines`."""

LONGEST_ID: Final = 30
FAILURES: Final = Path(__file__).parent / ".failures.txt"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a long value by its argument.

    Such a name stays readable, and is the same in each worker where the value is made anew.
    """
    return argname if isinstance(val, str) and len(val) > LONGEST_ID else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs engines, and sort for xdist."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & SERVER_FIXTURES:
            item.add_marker("engines")
        if fixtures & {"stack", "platform_url"} and not item.nodeid.startswith(END_TO_END):
            raise pytest.UsageError(f"{item.nodeid} uses the platform: move it to {END_TO_END}")
    items.sort(key=lambda item: (rank_of(item.nodeid), _position(item)))


def _position(item: pytest.Item) -> int:
    """Return where a test runs in its group: -1 before the others, 1 after them."""
    return bool(item.get_closest_marker("last")) - bool(item.get_closest_marker("first"))


def pytest_sessionstart() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        FAILURES.unlink(missing_ok=True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Append a failure to a file at once: an internal error of xdist leaves no summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        with FAILURES.open("a") as file:
            file.write(f"{report.nodeid} ({report.when})\n{report.longreprtext[-2000:]}\n\n")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> UnitScheduling:
    config.option.loadscopereorder = False
    return UnitScheduling(config, log)


@pytest.fixture(scope="session")
def candidate_ml_port() -> int:
    """The port of a second ml, which runs only while the model is switched.

    It is none that the kernel gives to clients, which could have it when the second ml starts.
    """
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


@pytest.fixture(scope="session")
def stack(candidate_ml_port: int) -> Iterator[Stack]:
    """The whole platform, started by the project's launcher, for all tests of a unit."""
    ports = replace(Ports.free(), ml_next=candidate_ml_port)
    with tempfile.TemporaryDirectory(prefix="pichaven-e2e-", dir=memory_folder()) as name:
        stack = Stack(
            Path(name),
            ports=ports,
            extra_env={
                # Drawn pictures have exact labels.
                "PICHAVEN_CLIP_MODEL": "pichaven-tiny",
                "PICHAVEN_KAFKA_RETRY_DELAYS": "1,1,1",
                "PICHAVEN_KAFKA_SESSION_TIMEOUT_MS": "6000",
                "PICHAVEN_KAFKA_OUTBOX_LEASE_S": "5",
                # Each search by words needs ml: a query embedding is never an older model's.
                "PICHAVEN_ML_REMEMBERED_QUERIES": "0",
                # A slow response of a busy machine is no outage.
                "PICHAVEN_ML_TIMEOUT_S": "5",
                "PICHAVEN_GATEWAY_MAP_SOURCES": "https://tiles.example.org",
                # All users have the same address.
                "PICHAVEN_GATEWAY_API_RATE": "5000",
                "PICHAVEN_GATEWAY_API_BURST": "5000",
                "PICHAVEN_GATEWAY_AUTH_RATE": "500",
                "PICHAVEN_GATEWAY_AUTH_BURST": "500",
            },
        )
        with running(stack):
            yield stack


@pytest.fixture
def platform_url(request: pytest.FixtureRequest) -> str:
    """The gateway's address: of the platform that PICHAVEN_TEST_URL names, else of the stack."""
    return os.environ.get("PICHAVEN_TEST_URL") or str(request.getfixturevalue("stack").url)


@pytest_asyncio.fixture
async def person(platform_url: str) -> AsyncIterator[ApiClient]:
    async with registered_client(platform_url) as client:
        yield client


@pytest_asyncio.fixture
async def stranger(platform_url: str) -> AsyncIterator[ApiClient]:
    """A second account, which must never see what `person` has."""
    async with registered_client(platform_url) as client:
        yield client
