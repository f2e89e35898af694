"""What the launcher does about a search index of another version of PicHaven."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from pichaven_local import console as terminal
from pichaven_local.model_file import ModelChoice, ModelFile, StackModels
from pichaven_local.model_switch import SwitchModel
from pichaven_local.state import RunningProcess, RunState, StateFile
from testing.http_server import respond_with

_SEARCH = """import json, pathlib, sys
arguments = sys.argv[1:]
if arguments == ["indexes"]:
    print(pathlib.Path("indexes.json").read_text())
else:
    pathlib.Path("called.json").write_text(json.dumps(arguments))
    sys.exit(int(pathlib.Path("exit").read_text()))
"""


class Stack:
    """A stack of this process, with a search that records what it is called with."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.run = directory / "run"

    def set_index(self, *, is_outdated: bool, model: str = "m/1") -> None:
        index = {"name": "photos-1", "model": model, "state": "searched"}
        index |= {"photos": 2, "embedded": 2, "is_outdated": is_outdated}
        (self.run / "indexes.json").write_text(json.dumps(index))

    @property
    def called(self) -> list[str] | None:
        path = self.run / "called.json"
        return json.loads(path.read_text()) if path.exists() else None

    def rebuild(self) -> str:
        """Return what is said."""
        assert isinstance(terminal.console.file, io.StringIO)
        SwitchModel(self.directory).rebuild_outdated_index()
        return terminal.console.file.getvalue()


@pytest.fixture
def launched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setattr(terminal.console, "file", io.StringIO())
    process = psutil.Process(os.getpid())
    with respond_with(lambda _request: httpx.Response(200, json={"model": "m/1"})) as ml:
        processes = [
            RunningProcess(name, process.pid, process.create_time(), httpx.URL(ml).port)
            for name in ("search", "ml")
        ]
        url = "http://127.0.0.1:1"
        StateFile(tmp_path).write(
            RunState(process.pid, process.create_time(), url, processes=processes)
        )
        package = tmp_path / "run" / "pichaven_search"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(_SEARCH)
        (tmp_path / "run" / "exit").write_text("0")
        (tmp_path / "logs").mkdir()
        ModelFile(tmp_path).write(StackModels(ModelChoice("m", {})))
        yield Stack(tmp_path)


def test_an_index_of_another_version_is_rebuilt(launched: Stack) -> None:
    launched.set_index(is_outdated=True)

    output = launched.rebuild()

    assert launched.called == ["rebuild", "--restart", "--delete-old"]
    assert "It is being rebuilt" in output
    assert "The search index is rebuilt." in output


def test_an_index_of_this_version_stays(launched: Stack) -> None:
    launched.set_index(is_outdated=False)

    assert launched.rebuild() == ""
    assert launched.called is None


def test_a_rebuild_that_is_refused_is_told(launched: Stack) -> None:
    launched.set_index(is_outdated=True)
    (launched.run / "exit").write_text("1")

    assert "The rebuild failed" in launched.rebuild()


def test_nothing_is_rebuilt_while_the_model_is_switched(launched: Stack) -> None:
    launched.set_index(is_outdated=True)
    models = StackModels(ModelChoice("m", {}), candidate=ModelChoice("n", {}))
    ModelFile(launched.directory).write(models)

    assert "`make model` again" in " ".join(launched.rebuild().split())
    assert launched.called is None


def test_an_index_of_a_model_that_no_ml_runs_is_left_to_the_operator(launched: Stack) -> None:
    launched.set_index(is_outdated=True, model="old/1")

    assert "No ml runs its model" in " ".join(launched.rebuild().split())
    assert launched.called is None
