"""Traefik with the configuration that compose and Kubernetes use too."""

import sys
from collections.abc import Mapping
from pathlib import Path

from pichaven_local.platform import PROJECT
from pichaven_local.ports import Ports
from pichaven_local.process import Command, own_environment


def gateway_command(
    directory: Path,
    ports: Ports,
    upstreams: Mapping[str, str],
    bucket: str,
    extra: Mapping[str, str],
) -> Command:
    """Return the command.

    `upstreams` has the addresses of what `dynamic.yml` routes to. Of `extra`, settings named
    `PICHAVEN_GATEWAY_*` are passed on.
    """
    # The working directory is its own, since Traefik reads a configuration file that lies there.
    directory.mkdir(parents=True, exist_ok=True)
    folder = PROJECT / "deploy" / "gateway"
    static = dict(
        line.split("=", 1)
        for line in (folder / "static.env").read_text().splitlines()
        if line and not line.startswith("#")
    )
    environment = (
        own_environment()
        | static
        | {
            "HOME": str(directory),
            "XDG_CONFIG_HOME": str(directory),
            "TRAEFIK_PROVIDERS_FILE_FILENAME": str(folder / "dynamic.yml"),
            "TRAEFIK_ENTRYPOINTS_WEB_ADDRESS": f"127.0.0.1:{ports.gateway}",
            "TRAEFIK_ENTRYPOINTS_OPERATIONS_ADDRESS": f"127.0.0.1:{ports.gateway_operations}",
            "PICHAVEN_GATEWAY_BUCKET": bucket,
        }
        | {f"PICHAVEN_GATEWAY_{name.upper()}_URL": url for name, url in upstreams.items()}
        | {name: value for name, value in extra.items() if name.startswith("PICHAVEN_GATEWAY_")}
    )
    traefik = str(Path(sys.executable).with_name("traefik"))
    return Command([traefik], environment, directory, stop_timeout_s=12)
