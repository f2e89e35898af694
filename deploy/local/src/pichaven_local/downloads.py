"""Kafka and Elasticsearch from their Maven artifacts, into a cache that checkouts share.

An engine appears in the cache whole or not at all: it is unpacked beside its place and renamed.
Artifacts are checked against their published SHA-1 by the resolver.
"""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import jgo.maven

from pichaven_local.preflight import CannotStart

Progress = Callable[[str, int], Any]
"""Called with a file's name and size; a context manager that gives a function for byte counts."""

_SKIPPED_SCOPES: Final = frozenset({"test", "provided", "system"})
_TRIES: Final = 3


def cache_directory() -> Path:
    """Root's lies where a server that runs as another user can read it."""
    given = os.environ.get("PICHAVEN_CACHE")
    if given:
        return Path(given)
    return Path("/var/cache/pichaven") if os.geteuid() == 0 else Path.home() / ".cache/pichaven"


@contextmanager
def _quiet(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
    yield lambda _count: None


class Downloads:
    """Gives the folders of engines, fetching what is not there yet."""

    def __init__(self, cache: Path | None = None, progress: Progress | None = None) -> None:
        self._cache = cache or cache_directory()
        self._maven = jgo.maven.MavenContext(
            repo_cache=self._cache / "maven",
            resolver=jgo.maven.PythonResolver(progress_callback=progress or _quiet),
            timeout=30,
        )

    def kafka(self, version: str) -> Path:
        """A folder of jars that is Kafka's class path."""
        return self._whole(f"kafka-{version}", lambda target: self._kafka_jars(version, target))

    def elasticsearch(self, version: str) -> Path:
        """Elasticsearch's home, readable by everybody."""
        return self._whole(
            f"elasticsearch-{version}", lambda target: self._elasticsearch_home(version, target)
        )

    def _whole(self, name: str, make: Callable[[Path], None]) -> Path:
        target = self._cache / name
        if target.is_dir():
            return target
        self._cache.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=self._cache, prefix=f".{name}-"))
        try:
            for attempt in range(_TRIES):
                try:
                    make(beside)
                    break
                except Exception as error:
                    self._remove_partial_files()
                    if attempt == _TRIES - 1:
                        raise CannotStart(
                            f"{name} could not be downloaded: {error}. Check the connection, or "
                            f"copy {target} from a machine that has it, and try again."
                        ) from error
            beside.chmod(0o755)
            try:
                beside.rename(target)
            except OSError:
                # Another stack was faster; its copy is as good.
                if not target.is_dir():
                    raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return target

    def _remove_partial_files(self) -> None:
        """A broken download leaves a short jar behind that would be taken for whole."""
        for pattern in ("*.jar", "*.zip"):
            for path in (self._cache / "maven").rglob(pattern):
                try:
                    whole = zipfile.is_zipfile(path)
                except OSError:
                    whole = False
                if not whole:
                    path.unlink(missing_ok=True)

    def _kafka_jars(self, version: str, target: Path) -> None:
        component = self._maven.project("org.apache.kafka", "kafka_2.13").at_version(version)
        inputs, dependencies = self._maven.resolver.resolve(
            [jgo.maven.Dependency(component.artifact())]
        )
        for dependency in [*inputs, *dependencies]:
            if str(dependency.scope) not in _SKIPPED_SCOPES:
                shutil.copy(dependency.artifact.resolve(), target)

    def _elasticsearch_home(self, version: str, target: Path) -> None:
        group = "org.elasticsearch.distribution.integ-test-zip"
        component = self._maven.project(group, "elasticsearch").at_version(version)
        archive = component.artifact(packaging="zip").resolve()
        with zipfile.ZipFile(archive) as packed:
            for item in packed.infolist():
                inside = Path(*Path(item.filename).parts[1:])
                if item.is_dir() or not inside.parts:
                    continue
                path = target / inside
                path.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(item) as source, path.open("wb") as out:
                    shutil.copyfileobj(source, out)
                path.chmod(0o755 if inside.parts[0] == "bin" else 0o644)
        for folder in target.rglob("*"):
            if folder.is_dir():
                folder.chmod(0o755)
