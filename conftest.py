"""Engines and the platform under test, and what xdist may run side by side."""

import contextlib
import importlib
import os
import random
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from pydantic import SecretStr
from xdist.remote import Producer

from pichaven_chassis.settings import StorageSettings
from pichaven_local.stack import Ports, Stack
from testing.api_client import ApiClient, registered_client
from testing.scheduling import END_TO_END, UnitScheduling, rank_of, unit_of
from testing.sharing import Address, shared

pytest_plugins = ["testing.engine_fixtures"]

ENGINE_FIXTURES: Final = {
    *("mongo_url", "storage_settings", "elasticsearch_url", "kafka_servers"),
    *("start_gateway", "stack"),
}
"""Fixtures that start a server. A test that uses one is marked `engines`."""

LONGEST_ID: Final = 30

_shared_engines = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_shared_engines] = ExitStack()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the engines that this process has started for all workers."""
    session.config.stash[_shared_engines].close()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a long value by its argument.

    Such a name stays readable, and is the same in each worker where the value is made anew.
    """
    return argname if isinstance(val, str) and len(val) > LONGEST_ID else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs engines, and sort for xdist."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & ENGINE_FIXTURES:
            item.add_marker("engines")
        if "stack" in fixtures and unit_of(item.nodeid) != END_TO_END:
            raise pytest.UsageError(f"{item.nodeid} uses the platform: move it to {END_TO_END}")
    items.sort(key=lambda item: (rank_of(item.nodeid), item.get_closest_marker("last") is not None))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> UnitScheduling:
    config.option.loadscopereorder = False
    return UnitScheduling(config, log)


SharedEngine = Callable[[str], Address]


def _containers() -> bool:
    """Whether adapters are tested on the vendors' images: `make test ENGINES=containers`."""
    return os.environ.get("PICHAVEN_TEST_ENGINES") == "containers"


@pytest.fixture(scope="session")
def shared_engine(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> SharedEngine:
    """Start an engine by its name, once for all workers; it stops at the end of the session."""
    folder = tmp_path_factory.getbasetemp()
    if hasattr(pytestconfig, "workerinput"):
        folder = folder.parent
    engines = importlib.import_module("testing.containers" if _containers() else "testing.engines")

    def start(name: str) -> Address:
        engine = shared(folder / name, getattr(engines, name))
        return pytestconfig.stash[_shared_engines].enter_context(engine)

    return start


@pytest.fixture(scope="session")
def mongo_url(request: pytest.FixtureRequest, shared_engine: SharedEngine) -> str:
    """MongoDB in a container, else the chassis's own fixture."""
    if not _containers():
        return str(request.getfixturevalue("mongo_url"))
    return shared_engine("mongo")["url"]


@pytest.fixture(scope="session")
def storage_settings(
    request: pytest.FixtureRequest, shared_engine: SharedEngine
) -> StorageSettings:
    """An S3 store in a container, else the chassis's own fixture."""
    if not _containers():
        settings: StorageSettings = request.getfixturevalue("storage_settings")
        return settings
    address = shared_engine("storage")
    return StorageSettings(
        endpoint_url=address["endpoint_url"],
        access_key_id=address["access_key_id"],
        secret_access_key=SecretStr(address["secret_access_key"]),
    )


@pytest.fixture(scope="session")
def elasticsearch_url(shared_engine: SharedEngine) -> str:
    """Elasticsearch at `PICHAVEN_TEST_ELASTICSEARCH_URL`, else one for all workers."""
    if url := os.environ.get("PICHAVEN_TEST_ELASTICSEARCH_URL"):
        return url
    return shared_engine("elasticsearch")["url"]


@pytest.fixture(scope="session")
def kafka_servers(shared_engine: SharedEngine) -> str:
    """Kafka at `PICHAVEN_TEST_KAFKA`, else one for all workers."""
    if servers := os.environ.get("PICHAVEN_TEST_KAFKA"):
        return servers
    return shared_engine("kafka")["bootstrap_servers"]


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
    """The whole platform, started by the project's launcher, for all end-to-end tests."""
    ports = Ports.free()
    with tempfile.TemporaryDirectory(prefix="pichaven-e2e-", dir=os.environ.get("TMPDIR")) as name:
        stack = Stack(
            Path(name),
            ports=ports,
            extra_env={
                "PICHAVEN_KAFKA_RETRY_DELAYS": "1,1,1",
                "PICHAVEN_KAFKA_SESSION_TIMEOUT_MS": "6000",
                "PICHAVEN_ML_URLS": f"{_local(ports.ml)},{_local(candidate_ml_port)}",
                # Each search by words needs ml: a query embedding is never an older model's.
                "PICHAVEN_ML_REMEMBERED_QUERIES": "0",
                # A slow response of a busy machine is no outage.
                "PICHAVEN_ML_TIMEOUT_S": "5",
                # All users have the same address.
                "PICHAVEN_GATEWAY_API_RATE": "5000",
                "PICHAVEN_GATEWAY_API_BURST": "5000",
                "PICHAVEN_GATEWAY_AUTH_RATE": "500",
                "PICHAVEN_GATEWAY_AUTH_BURST": "500",
            },
        )
        try:
            with stack:
                stack.wait_ready(300)
                yield stack
        finally:
            stack.remove_data()


def _local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest_asyncio.fixture
async def person(stack: Stack) -> AsyncIterator[ApiClient]:
    async with registered_client(stack.url) as client:
        yield client


@pytest_asyncio.fixture
async def stranger(stack: Stack) -> AsyncIterator[ApiClient]:
    """A second account, which must never see what `person` has."""
    async with registered_client(stack.url) as client:
        yield client
