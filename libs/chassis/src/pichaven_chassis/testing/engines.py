"""Pytest fixtures that give tests real engines.

Each engine's address comes from the environment where it runs already
(`PICHAVEN_TEST_MONGO_URL`, `PICHAVEN_TEST_ELASTICSEARCH_URL`, `PICHAVEN_TEST_KAFKA`,
`PICHAVEN_TEST_STORAGE_URL`); the suite's own `conftest.py` starts the rest.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from pichaven_chassis.ids import new_id
from pichaven_chassis.logging import configure_logging
from pichaven_chassis.mongo import MongoDatabase, close, connect
from pichaven_chassis.settings import LogSettings, MongoSettings


def pytest_configure() -> None:
    """Logs of the code under test in one line each, as services write them."""
    configure_logging(LogSettings(level="WARNING", format="json"), "tests")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def mongo_url() -> Iterator[str]:
    """A Mongo-wire server; one of the session's own where the environment names none."""
    given = os.environ.get("PICHAVEN_TEST_MONGO_URL")
    if given:
        yield given
        return
    port = free_port()
    command = Path(sys.executable).with_name("secantusd-py")
    with tempfile.TemporaryDirectory(prefix="pichaven-mongo-") as directory:
        with (Path(directory) / "server.log").open("wb") as log:
            server = subprocess.Popen(  # noqa: S603
                [str(command), "--port", str(port), "--storage-path", f"{directory}/data"],
                stdout=log,
                stderr=log,
            )
        try:
            deadline = time.monotonic() + 30
            while not _answers(port):
                if server.poll() is not None or time.monotonic() > deadline:
                    told = (Path(directory) / "server.log").read_text()
                    raise RuntimeError(f"the Mongo-wire server did not start: {told[-2000:]}")
                time.sleep(0.05)
            yield f"mongodb://127.0.0.1:{port}/?directConnection=true"
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@pytest_asyncio.fixture
async def mongo_database(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    """A database of the test's own, dropped after it."""
    settings = MongoSettings(url=SecretStr(mongo_url))
    database = connect(settings, f"test_{new_id()[-12:]}")
    yield database
    await database.client.drop_database(database.name)
    await close(database)
