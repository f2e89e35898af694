"""Kafka and Elasticsearch from their Maven artifacts, into a cache that checkouts share.

An engine appears in the cache whole or not at all: it is unpacked beside its place and renamed.
An artifact gets its name only when its bytes are those of the published SHA-1; a download that
breaks off is taken up where it ended.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import jgo.maven

from pichaven_local.errors import CannotStart

Progress = Callable[[str, int], contextlib.AbstractContextManager[Callable[[int], None]]]
"""Called with a file's name and size; a context manager that gives a function for byte counts."""

_SKIPPED_SCOPES: Final = frozenset({"test", "provided", "system"})
_TRIES: Final = 4
_PAUSE_S: Final = 0.5
_CHUNK: Final = 256 << 10
_TIMEOUT_S: Final = 30
_NOT_FOUND: Final = 404
_RANGE_BEYOND_END: Final = 416
_PARTIAL: Final = 206


def cache_directory() -> Path:
    """Root's lies where a server that runs as another user can read it."""
    given = os.environ.get("PICHAVEN_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    return Path("/var/cache/pichaven") if os.geteuid() == 0 else Path.home() / ".cache/pichaven"


@contextmanager
def quiet(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
    """Shows nothing."""
    yield lambda _count: None


class DownloadFailed(Exception):
    """An artifact could not be had; the message says from where and why."""


class VerifiedDownloads:
    """Files from Maven repositories: whole, checked, resumed."""

    def __init__(
        self, client: httpx.Client, progress: Progress, *, pause_s: float = _PAUSE_S
    ) -> None:
        self._client = client
        self._progress = progress
        self._pause_s = pause_s

    def fetch(self, url: str, target: Path) -> bool:
        """Put the file at `url` at `target`; False when the repository does not have it.

        Raises `DownloadFailed` after several tries. May be repeated, also after a kill.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        reason = ""
        for attempt in range(_TRIES):
            time.sleep(attempt * self._pause_s)
            try:
                expected = self._published_sha1(url)
                if not self._continue(url, part):
                    return False
            except (httpx.HTTPError, OSError) as error:
                reason = f"{type(error).__name__}: {error}"
                continue
            with part.open("rb") as file:
                found = hashlib.file_digest(file, "sha1").hexdigest()
            if expected in {None, found}:
                part.replace(target)
                return True
            part.unlink()
            reason = f"its SHA-1 is {found}, and {expected} is published"
        raise DownloadFailed(f"{url}: {reason}")

    def _published_sha1(self, url: str) -> str | None:
        """None where the repository publishes none."""
        answer = self._client.get(f"{url}.sha1")
        if answer.status_code == _NOT_FOUND:
            return None
        answer.raise_for_status()
        words = answer.text.split()
        return words[0].lower() if words else None

    def _continue(self, url: str, part: Path) -> bool:
        held = part.stat().st_size if part.exists() else 0
        headers = {"Accept-Encoding": "identity"}
        if held:
            headers["Range"] = f"bytes={held}-"
        with self._client.stream("GET", url, headers=headers) as answer:
            if answer.status_code == _NOT_FOUND:
                return False
            if answer.status_code == _RANGE_BEYOND_END:
                return True
            answer.raise_for_status()
            resumed = answer.status_code == _PARTIAL
            size = int(answer.headers.get("Content-Length", 0)) + (held if resumed else 0)
            name = url.rpartition("/")[2]
            with self._progress(name, size) as advance, part.open("ab" if resumed else "wb") as out:
                if resumed:
                    advance(held)
                for chunk in answer.iter_bytes(_CHUNK):
                    out.write(chunk)
                    advance(len(chunk))
        return True


class _Resolver(jgo.maven.PythonResolver):
    """The resolver's own download warns of a wrong checksum and leaves half files behind."""

    def __init__(self, downloads: VerifiedDownloads) -> None:
        super().__init__()
        self._downloads = downloads

    def download(self, artifact: Any) -> Path:
        target: Path = artifact.cached_path
        place = artifact.component.path_prefix.as_posix()
        for repository in artifact.context.remote_repos.values():
            if self._downloads.fetch(f"{repository}/{place}/{artifact.filename}", target):
                return target
        raise DownloadFailed(f"no repository has {artifact.filename}")


class Downloads:
    """Gives the folders of engines, fetching what is not there yet."""

    def __init__(self, cache: Path | None = None, progress: Progress | None = None) -> None:
        self._cache = cache or cache_directory()
        self._progress = progress or quiet

    def kafka(self, version: str) -> Path:
        """A folder of jars that is Kafka's class path, with a logger that writes to stderr."""
        return self._whole(
            f"kafka-{version}-logging", lambda target: self._kafka_jars(version, target)
        )

    def elasticsearch(self, version: str) -> Path:
        """Elasticsearch's home, readable by everybody."""
        return self._whole(
            f"elasticsearch-{version}", lambda target: self._elasticsearch_home(version, target)
        )

    def _whole(self, name: str, make: Callable[[Path], None]) -> Path:
        target = self._cache / name
        if target.is_dir():
            return target
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            with self._alone(name):
                if target.is_dir():
                    return target
                for left in self._cache.glob(f".{name}-*"):
                    shutil.rmtree(left, ignore_errors=True)
                beside = Path(tempfile.mkdtemp(dir=self._cache, prefix=f".{name}-"))
                try:
                    make(beside)
                    beside.chmod(0o755)
                    beside.rename(target)
                finally:
                    shutil.rmtree(beside, ignore_errors=True)
        except Exception as error:
            raise CannotStart(
                f"{name} could not be downloaded: {error}\n"
                f"Check the connection (proxies are taken from HTTPS_PROXY) and try again: what "
                f"has arrived is kept. Or copy {target} from a machine that has it."
            ) from error
        return target

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """One launcher at a time fetches an engine; the others wait and then have it."""
        with (self._cache / f".{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _maven(self) -> Iterator[Any]:
        timeout = httpx.Timeout(_TIMEOUT_S)
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            resolver = _Resolver(VerifiedDownloads(client, self._progress))
            yield jgo.maven.MavenContext(
                repo_cache=self._cache / "maven", resolver=resolver, timeout=_TIMEOUT_S
            )

    def _kafka_jars(self, version: str, target: Path) -> None:
        with self._maven() as maven:
            component = maven.project("org.apache.kafka", "kafka_2.13").at_version(version)
            inputs, dependencies = maven.resolver.resolve(
                [jgo.maven.Dependency(component.artifact())]
            )
            # The artifact comes without any, and would say nothing of its troubles.
            facade = next(
                dependency
                for dependency in dependencies
                if dependency.artifact.component.artifactId == "slf4j-api"
            )
            logger = maven.project("org.slf4j", "slf4j-simple").at_version(facade.version)
            shutil.copy(logger.artifact().resolve(), target)
            for dependency in [*inputs, *dependencies]:
                if str(dependency.scope) not in _SKIPPED_SCOPES:
                    shutil.copy(dependency.artifact.resolve(), target)

    def _elasticsearch_home(self, version: str, target: Path) -> None:
        group = "org.elasticsearch.distribution.integ-test-zip"
        with self._maven() as maven:
            component = maven.project(group, "elasticsearch").at_version(version)
            archive = component.artifact(packaging="zip").resolve()
        with zipfile.ZipFile(archive) as packed:
            for item in packed.infolist():
                inside = Path(*Path(item.filename).parts[1:])
                if item.is_dir() or not inside.parts:
                    continue
                if ".." in inside.parts:
                    raise DownloadFailed(f"{archive} has the entry {item.filename}")
                path = target / inside
                path.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(item) as source, path.open("wb") as out:
                    shutil.copyfileobj(source, out)
                path.chmod(0o755 if inside.parts[0] == "bin" else 0o644)
        for folder in target.rglob("*"):
            if folder.is_dir():
                folder.chmod(0o755)
