"""A container engine for builds and tests: the one that runs here, or Debian's for a while.

Debian's engine is started with folders of its own, so that it meets no other one, and leaves
sysctls and packet filter rules as they were.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.docker.debian import NotInstalled, install, kernel_as_it_was

from pichaven_local.downloads import cache_directory

_PACKAGES: Final = ("docker.io", "docker-compose", "debootstrap", "iptables")
_DAEMON: Final = Path("/usr/sbin/dockerd")
_CLIENT: Final = "/usr/bin/docker"
_READY_S: Final = 60
_STOP_S: Final = 60


class NoEngine(Exception):
    """Raised where no container engine runs and none can be started; the message says why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The command of a container engine's client, and the environment in which it finds it."""

    client: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(
        self,
        *arguments: str,
        stdin: str | None = None,
        quiet: bool = False,
        timeout_s: float | None = None,
    ) -> str:
        """Run the client and return its output.

        Raises `CalledProcessError`, and `TimeoutExpired` where there is a time limit.
        """
        process = subprocess.run(
            [self.client, *arguments],
            env=os.environ | self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if quiet else None,
            timeout=timeout_s,
            text=True,
            check=True,
        )
        return process.stdout


@contextmanager
def container_engine() -> Iterator[Engine]:
    """Yield the engine that the environment names, else Debian's while it is needed.

    Raises `NoEngine`.
    """
    client = shutil.which("docker")
    if client is not None and _answers(Engine(client)):
        yield Engine(client)
        return
    if os.geteuid() != 0:
        raise NoEngine("no container engine answers, and only root can start one")
    try:
        install(_PACKAGES)
    except NotInstalled as error:
        raise NoEngine(f"no container engine answers, and {error}") from None
    with kernel_as_it_was("docker0"), _daemon() as engine:
        yield engine


def _answers(engine: Engine) -> bool:
    try:
        engine.run("info", quiet=True)
    except subprocess.CalledProcessError:
        return False
    return True


@contextmanager
def _daemon() -> Iterator[Engine]:
    """Run Debian's engine; its images stay in the cache for the next time."""
    folder = cache_directory() / "containers"
    folder.mkdir(parents=True, exist_ok=True)
    address = f"unix://{folder}/docker.sock"
    engine = Engine(_CLIENT, {"DOCKER_HOST": address, "DOCKER_BUILDKIT": "1"})
    options = {
        "--host": address,
        "--data-root": f"{folder}/data",
        "--exec-root": f"{folder}/run",
        "--pidfile": f"{folder}/pid",
        "--storage-driver": "overlay2",
        "--exec-opt": "native.cgroupdriver=cgroupfs",
        "--bip": "172.30.0.1/24",
        "--default-address-pool": "base=172.31.0.0/16,size=24",
    }
    with (folder / "dockerd.log").open("wb") as log:
        process = subprocess.Popen(
            [str(_DAEMON), *(f"{name}={value}" for name, value in options.items())],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + _READY_S
        while not _answers(engine):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoEngine(f"the container engine did not start, see {folder}/dockerd.log")
            time.sleep(0.5)
        yield engine
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
