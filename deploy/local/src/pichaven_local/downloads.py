"""Download of Kafka and Elasticsearch as Maven artifacts, and of a JDK, into a shared cache.

An engine is unpacked into a staging folder and renamed, so the cache has it whole or not at all.
An artifact gets its name only when its SHA-1 is the published one; a broken download is resumed.
"""

import fcntl
import hashlib
import os
import shutil
import socket
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import jdk
import jgo.maven

from pichaven_local.errors import StartError

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Takes a file's name and size; yields a function that takes the count of each chunk's bytes."""

_JDK_VERSION: Final = "21"
_ENGINE_ADVICE: Final = (
    "Check the connection (proxies are taken from HTTPS_PROXY) and try again: what has arrived is "
    "kept. Or copy {target} from a machine that has it."
)
_JDK_ADVICE: Final = """Install a JDK by the system's packages instead:
  Debian, Ubuntu   apt-get install default-jdk-headless
  Fedora, RHEL     dnf install java-21-openjdk-devel
  Homebrew         brew install openjdk@21; export JAVA_HOME="$(brew --prefix openjdk@21)"
Or set JAVA_HOME to any JDK 17 or newer."""
_SKIPPED_SCOPES: Final = frozenset({"test", "provided", "system"})
_TRIES: Final = 4
_BACKOFF_S: Final = 0.5
_CHUNK: Final = 256 << 10
_TIMEOUT_S: Final = 30
_NOT_FOUND: Final = 404
_RANGE_BEYOND_END: Final = 416
_PARTIAL: Final = 206


def cache_directory() -> Path:
    """Return PICHAVEN_CACHE or a default; root's can be read by a server of another user."""
    configured = os.environ.get("PICHAVEN_CACHE")
    if configured:
        return Path(configured).expanduser().absolute()
    return Path("/var/cache/pichaven") if os.geteuid() == 0 else Path.home() / ".cache/pichaven"


@contextmanager
def no_progress(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
    yield lambda _count: None


class DownloadError(Exception):
    """Raised when an artifact cannot be downloaded; the message has its URL and the reason."""


class ArtifactDownloader:
    """Downloads files of Maven repositories, verifies their SHA-1 and resumes broken downloads."""

    def __init__(
        self, client: httpx.Client, progress: Progress, *, backoff_s: float = _BACKOFF_S
    ) -> None:
        self._client = client
        self._progress = progress
        self._backoff_s = backoff_s

    def fetch(self, url: str, target: Path) -> bool:
        """Download `url` to `target`; return False when the repository does not have it.

        Raises `DownloadError` after several tries. A repeated call resumes, also after a kill.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        reason = ""
        for attempt in range(_TRIES):
            time.sleep(attempt * self._backoff_s)
            try:
                expected = self._published_sha1(url)
                if not self._resume(url, part):
                    return False
            except (httpx.HTTPError, OSError) as error:
                reason = f"{type(error).__name__}: {error}"
                continue
            with part.open("rb") as file:
                sha1 = hashlib.file_digest(file, "sha1").hexdigest()
            if expected in {None, sha1}:
                part.replace(target)
                return True
            part.unlink()
            reason = f"its SHA-1 is {sha1}, and {expected} is published"
        raise DownloadError(f"{url}: {reason}")

    def _published_sha1(self, url: str) -> str | None:
        """Return None when the repository publishes none."""
        response = self._client.get(f"{url}.sha1")
        if response.status_code == _NOT_FOUND:
            return None
        response.raise_for_status()
        words = response.text.split()
        return words[0].lower() if words else None

    def _resume(self, url: str, part: Path) -> bool:
        offset = part.stat().st_size if part.exists() else 0
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        with self._client.stream("GET", url, headers=headers) as response:
            if response.status_code == _NOT_FOUND:
                return False
            if response.status_code == _RANGE_BEYOND_END:
                return True
            response.raise_for_status()
            resumed = response.status_code == _PARTIAL
            size = int(response.headers.get("Content-Length", 0)) + (offset if resumed else 0)
            name = url.rpartition("/")[2]
            with self._progress(name, size) as advance, part.open("ab" if resumed else "wb") as out:
                if resumed:
                    advance(offset)
                for chunk in response.iter_bytes(_CHUNK):
                    out.write(chunk)
                    advance(len(chunk))
        return True


class _Resolver(jgo.maven.PythonResolver):
    """A resolver with verified downloads.

    Its base class only warns of a wrong checksum and leaves partial files behind.
    """

    def __init__(self, downloader: ArtifactDownloader) -> None:
        super().__init__()
        self._downloader = downloader

    def download(self, artifact: Any) -> Path:
        target: Path = artifact.cached_path
        prefix = artifact.component.path_prefix.as_posix()
        for repository in artifact.context.remote_repos.values():
            if self._downloader.fetch(f"{repository}/{prefix}/{artifact.filename}", target):
                return target
        raise DownloadError(f"no repository has {artifact.filename}")


class EngineCache:
    """The folders of the downloaded engines; a missing one is downloaded."""

    def __init__(self, directory: Path | None = None, progress: Progress | None = None) -> None:
        self._directory = directory or cache_directory()
        self._progress = progress or no_progress

    def kafka(self, version: str) -> Path:
        """Return the folder of Kafka's jars, with a logger that writes to stderr."""
        return self._get(f"kafka-{version}-logging", partial(self._download_kafka, version))

    def elasticsearch(self, version: str) -> Path:
        """Return Elasticsearch's home, which every user can read."""
        name = f"elasticsearch-{version}"
        return self._get(name, partial(self._download_elasticsearch, version))

    def jdk(self, vendor: str = "Adoptium") -> Path:
        """Return a folder with a JDK in a folder below, as `preflight.find_java` looks for it."""
        return self._get(f"jdk-{_JDK_VERSION}", partial(self._download_jdk, vendor), _JDK_ADVICE)

    def _get(
        self, name: str, download: Callable[[Path], None], advice: str = _ENGINE_ADVICE
    ) -> Path:
        target = self._directory / name
        if target.is_dir():
            return target
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with self._lock(name):
                if target.is_dir():
                    return target
                for leftover in self._directory.glob(f".{name}-*"):
                    shutil.rmtree(leftover, ignore_errors=True)
                staging = Path(tempfile.mkdtemp(dir=self._directory, prefix=f".{name}-"))
                try:
                    download(staging)
                    staging.chmod(0o755)
                    staging.rename(target)
                finally:
                    shutil.rmtree(staging, ignore_errors=True)
        except Exception as error:
            raise StartError(
                f"{name} could not be downloaded: {error}\n{advice.format(target=target)}"
            ) from error
        return target

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        """Let one launcher at a time download an engine; the others wait and then have it."""
        with (self._directory / f".{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _maven(self) -> Iterator[Any]:
        timeout = httpx.Timeout(_TIMEOUT_S)
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            resolver = _Resolver(ArtifactDownloader(client, self._progress))
            yield jgo.maven.MavenContext(
                repo_cache=self._directory / "maven", resolver=resolver, timeout=_TIMEOUT_S
            )

    def _download_jdk(self, vendor: str, target: Path) -> None:
        # install-jdk sets no timeout, and writes the archive to a name in the folder of temporary
        # files that every user can guess.
        socket.setdefaulttimeout(_TIMEOUT_S)
        with tempfile.TemporaryDirectory(dir=self._directory, prefix=".jdk-archive-") as folder:
            tempfile.tempdir = folder
            try:
                jdk.install(_JDK_VERSION, path=str(target), vendor=vendor)
            finally:
                tempfile.tempdir = None
                socket.setdefaulttimeout(None)
        if os.geteuid() == 0:
            # As root, tar gives the files to the users of the archive.
            for path in target.rglob("*"):
                os.chown(path, 0, 0, follow_symlinks=False)

    def _download_kafka(self, version: str, target: Path) -> None:
        with self._maven() as maven:
            component = maven.project("org.apache.kafka", "kafka_2.13").at_version(version)
            inputs, dependencies = maven.resolver.resolve(
                [jgo.maven.Dependency(component.artifact())]
            )
            # The artifact comes without a logger, and would not log its errors.
            slf4j = next(
                dependency
                for dependency in dependencies
                if dependency.artifact.component.artifactId == "slf4j-api"
            )
            logger = maven.project("org.slf4j", "slf4j-simple").at_version(slf4j.version)
            shutil.copy(logger.artifact().resolve(), target)
            for dependency in [*inputs, *dependencies]:
                if str(dependency.scope) not in _SKIPPED_SCOPES:
                    shutil.copy(dependency.artifact.resolve(), target)

    def _download_elasticsearch(self, version: str, target: Path) -> None:
        group = "org.elasticsearch.distribution.integ-test-zip"
        with self._maven() as maven:
            component = maven.project(group, "elasticsearch").at_version(version)
            archive = component.artifact(packaging="zip").resolve()
        with zipfile.ZipFile(archive) as package:
            for entry in package.infolist():
                relative = Path(*Path(entry.filename).parts[1:])
                if entry.is_dir() or not relative.parts:
                    continue
                if ".." in relative.parts:
                    raise DownloadError(f"{archive} has the entry {entry.filename}")
                path = target / relative
                path.parent.mkdir(parents=True, exist_ok=True)
                with package.open(entry) as source, path.open("wb") as out:
                    shutil.copyfileobj(source, out)
                path.chmod(0o755 if relative.parts[0] == "bin" else 0o644)
        for folder in target.rglob("*"):
            if folder.is_dir():
                folder.chmod(0o755)
