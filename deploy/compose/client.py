"""One project of Docker Compose, by the plugin or by the older command of its own."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.docker.engine import Engine

from pichaven_local.platform import PROJECT

_READY_S: Final = 420
_PROJECT_LABEL: Final = "com.docker.compose.project"
_SERVICE_LABEL: Final = "com.docker.compose.service"


class NotReady(Exception):
    """Raised when containers are not healthy in time; the message has their last logs."""


@dataclass(frozen=True, slots=True)
class Compose:
    """The files of a project, and the variables that they are read with."""

    engine: Engine
    name: str
    files: Sequence[Path]
    variables: Mapping[str, str]

    def run(self, *arguments: str) -> str:
        """Run a command of compose and return its output. Raises `NotReady`."""
        files = [option for file in self.files for option in ("--file", str(file))]
        try:
            process = subprocess.run(
                [*_command(), "--project-name", self.name, *files, *arguments],
                env={**os.environ, **self.engine.environment, **self.variables},
                cwd=PROJECT,
                capture_output=True,
                text=True,
                timeout=_READY_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            # Compose waits for a container that another one depends on.
            raise NotReady(f"compose {' '.join(arguments)}: {self._unready()}") from None
        if process.returncode != 0:
            raise NotReady(f"compose {' '.join(arguments)}: {process.stderr[-3000:]}")
        return process.stdout

    def up(self) -> float:
        """Start what does not run, wait until all is healthy and return the seconds it took."""
        began = time.monotonic()
        self.run("up", "--detach", "--no-build")
        self.wait_healthy()
        return time.monotonic() - began

    def wait_healthy(self) -> None:
        """Return when every container is healthy, or has done its work. Raises `NotReady`."""
        deadline = time.monotonic() + _READY_S
        while unready := self._unready():
            if time.monotonic() > deadline:
                raise NotReady(unready)
            time.sleep(1)

    def _unready(self) -> str:
        """Return the logs of the containers that are not fine."""
        states = self.states()
        return "\n".join(
            self.logs(service) for service, state in states.items() if not _is_fine(state)
        )

    def states(self) -> dict[str, dict[str, Any]]:
        """Return the state of each service's container, as the engine tells it."""
        return {
            each["Config"]["Labels"][_SERVICE_LABEL]: each["State"] for each in self._containers()
        }

    def process(self, service: str) -> int:
        """Return the id of a container's first process on this machine."""
        return int(self.states()[service]["Pid"])

    def logs(self, service: str) -> str:
        return self.run("logs", "--tail", "30", service)

    def _containers(self) -> list[dict[str, Any]]:
        label = f"label={_PROJECT_LABEL}={self.name}"
        ids = self.engine.run("ps", "--all", "--quiet", "--filter", label).split()
        containers: list[dict[str, Any]] = json.loads(self.engine.run("inspect", *ids))
        return containers


def _is_fine(state: Mapping[str, Any]) -> bool:
    if state["Status"] == "exited":
        return bool(state["ExitCode"] == 0)
    health = state.get("Health", {}).get("Status", "healthy")
    return bool(state["Running"] and not state["Restarting"] and health == "healthy")


def _command() -> list[str]:
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    return ["docker", "compose"]
