"""The whole platform on this machine: started together, watched, stopped in order."""

import contextlib
import shutil
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

from pichaven_local.component import Component
from pichaven_local.downloads import Downloads, cache_directory
from pichaven_local.engines.elasticsearch import data_directory, elasticsearch_command
from pichaven_local.engines.gateway import gateway_command
from pichaven_local.engines.kafka import kafka_command
from pichaven_local.engines.mongo import mongo_command
from pichaven_local.engines.storage import storage_command
from pichaven_local.platform import PlatformTable, load_table
from pichaven_local.ports import Ports
from pichaven_local.preflight import check_folder, check_ports, check_room, find_java
from pichaven_local.probes import answers, listens, never
from pichaven_local.process import Command, own_environment
from pichaven_local.secrets_file import load_secrets
from pichaven_local.state import RunningProcess, RunState, StateFile

__all__ = ["Ports", "Stack"]

_TICK_S: Final = 0.1
_PARTITIONS: Final = 4
_PARALLEL: Final = 12
_HTTP_PLACES: Final = (
    "identity",
    "upload",
    "ml",
    "gallery",
    "search",
    "elasticsearch",
    "storage",
)
ENGINES: Final = ("kafka", "elasticsearch", "mongo", "storage")

OnChange = Callable[[Component, float], None]
"""Hears of a component whose state has changed, and the seconds since the start."""


class Stack:
    """A platform in a folder.

    `services` names the services to run (None: all; empty: the engines alone, without a
    gateway). `extra_env` is added to the settings of every service and the gateway.
    """

    def __init__(
        self,
        directory: Path,
        *,
        ports: Ports | None = None,
        services: Collection[str] | None = None,
        extra_env: Mapping[str, str] | None = None,
        downloads: Downloads | None = None,
        on_change: OnChange = lambda _component, _since_s: None,
    ) -> None:
        self.directory = directory.resolve()
        self.ports = ports or Ports()
        self.table: PlatformTable = load_table()
        self.services = list(self.table.services if services is None else services)
        self._extra_env = dict(extra_env or {})
        self._downloads = downloads or Downloads()
        self._on_change = on_change
        self._state_file = StateFile(self.directory)
        self._components: dict[str, Component] = {}
        self._secrets: dict[str, str] = {}
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._supervisor: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None
        self.began_at = time.monotonic()

    # What it is

    @property
    def url(self) -> str:
        """The gateway's address."""
        return f"http://127.0.0.1:{self.ports.gateway}"

    @property
    def components(self) -> list[Component]:
        return list(self._components.values())

    def component(self, name: str) -> Component:
        return self._components[name]

    @property
    def ready(self) -> bool:
        return bool(self._components) and all(part.settled for part in self.components)

    @property
    def resident_bytes(self) -> int:
        return sum(component.resident_bytes for component in self.components)

    def environment(self, service: str) -> dict[str, str]:
        """The settings that a service runs with here."""
        local = {name: f"http://127.0.0.1:{getattr(self.ports, name)}" for name in _HTTP_PLACES}
        places = (
            local
            | self._secrets
            | {
                "kafka": f"127.0.0.1:{self.ports.kafka}",
                "mongo": f"mongodb://127.0.0.1:{self.ports.mongo}/?directConnection=true",
                "model_cache": str(cache_directory() / "models"),
            }
        )
        settings = self.table.environment(service, places)
        own = {
            "PICHAVEN_HTTP_HOST": "127.0.0.1",
            "PICHAVEN_HTTP_PORT": str(getattr(self.ports, service)),
            "PICHAVEN_KAFKA_PARTITIONS": str(_PARTITIONS),
        }
        return settings | own | self._extra_env

    # Running

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and return; raises `CannotStart`, with what to do, before any start."""
        check_folder(self.directory)
        self._state_file.lock()
        try:
            java = find_java()
            check_room(self.directory, engines_only=not self.services)
            check_ports(self.ports, self._used_ports())
            self._secrets = load_secrets(self.directory)
            jars = self._downloads.kafka(self.table.engines["kafka"].version)
            elastic = self._downloads.elasticsearch(self.table.engines["elasticsearch"].version)
        except BaseException:
            self._state_file.unlock()
            raise
        self.began_at = time.monotonic()
        self._stopping.clear()
        self._ended.clear()
        self._components.clear()
        self._pool = ThreadPoolExecutor(_PARALLEL, "stack")
        self._add_engines(java, jars, elastic)
        if self.services:
            self._add_setups()
            for name in self.services:
                self._add_service(name)
            self._add_gateway()
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
        self._supervisor.start()

    def wait_ready(self, timeout_s: float = 120) -> float:
        """Seconds until everything was ready. Raises TimeoutError with what is not, and its log."""
        deadline = time.monotonic() + timeout_s
        while not self.ready:
            if time.monotonic() > deadline:
                late = [part for part in self.components if not part.settled]
                told = "\n\n".join(
                    f"== {part.name}: {part.state}\n{part.log_tail()}" for part in late
                )
                raise TimeoutError(f"not ready within {timeout_s:.0f} s:\n{told}")
            time.sleep(0.05)
        return max(part.ready_after_s or 0 for part in self.components)

    def stop(self) -> None:
        """Stop the gateway, then the services, then the engines; return when all are gone."""
        self._stopping.set()
        if self._supervisor is not None:
            # The children live and die with this thread, so it stays until they have ended.
            for wave in self._waves():
                with ThreadPoolExecutor(max(1, len(wave))) as pool:
                    list(pool.map(Component.stop, wave))
            self._ended.set()
            self._supervisor.join()
            self._supervisor = None
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
        self._state_file.clear()
        self._state_file.unlock()

    def remove_data(self) -> None:
        """Delete everything that this stack has stored, wherever it lies, and nothing else.

        Raises `CannotStart` while a launcher runs it, OSError for what cannot be removed.
        """
        self._state_file.lock()
        try:
            place = data_directory(self.directory / "data" / "elasticsearch")
            for folder in (place, self.directory / "data", self.directory / "logs"):
                if folder.exists():
                    shutil.rmtree(folder)
            (self.directory / "secrets.env").unlink(missing_ok=True)
            self._state_file.clear()
        finally:
            self._state_file.unlock()

    def _used_ports(self) -> frozenset[str]:
        engines = {*ENGINES, "kafka_controller", "elasticsearch_transport"}
        public = {"gateway", "gateway_operations", *self.services} if self.services else set()
        return frozenset(engines | public)

    def _waves(self) -> list[list[Component]]:
        engines = [part for part in self.components if part.name in ENGINES]
        gateway = [part for part in self.components if part.name == "gateway"]
        rest = [part for part in self.components if part not in engines and part not in gateway]
        return [gateway, rest, engines]

    def _supervise(self) -> None:
        while not self._stopping.is_set():
            ready = frozenset(part.name for part in self.components if part.settled)
            changed = [part for part in self.components if part.tick(ready)]
            # Neither a closed terminal nor a full disk may end this thread, and all with it.
            with contextlib.suppress(Exception):
                for part in changed:
                    self._on_change(part, time.monotonic() - self.began_at)
            with contextlib.suppress(OSError):
                if changed:
                    self._write_state()
            self._stopping.wait(_TICK_S)
        self._ended.wait()

    def _write_state(self) -> None:
        launcher = psutil.Process()
        self._state_file.write(
            RunState(
                launcher_pid=launcher.pid,
                launcher_started_at=launcher.create_time(),
                url=self.url if self.services else "",
                ready=self.ready,
                processes=[
                    RunningProcess(
                        part.name, part.child.pid, part.child.started_at, part.port, part.state
                    )
                    for part in self.components
                    if part.child is not None
                ],
            )
        )

    # What it consists of

    def _add(self, component: Component) -> None:
        component.pool = self._pool
        component.began_at = self.began_at
        self._components[component.name] = component

    def _log(self, name: str) -> Path:
        return self.directory / "logs" / f"{name}.log"

    def _add_engines(self, java: Path, jars: Path, elastic: Path) -> None:
        data, ports = self.directory / "data", self.ports
        made: dict[str, tuple[Callable[[], Command], int, Callable[[], bool]]] = {
            "elasticsearch": (
                lambda: elasticsearch_command(elastic, java, data / "elasticsearch", ports),
                ports.elasticsearch,
                answers(ports.elasticsearch, "/_cluster/health"),
            ),
            "kafka": (
                lambda: kafka_command(jars, java, data / "kafka", ports),
                ports.kafka,
                listens(ports.kafka),
            ),
            "mongo": (
                lambda: mongo_command(data / "mongo", ports),
                ports.mongo,
                listens(ports.mongo),
            ),
            "storage": (
                lambda: storage_command(data / "storage", ports, self._secrets),
                ports.storage,
                answers(ports.storage, "/", any_status=True),
            ),
        }
        for name, (make, port, probe) in made.items():
            self._add(Component(name, make, probe, self._log(name), port))

    def _add_setups(self) -> None:
        steps = {
            "setup-topics": ("kafka", ["pichaven_chassis.admin", "topics"], "gallery"),
            "setup-bucket": ("storage", ["pichaven_chassis.admin", "buckets"], "upload"),
        }
        for name, (engine, arguments, settings_of) in steps.items():
            self._add_once(name, arguments, settings_of, frozenset({engine}))
        for name in self.services:
            entry = self.table.services[name]
            if entry.setup:
                needs = self.table.needs(name) & {"mongo", "elasticsearch"}
                self._add_once(f"setup-{name}", [entry.module, "setup"], name, needs)

    def _add_once(
        self, name: str, arguments: list[str], settings_of: str, needs: frozenset[str]
    ) -> None:
        self._add(
            Component(
                name,
                lambda: self._python(arguments, settings_of),
                never,
                self._log(name),
                needs=needs,
                once=True,
            )
        )

    def _add_service(self, name: str) -> None:
        entry = self.table.services[name]
        port = int(getattr(self.ports, name))
        self._add(
            Component(
                name,
                lambda: self._python([entry.module, "all"], name),
                answers(port, "/readyz"),
                self._log(name),
                port,
            )
        )

    def _add_gateway(self) -> None:
        bucket = self.environment("upload")["PICHAVEN_STORAGE_BUCKET"]
        self._add(
            Component(
                "gateway",
                lambda: gateway_command(
                    self.directory / "data" / "gateway", self.ports, bucket, self._extra_env
                ),
                answers(self.ports.gateway_operations, "/ping"),
                self._log("gateway"),
                self.ports.gateway,
            )
        )

    def _python(self, arguments: list[str], settings_of: str) -> Command:
        environment = own_environment() | self.environment(settings_of)
        # Two arenas are enough for these processes, and keep their memory from growing.
        environment |= {"MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1"}
        place = self.directory / "run"
        place.mkdir(parents=True, exist_ok=True)
        return Command([sys.executable, "-m", *arguments], environment, place)
