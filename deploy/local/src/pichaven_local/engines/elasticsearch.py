"""Elasticsearch as one node without security, on the loopback interface.

It refuses to run as root. Root's stack runs it as `nobody`, whose way to its data must be open
at every folder; where the project lies behind a closed one, the data lies under /var/tmp.
"""

import hashlib
import os
import pwd
import shutil
from pathlib import Path
from typing import Final

from pichaven_local.errors import CannotStart
from pichaven_local.ports import Ports
from pichaven_local.process import Command, own_environment

_SERVANT: Final = "nobody"
_OTHERS_MAY_PASS: Final = 0o001


def data_directory(directory: Path) -> Path:
    """Where this stack's Elasticsearch keeps its data, configuration and logs.

    Data that is there decides; else whether another user could get to it.
    """
    if os.geteuid() != 0:
        return directory
    digest = hashlib.sha256(str(directory).encode()).hexdigest()[:16]
    aside = Path("/var/tmp") / f"pichaven-elasticsearch-{digest}"  # noqa: S108
    if aside.is_dir() or not (others_reach(directory) and _new_folders_are_open()):
        return aside
    return directory


def others_reach(path: Path) -> bool:
    """Whether another user can get to a path, or to its nearest parent that exists."""
    existing = path
    while not existing.exists():
        existing = existing.parent
    return all(folder.stat().st_mode & _OTHERS_MAY_PASS for folder in (existing, *existing.parents))


def _new_folders_are_open() -> bool:
    mask = os.umask(0o022)
    os.umask(mask)
    return not mask & _OTHERS_MAY_PASS


def _prepare(place: Path) -> Path:
    """Fresh folders, owned by the user that the server runs as; the configuration's.

    Root writes and changes owners only where nobody else can have put a link.
    """
    root = os.geteuid() == 0
    place.mkdir(parents=True, exist_ok=True)
    owners = {os.geteuid(), _servant_id()} if root else {os.geteuid()}
    if place.is_symlink() or place.stat().st_uid not in owners:
        raise CannotStart(
            f"{place} belongs to another user. Start the stack as that user (as root, if it was "
            "root), or have that user run `make reset`."
        )
    if root:
        os.chown(place, 0, 0)
        place.chmod(0o755)
    for name in ("config", "tmp"):
        shutil.rmtree(place / name, ignore_errors=True)
    configuration = place / "config"
    for folder in (configuration, place / "tmp", place / "data", place / "logs"):
        folder.mkdir(mode=0o700, exist_ok=True)
    for kept in (place / "data", place / "logs"):
        if root:
            _give(kept)
    if root:
        os.chown(place / "tmp", _servant_id(), -1)
    return configuration


def _servant_id() -> int:
    try:
        return pwd.getpwnam(_SERVANT).pw_uid
    except KeyError:
        raise CannotStart(
            f"Elasticsearch refuses to run as root, and there is no user '{_SERVANT}' to run it "
            "as. Start the stack as another user than root."
        ) from None


def _give(folder: Path) -> None:
    """Hand a folder to the server's user, unless it is."""
    servant = _servant_id()
    if folder.stat().st_uid == servant:
        return
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(parent) / name, servant, -1, follow_symlinks=False)
    os.chown(folder, servant, -1)


def elasticsearch_command(
    home: Path, java: Path, directory: Path, ports: Ports, heap_mb: int = 512
) -> Command:
    """Write the configuration and say how to start the node."""
    root = os.geteuid() == 0
    if root and not others_reach(home / "lib"):
        raise CannotStart(
            f"As root, Elasticsearch runs as '{_SERVANT}', who cannot get to {home}. Set "
            "PICHAVEN_CACHE to a folder that everybody can read."
        )
    place = data_directory(directory)
    configuration = _prepare(place)
    shutil.copy(home / "config" / "log4j2.properties", configuration)
    (configuration / "jvm.options.d").mkdir()
    (configuration / "jvm.options.d" / "pichaven.options").write_text(
        f"-Xms{heap_mb // 2}m\n-Xmx{heap_mb}m\n-XX:+UseSerialGC\n"
        # Memory is taken as it is needed, not all at once.
        "-XX:MaxDirectMemorySize=256m\n-XX:-AlwaysPreTouch\n"
    )
    # The file's own collector would contradict ours, and its log takes gigabytes.
    options = (home / "config" / "jvm.options").read_text().splitlines(keepends=True)
    (configuration / "jvm.options").write_text(
        "".join(line for line in options if "G1" not in line and "-Xlog:gc" not in line)
    )
    (configuration / "elasticsearch.yml").write_text(
        "cluster.name: pichaven-local\n"
        "node.name: local\n"
        "discovery.type: single-node\n"
        "xpack.security.enabled: false\n"
        "network.host: 127.0.0.1\n"
        f"http.port: {ports.elasticsearch}\n"
        f"transport.port: {ports.elasticsearch_transport}\n"
        f"path.data: {place / 'data'}\n"
        f"path.logs: {place / 'logs'}\n"
        "action.auto_create_index: false\n"
        # The serial collector lets garbage lie until the heap is full: to count it as used would
        # refuse writes that there is room for.
        "indices.breaker.total.use_real_memory: false\n"
        # A laptop's disk is fuller than a server's.
        "cluster.routing.allocation.disk.watermark.low: 2gb\n"
        "cluster.routing.allocation.disk.watermark.high: 1gb\n"
        "cluster.routing.allocation.disk.watermark.flood_stage: 500mb\n"
    )
    if root:
        for path in (*configuration.rglob("*"), configuration):
            os.chown(path, _servant_id(), -1, follow_symlinks=False)
    environment = own_environment() | {
        "ES_JAVA_HOME": str(java),
        "ES_PATH_CONF": str(configuration),
        "ES_TMPDIR": str(place / "tmp"),
        # The start script's own small JVM need not be thorough.
        "CLI_JAVA_OPTS": "-Xms16m -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
        "HOME": str(place / "tmp"),
    }
    environment.pop("JAVA_HOME", None)
    return Command(
        [str(home / "bin" / "elasticsearch")],
        environment,
        place,
        user=_SERVANT if root else None,
        stop_timeout_s=30,
    )
