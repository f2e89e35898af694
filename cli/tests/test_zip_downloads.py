"""`pichaven download --zip`: what it asks the server for, what it writes, and what it prints."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pichaven_cli import __main__
from pichaven_gallery.downloads.schemas import DownloadRequest
from testing.http_server import respond_with

ARCHIVE = b"PK" * 50_000
URL = "/api/v1/downloads/1?token=secret"


@dataclass
class Downloads:
    """A server that checks requests as the gallery does, and sends one archive."""

    requests: list[DownloadRequest] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)
    size: int = len(ARCHIVE)
    expired: bool = False

    def respond(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            assert request.url.raw_path.decode() == URL
            assert "x-api-key" not in request.headers
            if self.expired:
                return httpx.Response(
                    404, json={"code": "not_found", "detail": "Its time is over."}
                )
            return httpx.Response(200, content=ARCHIVE)
        self.requests.append(DownloadRequest.model_validate(json.loads(request.content)))
        body: dict[str, Any] = {
            "url": URL,
            "size": self.size,
            "count": 2,
            "failed": len(self.failures),
            "failures": self.failures,
        }
        return httpx.Response(201, json=body)


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Downloads]:
    downloads = Downloads()
    with respond_with(downloads.respond) as url:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        monkeypatch.setenv("PICHAVEN_API_KEY", "key")
        monkeypatch.setenv("PICHAVEN_URL", url)
        monkeypatch.chdir(tmp_path)
        yield downloads


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(__main__.app, ["download", *arguments])


def test_photos_that_are_named_are_written_to_one_file(downloads: Downloads) -> None:
    result = _run("p1", "p2", "p1", "--zip", "a.zip")

    assert result.exit_code == 0, result.output
    assert "a.zip: 2 photos, 0 failed" in result.output
    assert Path("a.zip").read_bytes() == ARCHIVE
    assert downloads.requests == [DownloadRequest(ids=["p1", "p2"])]
    assert [path.name for path in Path().iterdir()] == ["a.zip"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (["all"], {}),
        (["favorite=true"], {"favorite": True}),
        (["tag=a=b", "from=2026-06-01"], {"tag": "a=b", "from": "2026-06-01"}),
        (["trashed=true"], {"trashed": True}),
    ],
)
def test_a_query_has_the_filters_of_lists(
    downloads: Downloads, query: list[str], expected: dict[str, Any]
) -> None:
    options = [word for part in query for word in ("--query", part)]
    result = _run(*options, "--zip", "a.zip")

    assert result.exit_code == 0, result.output
    assert downloads.requests == [DownloadRequest.model_validate({"query": expected})]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--zip", "a.zip"],
        ["p1", "--query", "all", "--zip", "a.zip"],
        ["--query", "favourite=true", "--zip", "a.zip"],
        ["--query", "favorite", "--zip", "a.zip"],
        ["--query", "favorite=yes", "--zip", "a.zip"],
        ["--query", "tag=a", "--query", "tag=b", "--zip", "a.zip"],
        ["--query", "all", "--query", "tag=b", "--zip", "a.zip"],
        ["--query", "all"],
    ],
)
def test_what_names_no_photos_is_refused_before_anything_is_sent(
    downloads: Downloads, arguments: list[str]
) -> None:
    assert _run(*arguments).exit_code == 2
    assert downloads.requests == []


def test_a_file_that_is_there_stays_as_it_is(downloads: Downloads) -> None:
    Path("a.zip").write_bytes(b"mine")

    result = _run("p1", "--zip", "a.zip")

    assert result.exit_code == 1
    assert "is there already" in result.output
    assert Path("a.zip").read_bytes() == b"mine"
    assert downloads.requests == []


def test_what_is_not_whole_gets_no_name(downloads: Downloads) -> None:
    downloads.size += 1

    result = _run("p1", "--zip", "a.zip")

    assert result.exit_code == 1
    assert "100,000 of 100,001 bytes arrived" in result.output
    assert list(Path().iterdir()) == []


def test_a_refusal_is_said_in_the_servers_words(downloads: Downloads) -> None:
    downloads.expired = True

    result = _run("p1", "--zip", "a.zip")

    assert result.exit_code == 1
    assert "Its time is over." in result.output
    assert list(Path().iterdir()) == []


def test_photos_that_are_not_in_it_are_named(downloads: Downloads) -> None:
    downloads.failures = [{"id": "p3", "code": "not_found", "detail": "There is no such photo."}]

    result = _run("p1", "p2", "p3", "--zip", "a.zip")

    assert result.exit_code == 1
    assert "failed: p3: There is no such photo." in result.output
    assert Path("a.zip").read_bytes() == ARCHIVE
