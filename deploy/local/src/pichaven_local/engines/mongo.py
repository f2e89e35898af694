"""A server that speaks MongoDB's wire protocol: mongod where there is one, else SecantusDB."""

import shutil
import sys
from pathlib import Path

from pichaven_local.ports import Ports
from pichaven_local.process import Command, own_environment


def mongo_command(directory: Path, ports: Ports) -> Command:
    """`mongod` and `secantusd-rs` are used when they are on the PATH."""
    data = directory / "data"
    data.mkdir(parents=True, exist_ok=True)
    mongod, rust = shutil.which("mongod"), shutil.which("secantusd-rs")
    if mongod:
        arguments = [
            mongod,
            "--port",
            str(ports.mongo),
            "--bind_ip",
            "127.0.0.1",
            "--dbpath",
            str(data),
            "--wiredTigerCacheSizeGB",
            "0.25",
        ]
    else:
        server = rust or str(Path(sys.executable).with_name("secantusd-py"))
        arguments = [server, "--port", str(ports.mongo), "--storage-path", str(data)]
    return Command(arguments, own_environment(), directory)
