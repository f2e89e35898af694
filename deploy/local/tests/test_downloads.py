"""Downloads from a local HTTP server: whole, verified, resumed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from pichaven_local.downloads import ArtifactDownloader, DownloadError, EngineCache, no_progress
from pichaven_local.errors import StartError
from testing.http_server import respond_with

JAR = b"0123456789" * 100_000


@dataclass
class Repository:
    url: str = ""
    sha1: str | None = hashlib.sha1(JAR).hexdigest()
    breaks_after: int | None = None
    """The next response ends after so many bytes."""
    ranges: list[str | None] = field(default_factory=list)

    def respond(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/a.jar.sha1" and self.sha1 is not None:
            return httpx.Response(200, text=f"{self.sha1}  a.jar\n")
        if request.url.path != "/a.jar":
            return httpx.Response(404)
        header = request.headers.get("Range")
        self.ranges.append(header)
        rest = JAR[int(header.removeprefix("bytes=").rstrip("-")) if header else 0 :]
        end, self.breaks_after = self.breaks_after, None
        length = {"Content-Length": str(len(rest))}
        return httpx.Response(206 if header else 200, headers=length, content=rest[:end])


@pytest.fixture
def repository() -> Iterator[Repository]:
    repository = Repository()
    with respond_with(repository.respond) as repository.url:
        yield repository


@pytest.fixture
def downloader() -> Iterator[ArtifactDownloader]:
    with httpx.Client(trust_env=False) as client:
        yield ArtifactDownloader(client, no_progress, backoff_s=0)


def test_a_file_arrives_whole(
    repository: Repository, downloader: ArtifactDownloader, tmp_path: Path
) -> None:
    target = tmp_path / "deep" / "a.jar"

    assert downloader.fetch(f"{repository.url}/a.jar", target)

    assert target.read_bytes() == JAR
    assert list(target.parent.iterdir()) == [target]


def test_a_broken_download_is_resumed_where_it_ended(
    repository: Repository, downloader: ArtifactDownloader, tmp_path: Path
) -> None:
    repository.breaks_after = 300_000

    assert downloader.fetch(f"{repository.url}/a.jar", tmp_path / "a.jar")

    first, second = repository.ranges
    assert first is None
    assert second is not None
    assert second.startswith("bytes=2")
    assert (tmp_path / "a.jar").read_bytes() == JAR


def test_the_partial_file_of_a_killed_launcher_is_resumed(
    repository: Repository, downloader: ArtifactDownloader, tmp_path: Path
) -> None:
    (tmp_path / "a.jar.part").write_bytes(JAR[:999_000])

    assert downloader.fetch(f"{repository.url}/a.jar", tmp_path / "a.jar")

    assert repository.ranges == ["bytes=999000-"]
    assert (tmp_path / "a.jar").read_bytes() == JAR


def test_a_partial_file_with_wrong_bytes_is_downloaded_again(
    repository: Repository, downloader: ArtifactDownloader, tmp_path: Path
) -> None:
    (tmp_path / "a.jar.part").write_bytes(b"x" * 500)

    assert downloader.fetch(f"{repository.url}/a.jar", tmp_path / "a.jar")

    assert (tmp_path / "a.jar").read_bytes() == JAR


def test_a_file_with_another_sha1_than_the_published_is_rejected(
    repository: Repository, downloader: ArtifactDownloader, tmp_path: Path
) -> None:
    repository.sha1 = hashlib.sha1(b"other").hexdigest()

    with pytest.raises(DownloadError, match="SHA-1"):
        downloader.fetch(f"{repository.url}/a.jar", tmp_path / "a.jar")

    assert not (tmp_path / "a.jar").exists()


def test_a_file_that_the_repository_lacks_is_not_an_error(
    repository: Repository, downloader: ArtifactDownloader, tmp_path: Path
) -> None:
    assert not downloader.fetch(f"{repository.url}/b.jar", tmp_path / "b.jar")


def test_an_engine_that_cannot_be_downloaded_leaves_nothing_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    with pytest.raises(StartError, match="Check the connection"):
        EngineCache(tmp_path).elasticsearch("8.19.21")

    assert not (tmp_path / "elasticsearch-8.19.21").exists()
    assert not list(tmp_path.glob(".elasticsearch-8.19.21-*"))
