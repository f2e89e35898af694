"""The vendors' images of the engines in containers, for adapter tests.

Images are those of `deploy/platform.toml`, so tests and production run the same versions.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.community.elasticsearch import ElasticSearchContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy, LogMessageWaitStrategy

from pichaven_chassis.ids import new_id
from pichaven_local.platform import load_table
from pichaven_local.ports import Ports
from testing.sharing import Address


def _image(engine: str) -> str:
    return load_table().engines[engine].image


@contextmanager
def mongo() -> Iterator[Address]:
    """Run MongoDB without users and yield its `url`.

    To create a user, the image starts the server twice and says so twice. `MongoDbContainer` asks
    for one and waits for the first server, which nobody outside the container reaches.
    """
    container = DockerContainer(_image("mongo")).with_exposed_ports(27017)
    container.waiting_for(LogMessageWaitStrategy("Waiting for connections"))
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(27017)
        yield {"url": f"mongodb://{host}:{port}/?directConnection=true"}


@contextmanager
def elasticsearch() -> Iterator[Address]:
    """Run a node of Elasticsearch without security and yield its `url`."""
    container = ElasticSearchContainer(_image("elasticsearch"), mem_limit="2g")
    container.with_env("xpack.security.enabled", "false").with_env("ES_JAVA_OPTS", "-Xms1g -Xmx1g")
    # At each look at its disk the node lifts blocks on writes, as a full disk has them.
    container.with_env("cluster.info.update.interval", "1h")
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(container.port)
        yield {"url": f"http://{host}:{port}"}


@contextmanager
def kafka() -> Iterator[Address]:
    """Run a broker of Kafka and yield its `bootstrap_servers`.

    Clients connect to the advertised address, so its port is chosen before the start.
    """
    port = Ports.free().kafka
    container = DockerContainer(_image("kafka")).with_bind_ports(9092, port)
    address = f"{container.get_docker_client().host()}:{port}"
    container.with_envs(
        KAFKA_NODE_ID="1",
        KAFKA_PROCESS_ROLES="broker,controller",
        KAFKA_CONTROLLER_QUORUM_VOTERS="1@localhost:9093",
        KAFKA_CONTROLLER_LISTENER_NAMES="CONTROLLER",
        KAFKA_LISTENERS="PLAINTEXT://:9092,CONTROLLER://:9093",
        KAFKA_ADVERTISED_LISTENERS=f"PLAINTEXT://{address}",
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP="PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        KAFKA_AUTO_CREATE_TOPICS_ENABLE="false",
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR="1",
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR="1",
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR="1",
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS="0",
        KAFKA_HEAP_OPTS="-Xmx512m",
    )
    container.waiting_for(LogMessageWaitStrategy("Kafka Server started"))
    with container:
        yield {"bootstrap_servers": address}


@contextmanager
def storage() -> Iterator[Address]:
    """Run the S3 store and yield its `endpoint_url`, `access_key_id` and `secret_access_key`."""
    key_id, secret = f"PH{new_id()[-12:]}", new_id()
    container = DockerContainer(_image("storage")).with_exposed_ports(7070)
    container.with_command(["--port", ":7070", "posix", "/data"])
    container.with_envs(ROOT_ACCESS_KEY=key_id, ROOT_SECRET_KEY=secret)
    # It keeps metadata in extended attributes, which need a volume.
    volumes = container.get_docker_client().client.volumes
    volume = volumes.create(f"pichaven-test-{new_id()}")
    container.with_volume_mapping(volume.name, "/data", "rw")
    container.waiting_for(HttpWaitStrategy(7070).for_status_code_matching(lambda _status: True))
    try:
        with container:
            host, port = container.get_container_host_ip(), container.get_exposed_port(7070)
            yield {
                "endpoint_url": f"http://{host}:{port}",
                "access_key_id": key_id,
                "secret_access_key": secret,
            }
    finally:
        volume.remove()
