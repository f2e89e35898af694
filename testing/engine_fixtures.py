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
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from pichaven_chassis.ids import new_id
from pichaven_chassis.logging import configure_logging
from pichaven_chassis.mongo import MongoDatabase, close, connect
from pichaven_chassis.settings import LogSettings, MongoSettings, StorageSettings


def pytest_configure() -> None:
    """Logs of the code under test in one line each, as services write them."""
    configure_logging(LogSettings(level="WARNING", format="json"), "tests")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def run_server(command: list[str], port: int, log: Path, env: dict[str, str]) -> Iterator[None]:
    """Run a server; RuntimeError with its log when it does not listen."""
    with log.open("wb") as out:
        server = subprocess.Popen(  # noqa: S603
            command, stdout=out, stderr=out, env=os.environ | env
        )
    try:
        deadline = time.monotonic() + 60
        while not _is_listening(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start: {log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _program(name: str) -> str:
    """A program that the virtual environment has."""
    return str(Path(sys.executable).with_name(name))


@pytest.fixture(scope="session")
def mongo_url() -> Iterator[str]:
    """A Mongo-wire server; one of the session's own where the environment names none."""
    running = os.environ.get("PICHAVEN_TEST_MONGO_URL")
    if running:
        yield running
        return
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="pichaven-mongo-") as directory:
        command = [_program("secantusd-py"), "--port", str(port)]
        command += ["--storage-path", f"{directory}/data"]
        with run_server(command, port, Path(directory) / "server.log", {}):
            yield f"mongodb://127.0.0.1:{port}/?directConnection=true"


@pytest.fixture(scope="session")
def storage_settings() -> Iterator[StorageSettings]:
    """A real S3 server of the session's own, over a temporary folder."""
    port, key_id, secret = free_port(), f"PH{new_id()[-12:]}", new_id()
    with tempfile.TemporaryDirectory(prefix="pichaven-storage-") as directory:
        data = Path(directory) / "data"
        data.mkdir()
        command = [_program("rclone"), "serve", "s3", str(data), "--addr", f"127.0.0.1:{port}"]
        command += ["--vfs-cache-mode", "writes", "--vfs-write-back", "0s"]
        environment = {
            "RCLONE_AUTH_KEY": f'"{key_id},{secret}"',
            "RCLONE_CONFIG": f"{directory}/rclone.conf",
            "RCLONE_CACHE_DIR": f"{directory}/cache",
        }
        (Path(directory) / "rclone.conf").touch()
        with run_server(command, port, Path(directory) / "server.log", environment):
            yield StorageSettings(
                endpoint_url=f"http://127.0.0.1:{port}",
                access_key_id=key_id,
                secret_access_key=SecretStr(secret),
            )


@pytest_asyncio.fixture
async def mongo_database(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    """A database of the test's own, dropped after it."""
    settings = MongoSettings(url=SecretStr(mongo_url))
    database = connect(settings, f"test_{new_id()[-12:]}")
    yield database
    await database.client.drop_database(database.name)
    await close(database)
