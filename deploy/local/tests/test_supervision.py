"""Supervision, shown on small real processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from pichaven_local.component import Component, State
from pichaven_local.errors import CannotStart
from pichaven_local.probes import never
from pichaven_local.process import Command, end_session, is_alive, own_environment, shorten
from pichaven_local.state import RunningProcess, RunState, StateFile


def _python(code: str, directory: Path) -> Command:
    return Command([sys.executable, "-c", code], own_environment(), directory, stop_timeout_s=1)


def _component(code: str, directory: Path, *, once: bool = False) -> Component:
    return Component(
        "part",
        lambda: _python(code, directory),
        never if once else lambda: True,
        directory / "part.log",
        once=once,
    )


def _until(component: Component, check: Callable[[], bool], timeout_s: float = 15) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        component.tick(frozenset())
        assert time.monotonic() < deadline, f"{component.state}: {component.log_tail()}"
        time.sleep(0.02)


@contextmanager
def _running(component: Component) -> Iterator[Component]:
    try:
        yield component
    finally:
        component.stop()


def test_a_killed_part_is_started_again(tmp_path: Path) -> None:
    with _running(_component("import time; time.sleep(60)", tmp_path)) as part:
        _until(part, lambda: part.state is State.READY)
        first = part.pid
        part.kill()

        _until(part, lambda: part.state is State.READY and part.pid != first)

        assert part.restarts == 1
        assert part.last_exit == -signal.SIGKILL


def test_a_killed_part_is_not_ready_when_the_call_returns(tmp_path: Path) -> None:
    with _running(_component("import time; time.sleep(60)", tmp_path)) as part:
        _until(part, lambda: part.state is State.READY)

        part.kill()

        assert not part.settled
        assert part.tick(frozenset()), "whoever watches hears of it"
        heard = [part.state]
        while part.state is not State.READY:
            if part.tick(frozenset()):
                heard.append(part.state)
        assert heard == [State.RESTARTING, State.STARTING, State.READY]


def test_a_part_that_cannot_start_is_tried_again_and_says_why(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> Command:
        made.append(1)
        if len(made) < 3:
            raise CannotStart("no room")
        return _python("import time; time.sleep(60)", tmp_path)

    part = Component("part", make, lambda: True, tmp_path / "part.log")
    with _running(part):
        part.tick(frozenset())
        assert (part.state, part.trouble) == (State.RESTARTING, "it could not start: no room")

        _until(part, lambda: part.state is State.READY)


def test_a_part_whose_command_is_slow_to_make_keeps_no_other_waiting(tmp_path: Path) -> None:
    proceed = threading.Event()
    with ThreadPoolExecutor(1) as pool:

        def make() -> Command:
            assert proceed.wait(10)
            return _python("import time; time.sleep(60)", tmp_path)

        part = Component("part", make, lambda: True, tmp_path / "part.log", pool=pool)
        with _running(part):
            part.tick(frozenset())
            assert part.pid is None
            proceed.set()

            _until(part, lambda: part.state is State.READY)


def test_what_a_part_left_behind_when_it_died_is_gone_before_it_starts_again(
    tmp_path: Path,
) -> None:
    code = (
        "import subprocess, sys, os; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        "print(child.pid, flush=True); os._exit(1)"
    )
    with _running(_component(code, tmp_path)) as part:
        _until(part, lambda: part.restarts > 0)

        orphan = int(part.log_tail().splitlines()[0])

        assert not psutil.pid_exists(orphan) or _is_zombie(orphan)


def _is_zombie(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_log_that_grows_too_long_is_set_aside_and_the_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    with log.open("ab") as writer:
        writer.write(b"old\n" * 100)
        writer.flush()

        assert shorten(log, limit=100)
        writer.write(b"new\n")
        writer.flush()

    assert log.read_text() == "new\n"
    assert (tmp_path / "part.log.1").read_text() == "old\n" * 100
    assert not shorten(log, limit=100)


def test_what_a_killed_launcher_left_is_ended_and_nothing_else(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        "print(child.pid, flush=True); time.sleep(60)"
    )
    left = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert left.stdout is not None
    child = psutil.Process(int(left.stdout.readline()))
    began = psutil.Process(left.pid).create_time()
    try:
        assert end_session(left.pid, began - 3600) == 0, "the number of another process"
        assert left.poll() is None

        assert end_session(left.pid, began) == 2
        assert left.wait(5) == -signal.SIGKILL
        psutil.wait_procs([child], timeout=5)
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    finally:
        left.kill()
        left.wait()
        left.stdout.close()


def test_a_part_that_must_wait_is_not_started_before_its_time(tmp_path: Path) -> None:
    part = _component("pass", tmp_path, once=True)
    part.needs = frozenset({"kafka"})

    part.tick(frozenset())
    assert part.pid is None
    part.tick(frozenset({"kafka"}))
    assert part.pid is not None
    part.stop()


def test_a_step_is_repeated_until_it_succeeds_and_then_never_again(tmp_path: Path) -> None:
    flag = tmp_path / "tried"
    code = f"import pathlib, sys; p = pathlib.Path({str(flag)!r}); "
    code += "first = not p.exists(); p.touch(); sys.exit(first)"
    with _running(_component(code, tmp_path, once=True)) as part:
        _until(part, lambda: part.state is State.DONE)
        part.tick(frozenset())

        assert part.restarts == 1
        assert part.child is None


def test_stopping_leaves_no_process_even_of_one_that_does_not_listen(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        "print('up', flush=True); time.sleep(60)"
    )
    part = _component(code, tmp_path)
    _until(part, lambda: part.state is State.READY and "up" in part.log_tail())
    assert part.pid is not None
    family = [psutil.Process(part.pid), *psutil.Process(part.pid).children()]
    assert len(family) == 2

    part.stop()

    gone, alive = psutil.wait_procs(family, timeout=5)
    assert (len(gone), alive) == (2, [])


def test_children_die_with_a_launcher_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; "
        "from pichaven_local.process import Child, Command, own_environment; "
        "child = Child(Command([sys.executable, '-c', 'import time; time.sleep(60)'], "
        f"own_environment(), Path('.')), Path({str(tmp_path / 'c.log')!r})); "
        "print(child.pid, flush=True); time.sleep(60)"
    )
    launcher = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    child = psutil.Process(int(launcher.stdout.readline()))

    launcher.kill()
    launcher.wait()
    launcher.stdout.close()

    psutil.wait_procs([child], timeout=5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_two_launchers_cannot_have_one_folder(tmp_path: Path) -> None:
    first, second = StateFile(tmp_path), StateFile(tmp_path)
    first.lock()
    try:
        with pytest.raises(CannotStart, match="running already"):
            second.lock()
    finally:
        first.unlock()
    second.lock()
    second.unlock()


def test_state_is_read_as_it_was_written_and_rubbish_is_no_state(tmp_path: Path) -> None:
    file = StateFile(tmp_path)
    state = RunState(1, 2.0, "http://x", True, [RunningProcess("kafka", 3, 4.0, 5, "ready")])
    file.write(state)
    assert file.read() == state
    file.path.write_text("{")
    assert file.read() is None


def test_a_number_that_now_names_another_process_is_not_taken_for_it() -> None:
    me = psutil.Process(os.getpid())

    assert is_alive(me.pid, me.create_time())
    assert not is_alive(me.pid, me.create_time() - 3600)
