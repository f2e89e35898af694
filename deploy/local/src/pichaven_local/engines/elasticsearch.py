"""Elasticsearch as one node on the loopback interface.

It refuses to run as root. In root's stack it runs as `nobody`, who must be able to pass every
folder on the way to the data; where one is closed, the data is under /var/tmp.
"""

import hashlib
import os
import pwd
import shutil
from pathlib import Path
from typing import Final

from pichaven_local.engines.security import ROLE, ROLES, EngineSecurity
from pichaven_local.errors import StartError
from pichaven_local.ports import Ports
from pichaven_local.process import Command, own_environment, run_tool

_USER: Final = "nobody"
_EXECUTE_BY_OTHERS: Final = 0o001


def data_directory(directory: Path) -> Path:
    """Return the folder of this stack's Elasticsearch data, configuration and logs.

    Root's is under /var/tmp if it exists there, or if another user cannot reach `directory`.
    """
    if os.geteuid() != 0:
        return directory
    digest = hashlib.sha256(str(directory).encode()).hexdigest()[:16]
    fallback = Path("/var/tmp") / f"pichaven-elasticsearch-{digest}"  # noqa: S108
    if fallback.is_dir() or not (_others_can_reach(directory) and _new_folders_are_open()):
        return fallback
    return directory


def _others_can_reach(path: Path) -> bool:
    """Return whether another user can reach a path, or to its nearest parent that exists."""
    existing = path
    while not existing.exists():
        existing = existing.parent
    return all(
        folder.stat().st_mode & _EXECUTE_BY_OTHERS for folder in (existing, *existing.parents)
    )


def _new_folders_are_open() -> bool:
    mask = os.umask(0o022)
    os.umask(mask)
    return not mask & _EXECUTE_BY_OTHERS


def _prepare(directory: Path) -> Path:
    """Create the folders, owned by the server's user; return that of the configuration.

    Root writes and changes owners only where no other user can have put a link.
    """
    root = os.geteuid() == 0
    directory.mkdir(parents=True, exist_ok=True)
    owners = {os.geteuid(), _user_id()} if root else {os.geteuid()}
    if directory.is_symlink() or directory.stat().st_uid not in owners:
        raise StartError(
            f"{directory} belongs to another user. Start the stack as that user (as root, if it "
            "was root), or have that user run `make reset`."
        )
    if root:
        os.chown(directory, 0, 0)
        directory.chmod(0o755)
    for name in ("config", "tmp"):
        shutil.rmtree(directory / name, ignore_errors=True)
    configuration = directory / "config"
    for folder in (configuration, directory / "tmp", directory / "data", directory / "logs"):
        folder.mkdir(mode=0o700, exist_ok=True)
    if root:
        _change_owner(directory / "data")
        _change_owner(directory / "logs")
        os.chown(directory / "tmp", _user_id(), -1)
    return configuration


def _user_id() -> int:
    try:
        return pwd.getpwnam(_USER).pw_uid
    except KeyError:
        raise StartError(
            f"Elasticsearch refuses to run as root, and there is no user '{_USER}' to run it "
            "as. Start the stack as another user than root."
        ) from None


def _change_owner(folder: Path) -> None:
    """Make the server's user the owner of a folder and all below, unless it owns the folder."""
    user_id = _user_id()
    if folder.stat().st_uid == user_id:
        return
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(parent) / name, user_id, -1, follow_symlinks=False)
    os.chown(folder, user_id, -1)


def elasticsearch_command(
    home: Path,
    java: Path,
    directory: Path,
    ports: Ports,
    heap_mb: int = 512,
    *,
    security: EngineSecurity | None = None,
) -> Command:
    """Write the configuration and return the command that starts the node."""
    root = os.geteuid() == 0
    if root and not _others_can_reach(home / "lib"):
        raise StartError(
            f"As root, Elasticsearch runs as '{_USER}', who cannot get to {home}. Set "
            "PICHAVEN_CACHE to a folder that everybody can read."
        )
    directory = data_directory(directory)
    configuration = _prepare(directory)
    shutil.copy(home / "config" / "log4j2.properties", configuration)
    (configuration / "jvm.options.d").mkdir()
    (configuration / "jvm.options.d" / "pichaven.options").write_text(
        f"-Xms{heap_mb // 2}m\n-Xmx{heap_mb}m\n-XX:+UseSerialGC\n"
        # Memory is allocated when it is needed, not at the start.
        "-XX:MaxDirectMemorySize=256m\n-XX:-AlwaysPreTouch\n"
    )
    # The file's collector conflicts with the serial one, and its log takes gigabytes.
    options = (home / "config" / "jvm.options").read_text().splitlines(keepends=True)
    (configuration / "jvm.options").write_text(
        "".join(line for line in options if "G1" not in line and "-Xlog:gc" not in line)
    )
    (configuration / "elasticsearch.yml").write_text(
        "cluster.name: pichaven-local\n"
        "node.name: local\n"
        "discovery.type: single-node\n"
        "network.host: 127.0.0.1\n"
        f"http.port: {ports.elasticsearch}\n"
        f"transport.port: {ports.elasticsearch_transport}\n"
        f"path.data: {directory / 'data'}\n"
        f"path.logs: {directory / 'logs'}\n"
        "action.auto_create_index: false\n"
        # The serial collector leaves garbage until the heap is full: counted as used, it would
        # trip the breaker on writes that fit.
        "indices.breaker.total.use_real_memory: false\n"
        # A laptop's disk is fuller than a server's.
        "cluster.routing.allocation.disk.watermark.low: 2gb\n"
        "cluster.routing.allocation.disk.watermark.high: 1gb\n"
        "cluster.routing.allocation.disk.watermark.flood_stage: 500mb\n"
        f"xpack.security.enabled: {str(security is not None).lower()}\n"
    )
    environment = own_environment() | {
        "ES_JAVA_HOME": str(java),
        "ES_PATH_CONF": str(configuration),
        "ES_TMPDIR": str(directory / "tmp"),
        # For the start script's own JVM.
        "CLI_JAVA_OPTS": "-Xms16m -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
        "HOME": str(directory / "tmp"),
    }
    environment.pop("JAVA_HOME", None)
    if security is not None:
        _secure(security, home, configuration, environment)
    if root:
        for path in (*configuration.rglob("*"), configuration):
            os.chown(path, _user_id(), -1, follow_symlinks=False)
    return Command(
        [str(home / "bin" / "elasticsearch")],
        environment,
        directory,
        user=_USER if root else None,
        stop_timeout_s=30,
    )


def _secure(
    security: EngineSecurity, home: Path, configuration: Path, environment: dict[str, str]
) -> None:
    """Turn TLS on, and add the user that the services are."""
    for source, name in ((security.key, "http.key"), (security.certificate, "http.crt")):
        shutil.copyfile(source, configuration / name)
    shutil.copyfile(ROLES, configuration / "roles.yml")
    with (configuration / "elasticsearch.yml").open("a") as file:
        file.write(
            "xpack.security.enrollment.enabled: false\n"
            "xpack.security.http.ssl:\n"
            "  enabled: true\n"
            "  key: http.key\n"
            "  certificate: http.crt\n"
        )
    for name in ("users", "users_roles"):
        (configuration / name).touch()
    run_tool(
        [
            *(str(home / "bin" / "elasticsearch-users"), "useradd", security.username),
            *("-p", security.password, "-r", ROLE),
        ],
        environment,
        failure="Elasticsearch's user could not be added",
    )
