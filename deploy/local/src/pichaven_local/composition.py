"""The components of a stack and the settings they run with."""

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from pichaven_local.component import Component
from pichaven_local.downloads import cache_directory
from pichaven_local.engines.elasticsearch import elasticsearch_command
from pichaven_local.engines.gateway import gateway_command
from pichaven_local.engines.kafka import kafka_command
from pichaven_local.engines.mongo import mongo_command
from pichaven_local.engines.security import EngineSecurity
from pichaven_local.engines.storage import storage_command
from pichaven_local.engines.web import web_command
from pichaven_local.model_file import ModelChoice, StackModels
from pichaven_local.platform import PlatformTable
from pichaven_local.ports import Ports
from pichaven_local.probes import Probe, http_probe, never_ready, tcp_probe
from pichaven_local.process import Command, own_environment
from pichaven_local.web_client import WebClient

ENGINES: Final = ("kafka", "elasticsearch", "mongo", "storage")
_HTTP_ENGINES: Final = ("elasticsearch", "storage")
CANDIDATE: Final = "ml-next"
"""The second ml, while the model is switched."""
_PARTITIONS: Final = 4


@dataclass(kw_only=True, slots=True)
class Composition:
    """Creates the components of a stack; `extra_env` is added to the settings of each service."""

    directory: Path
    ports: Ports
    table: PlatformTable
    services: Collection[str]
    extra_env: Mapping[str, str]
    secrets: dict[str, str] = field(default_factory=dict)
    models: StackModels | None = None
    """None: the model is that of `extra_env`, or ml's default."""
    security: EngineSecurity | None = None
    """None: the engines speak without TLS and ask for no user, on loopback."""

    def environment(self, service: str) -> dict[str, str]:
        """Return the settings of a service."""
        values = self.secrets | {
            "kafka": f"127.0.0.1:{self.ports.kafka}",
            "mongo": f"mongodb://127.0.0.1:{self.ports.mongo}/?directConnection=true",
            "model_cache": str(cache_directory() / "models"),
        }
        values |= {name: self._url(name) for name in (*self.table.services, *_HTTP_ENGINES)}
        # Search knows the address of a second ml from its start, and need not be restarted for it.
        values["ml"] += f",http://127.0.0.1:{self.ports.ml_next}"
        environment = {
            **self.table.environment(service, values),
            "PICHAVEN_HTTP_HOST": "127.0.0.1",
            "PICHAVEN_HTTP_PORT": str(getattr(self.ports, service)),
            "PICHAVEN_KAFKA_PARTITIONS": str(_PARTITIONS),
            **self._overrides,
        }
        if service == "ml" and self.models is not None:
            return self.models.in_force.apply(environment)
        return environment

    def engines(
        self, java: Path, kafka_jars: Path, elasticsearch_home: Path
    ) -> Iterator[Component]:
        data, ports, security = self.directory / "data", self.ports, self.security
        elasticsearch = partial(elasticsearch_command, elasticsearch_home, java)
        user = (security.username, security.password) if security else None
        yield self._component(
            "elasticsearch",
            partial(elasticsearch, data / "elasticsearch", ports, security=security),
            http_probe(
                ports.elasticsearch, "/_cluster/health", scheme=self._scheme, credentials=user
            ),
        )
        kafka = partial(kafka_command, kafka_jars, java, data / "kafka", ports, security)
        yield self._component("kafka", kafka, tcp_probe(ports.kafka))
        mongo = partial(mongo_command, data / "mongo", ports, security)
        yield self._component("mongo", mongo, tcp_probe(ports.mongo))
        storage = partial(storage_command, data / "storage", ports, self.secrets, security)
        storage_probe = http_probe(ports.storage, "/", any_status=True, scheme=self._scheme)
        yield self._component("storage", storage, storage_probe)

    @property
    def _overrides(self) -> dict[str, str]:
        """The settings of all processes beyond those of the table."""
        return {**(self.security.settings if self.security else {}), **self.extra_env}

    @property
    def _scheme(self) -> str:
        """Of the engines that speak HTTP."""
        return "https" if self.security else "http"

    def _url(self, name: str) -> str:
        scheme = self._scheme if name in _HTTP_ENGINES else "http"
        return f"{scheme}://127.0.0.1:{getattr(self.ports, name)}"

    def setup_steps(self) -> Iterator[Component]:
        admin = "pichaven_chassis.admin"
        yield self._setup_step("topics", [admin, "topics"], "gallery", frozenset({"kafka"}))
        yield self._setup_step("bucket", [admin, "buckets"], "upload", frozenset({"storage"}))
        for service in self.services:
            entry = self.table.services[service]
            if entry.setup:
                needs = self.table.needs(service) & {"mongo", "elasticsearch"}
                yield self._setup_step(service, [entry.module, "setup"], service, needs)

    def _setup_step(
        self, name: str, arguments: list[str], service: str, needs: frozenset[str]
    ) -> Component:
        """Return the component that runs a command once with the settings of a service."""
        command = partial(self._python, arguments, partial(self.environment, service))
        return self._component(f"setup-{name}", command, never_ready, needs=needs, once=True)

    def service(self, name: str) -> Component:
        environment = partial(self.environment, name)
        command = partial(self._python, [self.table.services[name].module, "all"], environment)
        return self._component(name, command, http_probe(getattr(self.ports, name), "/readyz"))

    def candidate_ml(self, choice: ModelChoice) -> Component:
        """Return ml with another model, beside the one in force."""

        def environment() -> dict[str, str]:
            return choice.apply(self.environment("ml")) | {
                "PICHAVEN_ML_CANDIDATE": "true",
                "PICHAVEN_HTTP_PORT": str(self.ports.ml_next),
            }

        command = partial(self._python, [self.table.services["ml"].module, "all"], environment)
        return self._component(CANDIDATE, command, http_probe(self.ports.ml_next, "/readyz"))

    def web(self, client: WebClient) -> Component:
        """Return the server of the web client, which is built beside the start of the others."""
        command = partial(web_command, client, self.directory / "data" / "web", self.ports)
        return self._component("web", command, http_probe(self.ports.web, "/livez"))

    def gateway(self) -> Component:
        bucket = self.environment("upload")["PICHAVEN_STORAGE_BUCKET"]
        directory = self.directory / "data" / "gateway"
        upstreams = {name: self._url(name) for name in (*self.table.services, "storage", "web")}
        command = partial(
            gateway_command, directory, self.ports, upstreams, bucket, self._overrides
        )
        return self._component(
            "gateway", command, http_probe(self.ports.gateway_operations, "/ready")
        )

    def _component(
        self, name: str, make_command: Callable[[], Command], probe: Probe, **options: Any
    ) -> Component:
        log = self.directory / "logs" / f"{name}.log"
        port = getattr(self.ports, name.replace("-", "_"), None)
        return Component(name, make_command, probe, log, port, **options)

    def _python(self, arguments: list[str], settings: Callable[[], dict[str, str]]) -> Command:
        environment = own_environment() | settings()
        # Two arenas are enough for these processes, and keep their memory from growing.
        environment |= {"MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1"}
        directory = self.directory / "run"
        directory.mkdir(parents=True, exist_ok=True)
        return Command([sys.executable, "-m", *arguments], environment, directory)
