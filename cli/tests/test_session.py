"""Credentials: which server gets them, and what the command prints when they do not suffice."""

from functools import partial
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from pichaven_chassis.auth import InsufficientScope
from pichaven_cli import __main__, credentials
from pichaven_cli.api import Api
from pichaven_cli.credentials import Credentials


@pytest.fixture(autouse=True)
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("PICHAVEN_API_KEY", raising=False)
    credentials.save(Credentials("http://127.0.0.1:1", "ann@example.org", "access", "refresh"))


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(__main__.app, arguments)
    return result.exit_code, " ".join(result.output.split())


def test_another_server_gets_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICHAVEN_URL", "http://127.0.0.1:2")
    exit_code, output = _run("status")
    assert exit_code == 1
    assert "Not logged in at http://127.0.0.1:2" in output


def test_the_same_server_may_be_written_with_a_slash() -> None:
    session = credentials.load()
    assert session is not None
    assert session.is_for("http://127.0.0.1:1/")


def test_the_scope_that_a_key_lacks_is_named_once_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        if request.url.path.endswith("/uploads/check"):
            return httpx.Response(200, json={"items": []})
        problem = InsufficientScope(["photos:write"])
        body = {"code": problem.code, "detail": problem.detail}
        return httpx.Response(problem.status, headers=problem.headers, json=body)

    api = partial(Api, transport=httpx.MockTransport(respond))
    monkeypatch.setattr(__main__, "Api", api)
    monkeypatch.setenv("PICHAVEN_API_KEY", "a key that may only read")
    for number in range(50):
        (tmp_path / f"{number}.jpg").write_bytes(b"%d" % number)

    exit_code, output = _run("upload", str(tmp_path), "--parallel", "1")

    assert exit_code == 1
    assert "The key in PICHAVEN_API_KEY lacks the scope photos:write." in output
    assert "Create a key that has it (POST /api/v1/me/api-keys)" in output
    assert len(requests) < 50, "the remaining files are not tried"
