"""What `search` asks the server for, and what it prints."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from typer.testing import CliRunner

from pichaven_cli import __main__
from testing.http_server import respond_with


@pytest.fixture
def queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """A server that counts tags and types if it is to; yields the queries that it gets."""
    received: list[dict[str, Any]] = []

    def respond(request: httpx.Request) -> httpx.Response:
        query = parse_qs(request.url.query.decode())
        received.append(query)
        names = query["facets"][0].split(",") if "facets" in query else ()
        facets = {name: [{"value": "sea", "count": 2}] for name in names} or None
        page = {"items": [], "facets": facets, "total": 2, "took_ms": 1, "model": "m"}
        return httpx.Response(200, json=page)

    with respond_with(respond) as url:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        monkeypatch.setenv("PICHAVEN_API_KEY", "key")
        monkeypatch.setenv("PICHAVEN_URL", url)
        yield received


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(__main__.app, ["search", "lake", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_facets_are_counted_and_printed_on_request(queries: list[dict[str, Any]]) -> None:
    assert "sea" not in _run()
    output = _run("--facets", "tags,types")
    assert "tags: sea 2\ntypes: sea 2\n" in output
    assert [query.get("facets") for query in queries] == [None, ["tags,types"]]


def test_the_sizes_of_the_json_are_the_callers(queries: list[dict[str, Any]]) -> None:
    assert json.loads(_run("--json", "--variants", "400,1920"))["total"] == 2
    assert queries[0]["variants"] == ["400,1920"]
