"""A server that speaks MongoDB's wire protocol: mongod where there is one, else SecantusDB."""

import shutil
import sys
from pathlib import Path

from pichaven_local.engines.server_choice import choose_flavour
from pichaven_local.ports import Ports
from pichaven_local.process import Command, own_environment


def mongo_command(directory: Path, ports: Ports) -> Command:
    """`mongod` and `secantusd-rs` are used for new data when they are on the PATH."""
    data = directory / "data"
    servers = {
        "mongod": shutil.which("mongod"),
        "secantusd-rs": shutil.which("secantusd-rs"),
        "secantusd-py": str(Path(sys.executable).with_name("secantusd-py")),
    }
    flavour = choose_flavour("mongo", directory, servers)
    server = servers[flavour]
    assert server is not None
    data.mkdir(parents=True, exist_ok=True)
    port = ["--port", str(ports.mongo)]
    if flavour == "mongod":
        place = ["--bind_ip", "127.0.0.1", "--dbpath", str(data), "--wiredTigerCacheSizeGB", "0.25"]
    else:
        place = ["--storage-path", str(data)]
    return Command([server, *port, *place], own_environment(), directory)
