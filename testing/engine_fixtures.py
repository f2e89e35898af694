"""Pytest fixtures that give tests real engines, one of each for all workers of a run.

Engines that run already are named by `PICHAVEN_TEST_MONGO_URL`, `PICHAVEN_TEST_ELASTICSEARCH_URL`
and `PICHAVEN_TEST_KAFKA`. The others start with the first test that needs them: by the local
launcher's commands, or in containers with `make test ENGINES=containers`.
"""

import importlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack

import pytest
import pytest_asyncio
from pydantic import SecretStr

from pichaven_chassis.ids import new_id
from pichaven_chassis.logging import configure_logging
from pichaven_chassis.mongo import MongoDatabase, close, connect
from pichaven_chassis.settings import LogSettings, MongoSettings, StorageSettings
from testing.sharing import Address, shared

SharedEngine = Callable[[str], Address]

_shared_engines = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Write logs of the code under test in one line each, as services do."""
    configure_logging(LogSettings(level="WARNING", format="json"), "tests")
    config.stash[_shared_engines] = ExitStack()
    # A node that lives for minutes spends most of its time on compiling with the second compiler.
    os.environ.setdefault("ES_JAVA_OPTS", "-XX:TieredStopAtLevel=1")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the engines that this process has started for all workers."""
    session.config.stash[_shared_engines].close()


@pytest.fixture(scope="session")
def shared_engine(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> SharedEngine:
    """Start an engine by its name, once for all workers; it stops at the end of the session."""
    folder = tmp_path_factory.getbasetemp()
    if hasattr(pytestconfig, "workerinput"):
        folder = folder.parent
    containers = os.environ.get("PICHAVEN_TEST_ENGINES") == "containers"
    engines = importlib.import_module("testing.containers" if containers else "testing.engines")

    def start(name: str) -> Address:
        engine = shared(folder / name, getattr(engines, name))
        return pytestconfig.stash[_shared_engines].enter_context(engine)

    return start


@pytest.fixture(scope="session")
def mongo_url(shared_engine: SharedEngine) -> str:
    return os.environ.get("PICHAVEN_TEST_MONGO_URL") or shared_engine("mongo")["url"]


@pytest.fixture(scope="session")
def elasticsearch_url(shared_engine: SharedEngine) -> str:
    running = os.environ.get("PICHAVEN_TEST_ELASTICSEARCH_URL")
    return running or shared_engine("elasticsearch")["url"]


@pytest.fixture(scope="session")
def kafka_servers(shared_engine: SharedEngine) -> str:
    return os.environ.get("PICHAVEN_TEST_KAFKA") or shared_engine("kafka")["bootstrap_servers"]


@pytest.fixture(scope="session")
def storage_settings(shared_engine: SharedEngine) -> StorageSettings:
    """A real S3 server."""
    address = shared_engine("storage")
    return StorageSettings(
        endpoint_url=address["endpoint_url"],
        access_key_id=address["access_key_id"],
        secret_access_key=SecretStr(address["secret_access_key"]),
    )


@pytest_asyncio.fixture
async def mongo_database(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    """A database of the test's own, dropped after it."""
    settings = MongoSettings(url=SecretStr(mongo_url))
    database = connect(settings, f"test_{new_id()[-12:]}")
    yield database
    await database.client.drop_database(database.name)
    await close(database)
