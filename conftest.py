"""One real platform for every test that needs it: engines, services, gateway on free ports."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from pichaven_local.platform import load_table
from pichaven_local.stack import Ports, Stack
from testing.api_client import ApiClient, registered_client

pytest_plugins = ["testing.engines"]
RETRY_DELAYS = "1,1,1"


@pytest.fixture(scope="session", autouse=True)
def vendor_engines() -> Iterator[None]:
    """With `make test ENGINES=containers`, adapters are tested on the vendors' own images.

    The end-to-end suite still runs on the launcher's engines.
    """
    if os.environ.get("PICHAVEN_TEST_ENGINES") != "containers":
        yield
        return
    from testcontainers.community.elasticsearch import ElasticSearchContainer
    from testcontainers.community.mongodb import MongoDbContainer

    engines = load_table().engines
    elastic = ElasticSearchContainer(engines["elasticsearch"].image, mem_limit="2g")
    elastic.with_env("xpack.security.enabled", "false")
    with MongoDbContainer(engines["mongo"].image) as mongo, elastic:
        address = f"{elastic.get_container_host_ip()}:{elastic.get_exposed_port(elastic.port)}"
        os.environ["PICHAVEN_TEST_MONGO_URL"] = mongo.get_connection_url()
        os.environ["PICHAVEN_TEST_ELASTICSEARCH_URL"] = f"http://{address}"
        yield


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole platform, started by the project's own launcher, with short retry delays."""
    with tempfile.TemporaryDirectory(prefix="pichaven-e2e-", dir=os.environ.get("TMPDIR")) as where:
        stack = Stack(
            Path(where),
            ports=Ports.free(),
            extra_env={
                "PICHAVEN_KAFKA_RETRY_DELAYS": RETRY_DELAYS,
                "PICHAVEN_KAFKA_SESSION_TIMEOUT_MS": "6000",
                # One address plays all the users.
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


@pytest.fixture(scope="session")
def kafka_servers(request: pytest.FixtureRequest) -> str:
    """Kafka's address: a running one's from the environment, else the platform's own."""
    servers = os.environ.get("PICHAVEN_TEST_KAFKA")
    if servers:
        return servers
    stack: Stack = request.getfixturevalue("stack")
    return stack.environment("gallery")["PICHAVEN_KAFKA_BOOTSTRAP_SERVERS"]


@pytest.fixture(scope="session")
def elasticsearch_url(request: pytest.FixtureRequest) -> str:
    """Elasticsearch's address, from the same places."""
    url = os.environ.get("PICHAVEN_TEST_ELASTICSEARCH_URL")
    if url:
        return url
    stack: Stack = request.getfixturevalue("stack")
    return stack.environment("search")["PICHAVEN_ELASTICSEARCH_URL"]


@pytest_asyncio.fixture
async def person(stack: Stack) -> AsyncIterator[ApiClient]:
    async with registered_client(stack.url) as someone:
        yield someone


@pytest_asyncio.fixture
async def stranger(stack: Stack) -> AsyncIterator[ApiClient]:
    """Somebody else, who must never see what `person` has."""
    async with registered_client(stack.url) as someone:
        yield someone
