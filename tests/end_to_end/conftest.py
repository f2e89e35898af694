"""The platform under test and its users."""

import contextlib
import os
import random
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from pichaven_local.stack import Ports, Stack
from testing.api_client import ApiClient, registered_client
from testing.memory_folder import memory_folder
from testing.running_stack import running


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


@pytest.fixture(scope="package")
def stack(candidate_ml_port: int) -> Iterator[Stack]:
    """The whole platform, started by the project's launcher, until tests of another unit run."""
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
