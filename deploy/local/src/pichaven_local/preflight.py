"""What must be so before anything is started, and what to do when it is not."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import psutil

from pichaven_local.ports import Ports

_LEAST_JAVA: Final = 17
_LEAST_MEMORY_MB: Final = 3500
_LEAST_DISK_MB: Final = 3000


class CannotStart(Exception):
    """The stack cannot start; the message says what to do."""


def find_java() -> Path:
    """The JDK's home. Raises `CannotStart` when there is none that is new enough."""
    told = "Install a JDK 17 or newer (Debian: apt-get install openjdk-17-jdk-headless)"
    home = os.environ.get("JAVA_HOME")
    candidates = [Path(home) / "bin" / "java"] if home else []
    on_path = shutil.which("java")
    if on_path:
        candidates.append(Path(on_path))
    seen: list[str] = []
    for java in candidates:
        version = java_version(java)
        if version is None:
            seen.append(f"{java} does not run")
        elif version < _LEAST_JAVA:
            seen.append(f"{java} is Java {version}")
        else:
            return java.resolve().parent.parent
    found = f" Found: {', '.join(seen)}." if seen else ""
    raise CannotStart(
        f"Kafka and Elasticsearch need Java {_LEAST_JAVA} or newer.{found} "
        f"{told}, or set JAVA_HOME to one."
    )


def java_version(java: Path) -> int | None:
    """The major version that a `java` says it is, None when it does not run."""
    try:
        answer = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_java_version(answer.stderr)


def parse_java_version(text: str) -> int | None:
    """17 from `openjdk version "17.0.15"`, 8 from `java version "1.8.0_292"`."""
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(match.group(1)) if match else None


def check_ports(ports: Ports) -> None:
    taken = ports.taken()
    if taken:
        listed = "\n".join(f"  {name}: {who}" for name, who in taken.items())
        raise CannotStart(
            f"These ports are in use:\n{listed}\n"
            "Stop what uses them (`make down` if it is a PicHaven of this folder)."
        )


def check_room(directory: Path) -> None:
    """Memory and disk, before engines fail for the lack of them in less clear words."""
    available = psutil.virtual_memory().available >> 20
    if available < _LEAST_MEMORY_MB:
        raise CannotStart(
            f"{available} MB of memory are free and the stack needs about {_LEAST_MEMORY_MB} MB. "
            "Close other programs, or give this machine more memory."
        )
    directory.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(directory).free >> 20
    if free < _LEAST_DISK_MB:
        raise CannotStart(
            f"{free} MB of disk are free at {directory}, and {_LEAST_DISK_MB} MB are needed. "
            "Elasticsearch stops taking writes on a full disk. Make room first."
        )
