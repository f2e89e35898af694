"""Caddy with the built web client, and the configuration that compose and Kubernetes use too."""

import sys
from pathlib import Path

from pichaven_local.platform import PROJECT
from pichaven_local.ports import Ports
from pichaven_local.process import Command, own_environment
from pichaven_local.web_client import WebClient


def web_command(client: WebClient, directory: Path, ports: Ports) -> Command:
    """Return the command, once the client is built.

    Raises `StartError` when it cannot be built.
    """
    directory.mkdir(parents=True, exist_ok=True)
    environment = own_environment() | {
        "HOME": str(directory),
        "XDG_CONFIG_HOME": str(directory),
        "XDG_DATA_HOME": str(directory),
        "PICHAVEN_WEB_HOST": "127.0.0.1",
        "PICHAVEN_WEB_PORT": str(ports.web),
        "PICHAVEN_WEB_ROOT": str(client.build()),
    }
    caddy = str(Path(sys.executable).with_name("caddy"))
    config = str(PROJECT / "deploy" / "web" / "Caddyfile")
    arguments = [caddy, "run", "--config", config, "--adapter", "caddyfile"]
    return Command(arguments, environment, directory)
