"""A server of MongoDB's wire protocol: mongod if it is on the PATH, else SecantusDB."""

import shutil
import sys
from pathlib import Path

from pichaven_local.engines.security import EngineSecurity
from pichaven_local.engines.server_choice import choose_server
from pichaven_local.ports import Ports
from pichaven_local.process import Command, own_environment


def mongo_command(directory: Path, ports: Ports, security: EngineSecurity | None = None) -> Command:
    """Return the command; new data is for `mongod` or `secantusd-rs` if they are on the PATH."""
    data = directory / "data"
    servers = {
        "mongod": shutil.which("mongod"),
        "secantusd-rs": shutil.which("secantusd-rs"),
        "secantusd-py": str(Path(sys.executable).with_name("secantusd-py")),
    }
    name = choose_server("mongo", directory, servers)
    server = servers[name]
    assert server is not None
    data.mkdir(parents=True, exist_ok=True)
    port = ["--port", str(ports.mongo)]
    if name == "mongod":
        storage = [
            "--bind_ip",
            "127.0.0.1",
            "--dbpath",
            str(data),
            "--wiredTigerCacheSizeGB",
            "0.25",
        ]
        if security is not None:
            store = security.write_store(directory)
            storage += ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(store)]
    else:
        storage = ["--storage-path", str(data)]
        if security is not None:
            storage += ["--tls-cert-file", str(security.certificate)]
            storage += ["--tls-key-file", str(security.key)]
    return Command([server, *port, *storage], own_environment(), directory)
