"""An S3 server over a folder: versitygw if it is on the PATH, else rclone."""

import shutil
import sys
from pathlib import Path

from pichaven_local.engines.security import EngineSecurity
from pichaven_local.engines.server_choice import choose_server
from pichaven_local.ports import Ports
from pichaven_local.process import Command, own_environment


def storage_command(
    directory: Path,
    ports: Ports,
    secrets: dict[str, str],
    security: EngineSecurity | None = None,
) -> Command:
    """Return the command; new data is for `versitygw` if it is on the PATH.

    The keys are in the environment, since every user can read a command line.
    """
    data = directory / "data"
    versitygw = shutil.which("versitygw")
    rclone = str(Path(sys.executable).with_name("rclone"))
    name = choose_server("storage", directory, {"versitygw": versitygw, "rclone": rclone})
    data.mkdir(parents=True, exist_ok=True)
    address = f"127.0.0.1:{ports.storage}"
    tls: list[str] = []
    if security is not None:
        tls = ["--cert", str(security.certificate), "--key", str(security.key)]
    key_id, secret = secrets["storage_key_id"], secrets["storage_secret"]
    if name == "versitygw":
        assert versitygw is not None
        environment = {"ROOT_ACCESS_KEY": key_id, "ROOT_SECRET_KEY": secret}
        arguments = [versitygw, "--port", address, *tls, "posix", str(data)]
    else:
        environment = {
            # Parsed as CSV: without quotes it would be two values.
            "RCLONE_AUTH_KEY": f'"{key_id},{secret}"',
            "RCLONE_CONFIG": str(directory / "rclone.conf"),
            "RCLONE_CACHE_DIR": str(directory / "cache"),
        }
        (directory / "rclone.conf").touch()
        arguments = [
            *(rclone, "serve", "s3", str(data), "--addr", address, *tls),
            *("--vfs-cache-mode", "writes", "--vfs-cache-max-age", "5m", "--vfs-write-back", "0s"),
        ]
    return Command(arguments, own_environment() | environment, directory)
