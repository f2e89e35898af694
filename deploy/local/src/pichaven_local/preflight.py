"""Checks before anything is started; their errors say what to do."""

import os
import re
import shutil
import subprocess
from collections.abc import Collection
from operator import itemgetter
from pathlib import Path
from typing import Final

import psutil

from pichaven_local.downloads import cache_directory
from pichaven_local.errors import StartError
from pichaven_local.ports import PORT_SETTING, Ports

_LEAST_JAVA: Final = 17
_NEWEST_JAVA: Final = 25
_MODULES: Final = ("jdk.incubator.vector", "jdk.jdi")
_INSTALLED = Path("/usr/lib/jvm")
PLATFORM_MEMORY_MB: Final = 3500
ENGINES_MEMORY_MB: Final = 1500
_LEAST_DISK_MB: Final = 3000


def find_java(installed: Path = _INSTALLED, cache: Path | None = None) -> Path:
    """Return the home of JAVA_HOME's JDK, else of the best on the PATH, in the cache or installed.

    From Java 21 on Elasticsearch compares vectors with wide processor instructions, several times
    as fast. Versions newer than it supports come last. Raises `StartError` when none is suitable.
    """
    home = os.environ.get("JAVA_HOME")
    configured = Path(home) / "bin" / "java" if home else None
    rejections: list[str] = []
    candidates: list[tuple[int, Path]] = []
    for java in [*([configured] if configured else []), *_javas(installed, cache)]:
        version = java_version(java)
        if version is None:
            rejections.append(f"{java} does not run")
        elif version < _LEAST_JAVA:
            rejections.append(f"{java} is Java {version}")
        elif missing := _missing_modules(java):
            rejections.append(f"{java} is a cut-down runtime without {', '.join(missing)}")
        elif java == configured:
            return _home_of(java)
        else:
            candidates.append((version if version <= _NEWEST_JAVA else 0, java))
    if candidates:
        return _home_of(max(candidates, key=itemgetter(0))[1])
    details = f" Found: {'; '.join(rejections)}." if rejections else ""
    raise StartError(
        f"Kafka and Elasticsearch need a JDK {_LEAST_JAVA} or newer, and there is none.{details} "
        "Run `make jdk`, which fetches one into the cache, or set JAVA_HOME to one."
    )


def _javas(installed: Path, cache: Path | None) -> list[Path]:
    on_path = shutil.which("java")
    return [
        *([Path(on_path)] if on_path else []),
        *sorted((cache or cache_directory()).glob("jdk-*/**/bin/java")),
        *sorted(installed.glob("*/bin/java")),
    ]


def _missing_modules(java: Path) -> list[str]:
    """Return the modules that Elasticsearch needs and a cut-down runtime lacks."""
    names = {line.partition("@")[0] for line in _output(java, "--list-modules").splitlines()}
    return [name for name in _MODULES if name not in names]


def _home_of(java: Path) -> Path:
    """Return Java's own `java.home`, since the command may be a script of a version switcher."""
    settings = _output(java, "-XshowSettings:properties", "-version")
    match = re.search(r"^\s*java\.home = (.+)$", settings, re.MULTILINE)
    return Path(match.group(1).strip()) if match else java.resolve().parent.parent


def _output(java: Path, *arguments: str) -> str:
    """Return what a `java` prints; nothing when it does not run."""
    try:
        process = subprocess.run(
            [str(java), *arguments], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return process.stdout + process.stderr


def java_version(java: Path) -> int | None:
    """Return the major version of a `java`, None when it does not run."""
    return parse_java_version(_output(java, "-version"))


def parse_java_version(text: str) -> int | None:
    """Return 17 from `openjdk version "17.0.15"`, 8 from `java version "1.8.0_292"`."""
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(match.group(1)) if match else None


def check_ports(ports: Ports, names: Collection[str] | None = None) -> None:
    """Raise `StartError` when a process listens on one of these ports (None: on any)."""
    conflicts = ports.conflicts(names)
    if conflicts:
        lines = "\n".join(f"  {port}: {process}" for port, process in conflicts.items())
        raise StartError(
            f"These ports are in use:\n{lines}\n"
            "Stop what uses them (`make down` in the folder of another PicHaven), or move the "
            f"port: {PORT_SETTING}GATEWAY=9090 make up."
        )


def check_folder(directory: Path) -> None:
    """Raise `StartError` when this user cannot keep a stack in the folder."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f"The stack's folder cannot be made: {error}") from error
    for folder in (directory, *(directory / name for name in ("run", "logs", "data"))):
        if folder.exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise StartError(
                f"{folder} belongs to another user: the stack was started as root before? Start "
                "it as that user, or have that user run `make reset`."
            )


def check_memory(consumer: str, memory_mb: int) -> None:
    """Raise `StartError` when less memory than that is free."""
    available = psutil.virtual_memory().available >> 20
    if available < memory_mb:
        raise StartError(
            f"{available} MB of memory are free and {consumer} needs about {memory_mb} MB. "
            "Close other programs, or give this machine more memory."
        )


def check_room(directory: Path, memory_mb: int) -> None:
    """Raise `StartError` when less memory than that, or too little disk, is free."""
    check_memory("the stack", memory_mb)
    free = shutil.disk_usage(directory).free >> 20
    if free < _LEAST_DISK_MB:
        raise StartError(
            f"{free} MB of disk are free at {directory}, and {_LEAST_DISK_MB} MB are needed. "
            "Elasticsearch stops taking writes on a full disk. Make room first."
        )
