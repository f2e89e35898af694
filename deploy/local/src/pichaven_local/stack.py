"""The whole platform on this machine: started together, supervised, stopped in order."""

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self

import psutil

from pichaven_local.component import Component
from pichaven_local.composition import CANDIDATE, ENGINES, Composition
from pichaven_local.downloads import EngineCache
from pichaven_local.engines.elasticsearch import data_directory
from pichaven_local.engines.security import EngineSecurity
from pichaven_local.errors import StartError
from pichaven_local.model_file import ModelChoice, ModelFile, StackModels, check_model
from pichaven_local.platform import PlatformTable, load_table
from pichaven_local.ports import Ports
from pichaven_local.preflight import (
    ENGINES_MEMORY_MB,
    PLATFORM_MEMORY_MB,
    check_folder,
    check_ports,
    check_room,
    find_java,
)
from pichaven_local.secrets_file import load_secrets
from pichaven_local.state import RunningProcess, RunState, StateFile
from pichaven_local.web_client import WebClient

__all__ = ["Ports", "Stack"]

_TICK_S: Final = 0.1
_PARALLEL: Final = 12

OnChange = Callable[[Component, float], None]
"""Called with a component whose state has changed, and the seconds since the start."""


class Stack:
    """A platform in a folder.

    `services` names the services to run (None: all, and the web client; empty: the engines alone,
    without a gateway). `extra_env` is added to the settings of every service and the gateway.
    """

    def __init__(
        self,
        directory: Path,
        *,
        ports: Ports | None = None,
        services: Collection[str] | None = None,
        extra_env: Mapping[str, str] | None = None,
        security: EngineSecurity | None = None,
        engine_cache: EngineCache | None = None,
        web_client: WebClient | None = None,
        on_change: OnChange = lambda _component, _since_s: None,
    ) -> None:
        self.directory = directory.resolve()
        self.ports = ports or Ports()
        self.table: PlatformTable = load_table()
        self.services = list(self.table.services if services is None else services)
        self._composition = Composition(
            directory=self.directory,
            ports=self.ports,
            table=self.table,
            services=self.services,
            extra_env=dict(extra_env or {}),
            security=security,
        )
        self._engine_cache = engine_cache or EngineCache()
        self._web_client = (web_client or WebClient()) if services is None else None
        self._on_change = on_change
        self._state_file = StateFile(self.directory)
        self._model_file = ModelFile(self.directory)
        self._model_version: tuple[int, int] | None = None
        self._components: dict[str, Component] = {}
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._supervisor: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None
        self.started_at = time.monotonic()

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
        return bool(self._components) and all(component.ready for component in self.components)

    @property
    def resident_bytes(self) -> int:
        return sum(component.resident_bytes for component in self.components)

    def environment(self, service: str) -> dict[str, str]:
        """Return the settings that a service runs with in this stack."""
        return self._composition.environment(service)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and return; raises `StartError`, with what to do, before any start."""
        check_folder(self.directory)
        self._state_file.lock()
        try:
            models = self._read_models()
            java = find_java()
            check_room(self.directory, PLATFORM_MEMORY_MB if self.services else ENGINES_MEMORY_MB)
            check_ports(self.ports, self._used_ports())
            self._composition.secrets |= load_secrets(self.directory)
            engines = self.table.engines
            kafka_jars = self._engine_cache.kafka(engines["kafka"].version)
            elasticsearch = self._engine_cache.elasticsearch(engines["elasticsearch"].version)
        except BaseException:
            self._state_file.unlock()
            raise
        self.started_at = time.monotonic()
        self._stopping.clear()
        self._stopped.clear()
        self._components.clear()
        self._pool = ThreadPoolExecutor(_PARALLEL, "stack")
        self._add(*self._composition.engines(java, kafka_jars, elasticsearch))
        if self.services:
            self._add(*self._composition.setup_steps())
            self._add(*map(self._composition.service, self.services))
            self._add(self._composition.gateway())
        if self._web_client is not None:
            self._add(self._composition.web(self._web_client))
        if models is not None and models.candidate is not None and "ml" in self.services:
            self._add(self._composition.candidate_ml(models.candidate))
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
        self._supervisor.start()

    def _read_models(self) -> StackModels | None:
        """Read which model to run. Raises `StartError` where the settings name another one."""
        self._model_version = self._model_file.version
        models = self._model_file.read()
        if models is not None:
            check_model(models, self._composition.extra_env)
        self._composition.models = models
        return models

    def _add(self, *components: Component) -> None:
        for component in components:
            component.pool = self._pool
            component.stack_started_at = self.started_at
            self._components[component.name] = component

    def wait_ready(self, timeout_s: float = 120) -> float:
        """Return the seconds until all was ready.

        Raises TimeoutError with the components that are not ready, and their logs.
        """
        deadline = time.monotonic() + timeout_s
        while not self.ready:
            if time.monotonic() > deadline:
                logs = "\n\n".join(
                    f"== {component.name}: {component.state}\n{component.log_tail()}"
                    for component in self.components
                    if not component.ready
                )
                raise TimeoutError(f"not ready within {timeout_s:.0f} s:\n{logs}")
            time.sleep(0.05)
        return max(component.ready_after_s or 0 for component in self.components)

    def stop(self) -> None:
        """Stop the gateway, then the services, then the engines; return when all have ended."""
        self._stopping.set()
        if self._web_client is not None:
            self._web_client.stop()
        if self._supervisor is not None:
            # The kernel kills the children with this thread, so it runs until they have ended.
            for wave in self._waves():
                with ThreadPoolExecutor(max(1, len(wave))) as pool:
                    list(pool.map(Component.stop, wave))
            self._stopped.set()
            self._supervisor.join()
            self._supervisor = None
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
        self._state_file.clear()
        self._state_file.unlock()

    def remove_data(self) -> None:
        """Delete the stack's data, logs and secrets, and nothing else.

        Raises `StartError` while a launcher runs the stack, OSError for what cannot be deleted.
        """
        self._state_file.lock()
        try:
            elasticsearch = data_directory(self.directory / "data" / "elasticsearch")
            for folder in (elasticsearch, self.directory / "data", self.directory / "logs"):
                if folder.exists():
                    shutil.rmtree(folder)
            (self.directory / "secrets.env").unlink(missing_ok=True)
            self._state_file.clear()
            self._model_file.clear()
        finally:
            self._state_file.unlock()

    def _used_ports(self) -> frozenset[str]:
        engines = {*ENGINES, "kafka_controller", "elasticsearch_transport"}
        public = {"gateway", "gateway_operations", *self.services} if self.services else set()
        if "ml" in self.services:
            public.add("ml_next")
        if self._web_client is not None:
            public.add("web")
        return frozenset(engines | public)

    def _waves(self) -> list[list[Component]]:
        """Return the components in the order in which they are stopped."""
        gateway = [part for part in self.components if part.name == "gateway"]
        engines = [part for part in self.components if part.name in ENGINES]
        rest = [part for part in self.components if part not in engines and part not in gateway]
        return [gateway, rest, engines]

    def _supervise(self) -> None:
        while not self._stopping.is_set():
            replaced = False
            with contextlib.suppress(OSError, StartError):
                replaced = self._follow_models()
            ready = frozenset(part.name for part in self.components if part.ready)
            changed = [part for part in self.components if part.tick(ready)]
            # Neither a closed terminal nor a full disk may end this thread and its children.
            with contextlib.suppress(Exception):
                for component in changed:
                    self._on_change(component, time.monotonic() - self.started_at)
            with contextlib.suppress(OSError):
                if changed or replaced:
                    self._write_state()
            self._stopping.wait(_TICK_S)
        self._stopped.wait()

    def _follow_models(self) -> bool:
        """Run the models that the model file names; return whether components were exchanged.

        The first start's model is written to the file once it runs.
        """
        ml = self._components.get("ml")
        if ml is None:
            return False
        version = self._model_file.version
        if version is None and ml.ready:
            choice = ModelChoice.from_environment(self._composition.extra_env)
            self._model_file.write(StackModels(choice))
        if version in {None, self._model_version}:
            return False
        models, previous = self._model_file.read(), self._composition.models
        self._model_version, self._composition.models = version, models
        if models is None or previous is None:
            return False
        if models.in_force.settings != previous.in_force.settings:
            self._submit(self._restart, ml)
        if models.candidate == previous.candidate:
            return False
        candidate = self._components.pop(CANDIDATE, None)
        if candidate is not None:
            self._submit(self._end, candidate)
        if models.candidate is not None:
            self._add(self._composition.candidate_ml(models.candidate))
        return True

    def _submit(self, work: Callable[[Component], None], component: Component) -> None:
        """Stop a component beside the supervisor, which starts all others meanwhile."""
        assert self._pool is not None
        self._pool.submit(work, component)

    def _restart(self, component: Component) -> None:
        component.stop()
        component.start()

    def _end(self, component: Component) -> None:
        component.stop()
        self._on_change(component, time.monotonic() - self.started_at)

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
