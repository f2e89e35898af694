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

from pichaven_local.ports import Ports
from pichaven_local.process import Command, own_environment

_SERVANT: Final = "nobody"
_OTHERS_MAY_PASS: Final = 0o001


def data_directory(directory: Path) -> Path:
    """Where this stack's Elasticsearch keeps its data, configuration and logs."""
    if os.geteuid() != 0 or _others_reach(directory):
        return directory
    digest = hashlib.sha256(str(directory).encode()).hexdigest()[:16]
    return Path("/var/tmp") / f"pichaven-elasticsearch-{digest}"  # noqa: S108


def _others_reach(directory: Path) -> bool:
    """Whether another user can get to a folder below this one's nearest existing parent."""
    existing = directory
    while not existing.exists():
        existing = existing.parent
    return all(folder.stat().st_mode & _OTHERS_MAY_PASS for folder in (existing, *existing.parents))


def elasticsearch_command(
    home: Path, java: Path, directory: Path, ports: Ports, heap_mb: int = 512
) -> Command:
    """Write the configuration and say how to start the node."""
    place = data_directory(directory)
    configuration = place / "config"
    for folder in (configuration, place / "data", place / "logs", place / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    for name in ("jvm.options", "log4j2.properties"):
        shutil.copy(home / "config" / name, configuration / name)
    options = configuration / "jvm.options.d"
    options.mkdir(exist_ok=True)
    (options / "pichaven.options").write_text(
        f"-Xms{heap_mb}m\n-Xmx{heap_mb}m\n-XX:+UseSerialGC\n-XX:MaxDirectMemorySize=256m\n"
    )
    # The file's own collector settings would contradict ours.
    jvm = configuration / "jvm.options"
    jvm.write_text(
        "".join(line for line in jvm.read_text().splitlines(keepends=True) if "G1" not in line)
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
        # A laptop's disk is fuller than a server's.
        "cluster.routing.allocation.disk.watermark.low: 2gb\n"
        "cluster.routing.allocation.disk.watermark.high: 1gb\n"
        "cluster.routing.allocation.disk.watermark.flood_stage: 500mb\n"
    )
    user = None
    if os.geteuid() == 0:
        user = _SERVANT
        servant = pwd.getpwnam(_SERVANT)
        for path in (place, *place.rglob("*")):
            os.chown(path, servant.pw_uid, servant.pw_gid)
    environment = own_environment() | {
        "ES_JAVA_HOME": str(java),
        "ES_PATH_CONF": str(configuration),
        "ES_TMPDIR": str(place / "tmp"),
        # The start script's own small JVM need not be thorough.
        "CLI_JAVA_OPTS": "-Xms16m -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
        "HOME": str(place),
    }
    environment.pop("JAVA_HOME", None)
    return Command(
        [str(home / "bin" / "elasticsearch")], environment, place, user=user, stop_timeout_s=30
    )
