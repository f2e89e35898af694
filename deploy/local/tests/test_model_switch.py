"""What `model` says where a switch cannot begin, and what it shows of its progress."""

import io
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from rich.console import Console

from pichaven_local.console import duration, photo_bar
from pichaven_local.errors import StartError
from pichaven_local.model_switch import (
    JobFailed,
    RunningStack,
    SwitchModel,
    describe_unused,
)
from pichaven_local.process import own_environment
from pichaven_local.state import RunningProcess, RunState, StateFile
from testing.http_server import respond_with


@pytest.fixture
def running(tmp_path: Path) -> RunningStack:
    """A stack whose launcher is this process, without components."""
    process = psutil.Process(os.getpid())
    StateFile(tmp_path).write(RunState(process.pid, process.create_time(), "http://127.0.0.1:1"))
    return RunningStack(tmp_path)


def test_a_stack_that_does_not_run_cannot_be_switched(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()

    with pytest.raises(StartError, match="`make up` starts it"):
        SwitchModel(tmp_path)("pichaven-tiny")


def test_a_stack_without_ml_cannot_be_switched(running: RunningStack, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="ml does not run"):
        SwitchModel(tmp_path)("pichaven-tiny")


def test_an_ml_that_does_not_respond_at_once_is_asked_again(
    running: RunningStack, tmp_path: Path
) -> None:
    busy = iter([503, 200, 503])

    def respond(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(next(busy, 200), json={"model": "m/1"})

    with respond_with(respond) as url:
        state = StateFile(tmp_path).read()
        assert state is not None
        process = psutil.Process(os.getpid())
        ml = RunningProcess("ml", process.pid, process.create_time(), httpx.URL(url).port)
        StateFile(tmp_path).write(replace(state, processes=[ml]))

        assert running.model("ml") == "m/1"
        assert running.model("ml-next") is None


def test_one_switch_at_a_time(running: RunningStack, tmp_path: Path) -> None:
    with running.lock(), pytest.raises(StartError, match="Another `make model`"):
        SwitchModel(tmp_path)("pichaven-tiny")


def test_the_log_and_the_output_of_a_job_are_apart(running: RunningStack, tmp_path: Path) -> None:
    script = """import json, sys
print(json.dumps({"event": "progress", "done": 1}), file=sys.stderr, flush=True)
print(json.dumps({"name": "photos-1"}))
print("refused: no")
sys.exit(int(sys.argv[1]))
"""
    (tmp_path / "job.py").write_text(script)
    environment = own_environment() | {"PYTHONPATH": str(tmp_path)}
    events: list[Mapping[str, Any]] = []

    assert running.run(["job", "0"], environment) == ['{"name": "photos-1"}', "refused: no"]
    with pytest.raises(JobFailed, match="refused: no\n`job 1` failed; see"):
        running.run(["job", "1"], environment, events.append)

    assert events == [{"event": "progress", "done": 1}]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "about 1 second"),
        (3.4, "about 3 seconds"),
        (100, "about 100 seconds"),
        (130, "about 2 minutes"),
        (7300, "about 2 hours"),
    ],
)
def test_a_duration_is_rough(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_second_round_does_not_move_the_bar_back() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)

    with photo_bar(console, "embed") as update:
        update(20, 30)
        update(1, 30)

    assert isinstance(console.file, io.StringIO)
    assert re.findall(r"\d+/30", console.file.getvalue())[-1] == "20/30"


def test_embeddings_that_no_ml_can_search_are_told_with_the_way_out() -> None:
    assert describe_unused("old/1", {"old/1", None}, "new") is None
    sentence = describe_unused("old/1", {"new/2", None}, "new")
    assert sentence is not None
    assert "old/1" in sentence
    assert "make model NAME=new" in sentence
