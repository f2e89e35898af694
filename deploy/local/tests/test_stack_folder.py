"""What lies in a stack's folder: secrets, data of one server each, and what `reset` removes."""

import os
import stat
from pathlib import Path

import pytest

from pichaven_local.engines import elasticsearch
from pichaven_local.engines.server_choice import choose_flavour
from pichaven_local.errors import CannotStart
from pichaven_local.platform import load_table
from pichaven_local.secrets_file import load_secrets
from pichaven_local.stack import Stack
from pichaven_local.state import StateFile


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    made = load_secrets(tmp_path)

    assert load_secrets(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600
    assert load_secrets(tmp_path / "other") != made


def test_new_data_is_the_best_servers(tmp_path: Path) -> None:
    found = {"mongod": None, "secantusd-rs": "/usr/bin/secantusd-rs", "secantusd-py": "/venv/py"}

    assert choose_flavour("mongo", tmp_path, found) == "secantusd-rs"


def test_data_stays_with_the_server_that_wrote_it(tmp_path: Path) -> None:
    choose_flavour("mongo", tmp_path, {"mongod": None, "secantusd-py": "/venv/py"})

    again = choose_flavour("mongo", tmp_path, {"mongod": "/bin/mongod", "secantusd-py": "/venv/py"})

    assert again == "secantusd-py"


def test_data_whose_server_is_gone_is_not_given_to_another(tmp_path: Path) -> None:
    choose_flavour("mongo", tmp_path, {"mongod": "/bin/mongod", "secantusd-py": "/venv/py"})

    with pytest.raises(CannotStart, match="mongod is not on the PATH"):
        choose_flavour("mongo", tmp_path, {"mongod": None, "secantusd-py": "/venv/py"})


def test_reset_removes_the_data_and_nothing_else(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    for folder in ("data", "logs", "holiday"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").touch()
    load_secrets(tmp_path)

    stack.remove_data()

    assert {path.name for path in tmp_path.iterdir()} == {"holiday", "run"}


def test_reset_leaves_a_running_stack_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    running = StateFile(tmp_path)
    running.lock()
    try:
        with pytest.raises(CannotStart, match="running already"):
            Stack(tmp_path).remove_data()
    finally:
        running.unlock()

    assert (tmp_path / "data").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's Elasticsearch runs as another user")
def test_roots_elasticsearch_keeps_its_data_where_its_user_can_get_to(tmp_path: Path) -> None:
    open_place = Path("/var/tmp") / f"pichaven-test-{os.getpid()}"
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    assert elasticsearch.data_directory(open_place / "data") == open_place / "data"
    aside = elasticsearch.data_directory(closed / "data")
    assert aside.parent == Path("/var/tmp")
    assert elasticsearch.data_directory(closed / "data") == aside
    assert elasticsearch.data_directory(closed / "other") != aside


def test_addresses_and_keys_of_another_stack_are_not_taken_from_the_shell() -> None:
    placed = load_table().placed

    assert {"PICHAVEN_KAFKA_BOOTSTRAP_SERVERS", "PICHAVEN_HTTP_PORT"} <= placed
    assert "PICHAVEN_STORAGE_SECRET_ACCESS_KEY" in placed
    assert not {"PICHAVEN_LOG_LEVEL", "PICHAVEN_CLIP_MODEL"} & placed
