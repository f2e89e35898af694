"""A stack's folder: secrets, the data of each engine's server, and what `reset` removes."""

import os
import stat
from pathlib import Path

import pytest

from pichaven_local.engines import elasticsearch
from pichaven_local.engines.server_choice import choose_server
from pichaven_local.errors import StartError
from pichaven_local.platform import load_table
from pichaven_local.secrets_file import load_secrets
from pichaven_local.stack import Stack
from pichaven_local.state import StateFile


def test_secrets_are_generated_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    secrets = load_secrets(tmp_path)

    assert load_secrets(tmp_path) == secrets
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600
    assert load_secrets(tmp_path / "other") != secrets


def test_new_data_is_for_the_best_server(tmp_path: Path) -> None:
    servers = {"mongod": None, "secantusd-rs": "/usr/bin/secantusd-rs", "secantusd-py": "/venv/py"}

    assert choose_server("mongo", tmp_path, servers) == "secantusd-rs"


def test_data_is_kept_by_the_server_that_wrote_it(tmp_path: Path) -> None:
    choose_server("mongo", tmp_path, {"mongod": None, "secantusd-py": "/venv/py"})

    name = choose_server("mongo", tmp_path, {"mongod": "/bin/mongod", "secantusd-py": "/venv/py"})

    assert name == "secantusd-py"


def test_data_whose_server_is_missing_is_an_error(tmp_path: Path) -> None:
    choose_server("mongo", tmp_path, {"mongod": "/bin/mongod", "secantusd-py": "/venv/py"})

    with pytest.raises(StartError, match="mongod is not on the PATH"):
        choose_server("mongo", tmp_path, {"mongod": None, "secantusd-py": "/venv/py"})


def test_reset_removes_only_the_data(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    for folder in ("data", "logs", "holiday"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").touch()
    load_secrets(tmp_path)

    stack.remove_data()

    assert {path.name for path in tmp_path.iterdir()} == {"holiday", "run"}


def test_reset_does_not_touch_a_running_stack(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    state_file = StateFile(tmp_path)
    state_file.lock()
    try:
        with pytest.raises(StartError, match="running already"):
            Stack(tmp_path).remove_data()
    finally:
        state_file.unlock()

    assert (tmp_path / "data").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's Elasticsearch runs as another user")
def test_the_data_of_roots_elasticsearch_is_where_its_user_can_reach_it(tmp_path: Path) -> None:
    open_folder = Path("/var/tmp") / f"pichaven-test-{os.getpid()}"
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    assert elasticsearch.data_directory(open_folder / "data") == open_folder / "data"
    fallback = elasticsearch.data_directory(closed / "data")
    assert fallback.parent == Path("/var/tmp")
    assert elasticsearch.data_directory(closed / "data") == fallback
    assert elasticsearch.data_directory(closed / "other") != fallback


def test_addresses_and_keys_are_deployment_settings() -> None:
    settings = load_table().deployment_settings

    assert {"PICHAVEN_KAFKA_BOOTSTRAP_SERVERS", "PICHAVEN_HTTP_PORT"} <= settings
    assert "PICHAVEN_STORAGE_SECRET_ACCESS_KEY" in settings
    assert not {"PICHAVEN_LOG_LEVEL", "PICHAVEN_CLIP_MODEL"} & settings
