"""Credentials: which server gets them, and what the command prints when they do not suffice."""

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from pichaven_chassis.auth import InsufficientScope
from pichaven_cli import __main__, credentials
from pichaven_cli.api import Api, Unreachable
from pichaven_cli.credentials import Credentials
from testing.http_server import respond_with
from testing.upload_api import UploadApi, listening


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


def test_a_refresh_that_the_platform_is_not_ready_for_does_not_end_the_session() -> None:
    session = credentials.load()

    def starting(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503 if request.url.path.endswith("/auth/refresh") else 401)

    api = Api("http://pichaven", credentials=session, transport=httpx.MockTransport(starting))

    with pytest.raises(Unreachable, match="503 Service Unavailable while the session was refresh"):
        api.get("/me")


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
        return httpx.Response(problem.status, headers=dict(problem.headers), json=body)

    monkeypatch.setenv("PICHAVEN_API_KEY", "a key that may only read")
    for number in range(20):
        (tmp_path / f"{number}.jpg").write_bytes(b"%d" % number)

    with respond_with(respond) as url:
        monkeypatch.setenv("PICHAVEN_URL", url)
        exit_code, output = _run("upload", str(tmp_path), "--parallel", "1")

    assert exit_code == 1
    assert "The key in PICHAVEN_API_KEY lacks the scope photos:write." in output
    assert "Create a key that has it (POST /api/v1/me/api-keys)" in output
    assert requests == ["/api/v1/uploads/check", "/api/v1/uploads"]


def test_a_failure_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "[red].jpg").touch()
    (tmp_path / "good.jpg").write_bytes(b"good")
    monkeypatch.setenv("PICHAVEN_API_KEY", "k")
    with listening(UploadApi()) as url:
        monkeypatch.setenv("PICHAVEN_URL", url)

        result = CliRunner().invoke(__main__.app, ["upload", str(tmp_path)])

    assert result.exit_code == 1
    lines = [line for line in result.output.splitlines() if "[red].jpg" in line]
    assert lines == [f"failed: {tmp_path}/[red].jpg: The file is empty."]
    assert result.stdout == "2 files = 1 uploaded + 0 already there + 1 failed\n"


def test_a_login_sends_the_token_of_this_device_and_a_proof_where_one_is_required() -> None:
    sent: list[dict[str, Any]] = []

    def respond(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        sent.append(body)
        if "proof" not in body:
            problem = {"code": "proof_required", "detail": "Send it again with a `proof`."}
            extra = {"proof_bits": 8, "proof_minute": 29_706_731}
            return httpx.Response(429, json=problem | extra, headers={"Retry-After": "300"})
        return httpx.Response(200, json={"access_token": "a"})

    api = Api("http://pichaven", transport=httpx.MockTransport(respond))

    assert api.log_in("ann@example.org", "secret", "phd_x") == {"access_token": "a"}

    assert [body["device_token"] for body in sent] == ["phd_x", "phd_x"]
    proof = sent[1]["proof"]
    minute, _, nonce = proof.partition(":")
    digest = hashlib.sha256(f"{minute}:ann@example.org:{nonce}".encode()).digest()
    assert (minute, digest[0]) == ("29706731", 0)


def test_a_device_token_is_kept_for_its_server_and_address_beyond_a_log_out() -> None:
    credentials.save_device_token("http://a.example/", "Ann@example.org", "phd_1")
    credentials.save_device_token("http://b.example", "ann@example.org", "phd_2")

    credentials.delete()

    assert credentials.load_device_token("http://a.example", "ann@example.org ") == "phd_1"
    assert credentials.load_device_token("http://b.example", "eve@example.org") is None
    [devices] = credentials.credentials_path().parent.glob("devices.json")
    assert devices.stat().st_mode & 0o077 == 0
