"""Single engines of the local launcher, for adapter tests. Each starts without data."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from pichaven_chassis.ids import new_id
from pichaven_local.downloads import EngineCache
from pichaven_local.engines.elasticsearch import data_directory, elasticsearch_command
from pichaven_local.engines.kafka import kafka_command
from pichaven_local.engines.mongo import mongo_command
from pichaven_local.engines.storage import storage_command
from pichaven_local.platform import load_table
from pichaven_local.ports import Ports
from pichaven_local.preflight import find_java
from pichaven_local.probes import Probe, http_probe, tcp_probe
from pichaven_local.process import Child, Command
from testing.memory_folder import memory_folder
from testing.sharing import Address

_START_S: Final = 120


@contextmanager
def mongo() -> Iterator[Address]:
    """Run a server of MongoDB's wire protocol and yield its `url`."""
    ports = Ports.free()
    with _running(lambda folder: mongo_command(folder, ports), tcp_probe(ports.mongo)):
        yield {"url": f"mongodb://127.0.0.1:{ports.mongo}/?directConnection=true"}


@contextmanager
def storage() -> Iterator[Address]:
    """Run an S3 server and yield its `endpoint_url`, `access_key_id` and `secret_access_key`."""
    ports, key_id, secret = Ports.free(), f"PH{new_id()[-12:]}", new_id()
    secrets = {"storage_key_id": key_id, "storage_secret": secret}
    with _running(lambda folder: storage_command(folder, ports, secrets), tcp_probe(ports.storage)):
        yield {
            "endpoint_url": f"http://127.0.0.1:{ports.storage}",
            "access_key_id": key_id,
            "secret_access_key": secret,
        }


@contextmanager
def elasticsearch() -> Iterator[Address]:
    """Run a node of Elasticsearch and yield its `url`."""
    ports = Ports.free()
    home = EngineCache().elasticsearch(load_table().engines["elasticsearch"].version)

    def command(folder: Path) -> Command:
        command = elasticsearch_command(home, find_java(), folder, ports)
        # At each look at its disk the node lifts blocks on writes, as a full disk has them.
        rare = "-Ecluster.info.update.interval=1h"
        return replace(command, arguments=[*command.arguments, rare])

    with _running(command, http_probe(ports.elasticsearch, "/_cluster/health")):
        yield {"url": f"http://127.0.0.1:{ports.elasticsearch}"}


@contextmanager
def kafka() -> Iterator[Address]:
    """Run a broker of Kafka and yield its `bootstrap_servers`."""
    ports = Ports.free()
    jars = EngineCache().kafka(load_table().engines["kafka"].version)

    def command(folder: Path) -> Command:
        return kafka_command(jars, find_java(), folder, ports)

    with _running(command, tcp_probe(ports.kafka)):
        yield {"bootstrap_servers": f"127.0.0.1:{ports.kafka}"}


@contextmanager
def _running(command: Callable[[Path], Command], ready: Probe) -> Iterator[None]:
    """Run a server in a folder of its own; RuntimeError with its log when it does not start."""
    with tempfile.TemporaryDirectory(prefix="pichaven-engine-", dir=memory_folder()) as name:
        folder = Path(name) / "engine"
        # As root, Elasticsearch runs as another user, with its data where that user has access.
        data = data_directory(folder)
        log = Path(name) / "log"
        child = Child(command(folder), log)
        try:
            deadline = time.monotonic() + _START_S
            while not ready():
                if child.exit_code is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the engine did not start: {log.read_text()[-2000:]}")
                time.sleep(0.1)
            yield
        finally:
            child.stop()
            shutil.rmtree(data, ignore_errors=True)
