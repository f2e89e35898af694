"""`pichaven time … --query`: the server changes the photos, and the command follows its job."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pichaven_cli import __main__
from pichaven_gallery.jobs.schemas import JobRequest
from testing.http_server import respond_with


@dataclass
class Jobs:
    """A server that checks requests as the gallery does; a job is done at its third reading."""

    count: int = 3
    failures: list[dict[str, str]] = field(default_factory=list)
    counted: list[dict[str, str]] = field(default_factory=list)
    started: list[JobRequest] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    reads: int = 0

    def respond(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        if path == "/photos/count":
            self.counted.append(dict(parse_qsl(request.url.query.decode())))
            return httpx.Response(200, json={"count": self.count})
        if request.method == "POST":
            self.started.append(JobRequest.model_validate(json.loads(request.content)))
            self.keys.append(request.headers.get("idempotency-key"))
            return httpx.Response(202, json={"job_id": "j1"})
        return httpx.Response(200, json=self._job())

    def _job(self) -> dict[str, Any]:
        self.reads += 1
        done = self.reads > 2
        failed = len(self.failures) if done else 0
        return {
            "id": "j1",
            "state": "done" if done else "running",
            "matched": self.count,
            "done": self.count - failed if done else 0,
            "changed": self.count - failed - 1 if done else 2,
            "failed": failed,
            "failures": self.failures if done else [],
        }


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    server = Jobs()
    with respond_with(server.respond) as url:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        monkeypatch.setenv("PICHAVEN_API_KEY", "key")
        monkeypatch.setenv("PICHAVEN_URL", url)
        yield server


def _run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(__main__.app, ["time", *arguments], input=typed)


def test_photos_of_a_query_are_shifted_by_one_job_that_can_be_undone(server: Jobs) -> None:
    query = ("--query", "favorite=true", "--query", "from=2026-06-01")
    result = _run("shift", "--by", "-8h", *query, typed="y\n")

    assert result.exit_code == 0, result.output
    assert "Shift 3 photos by -8h?" in result.output
    assert "3 photos = 2 changed + 1 unchanged + 0 failed" in result.output
    assert "To undo it: pichaven time shift --by=PT8H --changed-by j1" in result.output
    assert server.counted == [{"favorite": "true", "from": "2026-06-01"}]
    expected = {
        "query": {"favorite": True, "from": "2026-06-01"},
        "action": "shift_time",
        "shift": "-PT8H",
    }
    assert server.started == [JobRequest.model_validate(expected)]
    assert server.keys[0]
    assert server.reads == 3


def test_what_a_job_changed_is_taken_back(server: Jobs) -> None:
    result = _run("shift", "--by=PT8H", "--changed-by", "j0", "--yes")

    assert result.exit_code == 0, result.output
    assert "--by=-PT8H --changed-by j1" in result.output
    [started] = server.started
    assert (started.changed_by, started.query) == ("j0", None)


def test_the_zone_of_the_whole_library_is_set_and_failures_are_named(server: Jobs) -> None:
    server.failures = [{"id": "p1", "code": "photo_in_trash", "detail": "Restore it first."}]
    result = _run("zone", "Asia/Tokyo", "--query", "all", "--yes")

    assert result.exit_code == 1
    assert "failed: p1: Restore it first." in result.output
    assert "3 photos = 1 changed + 1 unchanged + 1 failed" in result.output
    assert "To undo" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["--query", "all", "p1"],
        ["--query", "all", "--changed-by", "j0"],
        ["--query", "all", "--tag", "a"],
        ["--changed-by", "j0", "--camera", "a"],
        ["--query", "camera=a"],
    ],
)
def test_photos_are_named_in_one_way(server: Jobs, arguments: list[str]) -> None:
    assert _run("shift", "--by", "1h", *arguments).exit_code == 2
    assert server.started == []


def test_nothing_is_changed_without_a_yes_or_without_photos(server: Jobs) -> None:
    refused = _run("shift", "--by", "1h", "--query", "all", typed="n\n")
    server.count = 0
    empty = _run("shift", "--by", "1h", "--query", "tag=none")

    assert (refused.exit_code, empty.exit_code) == (1, 0)
    assert "No photo fits." in empty.output
    assert server.started == []
