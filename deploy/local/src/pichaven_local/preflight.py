"""What must be so before anything is started, and what to do when it is not."""

import os
import re
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Final

import psutil

from pichaven_local.errors import CannotStart
from pichaven_local.ports import PORT_SETTING, Ports

_LEAST_JAVA: Final = 17
_NEWEST_JAVA: Final = 25
_INSTALLED = Path("/usr/lib/jvm")
_LEAST_MEMORY_MB: Final = 3500
_LEAST_MEMORY_OF_ENGINES_MB: Final = 1500
_LEAST_DISK_MB: Final = 3000


def find_java() -> Path:
    """The JDK's home: JAVA_HOME's, else the best of those on the PATH and installed.

    From Java 21 on Elasticsearch compares vectors with the processor's wide instructions, several
    times as fast. Newer ones than it was made for come last. Raises `CannotStart` when there is
    none that is new enough.
    """
    told = (
        "Install a JDK 21 or newer, 17 at least (Debian: apt-get install openjdk-17-jdk-headless)"
    )
    seen: list[str] = []
    fit: list[tuple[int, Path]] = []
    home = os.environ.get("JAVA_HOME")
    told_by_user = [Path(home) / "bin" / "java"] if home else []
    for java in [*told_by_user, *_javas()]:
        version = java_version(java)
        if version is None:
            seen.append(f"{java} does not run")
        elif version < _LEAST_JAVA:
            seen.append(f"{java} is Java {version}")
        elif java in told_by_user:
            return _home_of(java)
        else:
            fit.append((version if version <= _NEWEST_JAVA else 0, java))
    if fit:
        # Of several that are as good, the first.
        return _home_of(max(fit, key=lambda each: each[0])[1])
    found = f" Found: {', '.join(seen)}." if seen else ""
    raise CannotStart(
        f"Kafka and Elasticsearch need Java {_LEAST_JAVA} or newer.{found} "
        f"{told}, or set JAVA_HOME to one."
    )


def _javas() -> list[Path]:
    on_path = shutil.which("java")
    return [*([Path(on_path)] if on_path else []), *sorted(_INSTALLED.glob("*/bin/java"))]


def _home_of(java: Path) -> Path:
    """What Java itself says, since the command may be a script of a version switcher.

    Raises `CannotStart` for a runtime from which parts have been cut that the engines need.
    """
    answer = subprocess.run(
        [str(java), "-XshowSettings:properties", "--describe-module", "jdk.jdi"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if answer.returncode != 0:
        raise CannotStart(
            f"{java} lacks the module jdk.jdi, which Elasticsearch needs: it is a cut-down "
            "runtime. Install a whole JDK, and set JAVA_HOME to it."
        )
    match = re.search(r"^\s*java\.home = (.+)$", answer.stdout + answer.stderr, re.MULTILINE)
    return Path(match.group(1).strip()) if match else java.resolve().parent.parent


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


def check_ports(ports: Ports, names: Collection[str] | None = None) -> None:
    """Raises `CannotStart` when somebody listens on one of these ports (None: on any)."""
    taken = ports.taken(names)
    if taken:
        listed = "\n".join(f"  {name}: {who}" for name, who in taken.items())
        raise CannotStart(
            f"These ports are in use:\n{listed}\n"
            "Stop what uses them (`make down` in the folder of another PicHaven), or move the "
            f"port: {PORT_SETTING}GATEWAY=9090 make up."
        )


def check_folder(directory: Path) -> None:
    """Raises `CannotStart` when this user cannot keep a stack in the folder."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"The stack's folder cannot be made: {error}") from error
    for folder in (directory, *(directory / name for name in ("run", "logs", "data"))):
        if folder.exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise CannotStart(
                f"{folder} belongs to another user: the stack was started as root before? Start "
                "it as that user, or have that user run `make reset`."
            )


def check_room(directory: Path, *, engines_only: bool = False) -> None:
    """Memory and disk, before engines fail for the lack of them in less clear words."""
    available = psutil.virtual_memory().available >> 20
    needed = _LEAST_MEMORY_OF_ENGINES_MB if engines_only else _LEAST_MEMORY_MB
    if available < needed:
        raise CannotStart(
            f"{available} MB of memory are free and the stack needs about {needed} MB. "
            "Close other programs, or give this machine more memory."
        )
    free = shutil.disk_usage(directory).free >> 20
    if free < _LEAST_DISK_MB:
        raise CannotStart(
            f"{free} MB of disk are free at {directory}, and {_LEAST_DISK_MB} MB are needed. "
            "Elasticsearch stops taking writes on a full disk. Make room first."
        )
