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

from pichaven_local.downloads import cache_directory

_PACKAGES: Final = ("docker.io", "docker-compose", "debootstrap", "iptables")
_DAEMON: Final = Path("/usr/sbin/dockerd")
_CLIENT: Final = "/usr/bin/docker"
_SYSCTLS: Final = (
    "net/ipv4/ip_forward",
    "net/ipv4/conf/all/route_localnet",
    "net/ipv4/conf/default/route_localnet",
    "net/bridge/bridge-nf-call-iptables",
)
_EMPTY_TABLES: Final = {
    "filter": "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n",
    "nat": "*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n",
}
"""Of the packet filter, where there are no rules."""
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
    _install()
    with _network_as_it_was(), _daemon() as engine:
        yield engine


def _answers(engine: Engine) -> bool:
    try:
        engine.run("info", quiet=True)
    except subprocess.CalledProcessError:
        return False
    return True


def _install() -> None:
    if _DAEMON.exists() and Path(_CLIENT).exists() and shutil.which("debootstrap"):
        return
    installer = shutil.which("apt-get")
    if installer is None:
        raise NoEngine("no container engine answers, and this is no Debian to install one on")
    print(f"installing {', '.join(_PACKAGES)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *_PACKAGES]):
        process = subprocess.run(
            [installer, "-qq", "-o", "DPkg::Lock::Timeout=300", *arguments],
            env=environment,
            stdout=subprocess.DEVNULL,
            check=False,
        )
    if process.returncode != 0:
        raise NoEngine(f"{', '.join(_PACKAGES)} could not be installed")


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


@contextmanager
def _network_as_it_was() -> Iterator[None]:
    """Restore sysctls and rules of the packet filter at the end."""
    sysctls = {
        path: path.read_text() for name in _SYSCTLS if (path := Path("/proc/sys") / name).exists()
    }
    saved = subprocess.run(["iptables-save"], capture_output=True, text=True, check=False)
    rules = saved.stdout + "".join(
        table for name, table in _EMPTY_TABLES.items() if f"*{name}\n" not in saved.stdout
    )
    try:
        yield
    finally:
        for path, value in sysctls.items():
            path.write_text(value)
        if saved.returncode == 0:
            subprocess.run(["iptables-restore"], input=rules, text=True, check=False)
        subprocess.run(["ip", "link", "delete", "docker0"], capture_output=True, check=False)
