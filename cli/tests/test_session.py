"""Whose tokens are sent where."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pichaven_cli import credentials
from pichaven_cli.__main__ import app
from pichaven_cli.credentials import Credentials


@pytest.fixture(autouse=True)
def _logged_in_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("PICHAVEN_API_KEY", raising=False)
    credentials.save(Credentials("http://127.0.0.1:1", "ann@example.org", "access", "refresh"))


def test_another_server_gets_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICHAVEN_URL", "http://127.0.0.1:2")
    ended = CliRunner().invoke(app, ["status"])
    assert ended.exit_code == 1
    assert "Not logged in at http://127.0.0.1:2" in ended.output


def test_the_same_server_may_be_written_with_a_slash() -> None:
    stored = credentials.load()
    assert stored is not None
    assert stored.is_for("http://127.0.0.1:1/")
