"""Supervision of components, with small real processes."""

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
from pichaven_local.errors import StartError
from pichaven_local.probes import never_ready
from pichaven_local.process import Command, end_session, is_alive, own_environment, rotate_log
from pichaven_local.state import RunningProcess, RunState, StateFile


def _python(code: str, directory: Path) -> Command:
    return Command([sys.executable, "-c", code], own_environment(), directory, stop_timeout_s=1)


def _component(code: str, directory: Path, *, once: bool = False) -> Component:
    return Component(
        "component",
        lambda: _python(code, directory),
        never_ready if once else lambda: True,
        directory / "log",
        once=once,
    )


def _tick_until(component: Component, check: Callable[[], bool], timeout_s: float = 15) -> None:
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


def test_a_killed_component_is_started_again(tmp_path: Path) -> None:
    with _running(_component("import time; time.sleep(60)", tmp_path)) as component:
        _tick_until(component, lambda: component.state is State.READY)
        first = component.pid
        component.kill()

        _tick_until(component, lambda: component.state is State.READY and component.pid != first)

        assert component.restarts == 1
        assert component.last_exit_code == -signal.SIGKILL


def test_a_killed_component_is_not_ready_when_the_call_returns(tmp_path: Path) -> None:
    with _running(_component("import time; time.sleep(60)", tmp_path)) as component:
        _tick_until(component, lambda: component.state is State.READY)

        component.kill()

        assert not component.ready
        assert component.tick(frozenset()), "the change is reported"
        states = [component.state]
        while component.state is not State.READY:
            if component.tick(frozenset()):
                states.append(component.state)
        assert states == [State.RESTARTING, State.STARTING, State.READY]


def test_a_component_that_cannot_start_is_restarted_and_says_why(tmp_path: Path) -> None:
    calls: list[int] = []

    def make() -> Command:
        calls.append(1)
        if len(calls) < 3:
            raise StartError("no room")
        return _python("import time; time.sleep(60)", tmp_path)

    component = Component("component", make, lambda: True, tmp_path / "log")
    with _running(component):
        component.tick(frozenset())
        assert (component.state, component.restart_reason) == (
            State.RESTARTING,
            "it could not start: no room",
        )

        _tick_until(component, lambda: component.state is State.READY)


def test_a_slow_command_does_not_block_the_tick(tmp_path: Path) -> None:
    proceed = threading.Event()
    with ThreadPoolExecutor(1) as pool:

        def make() -> Command:
            assert proceed.wait(10)
            return _python("import time; time.sleep(60)", tmp_path)

        component = Component("component", make, lambda: True, tmp_path / "log", pool=pool)
        with _running(component):
            component.tick(frozenset())
            assert component.pid is None
            proceed.set()

            _tick_until(component, lambda: component.state is State.READY)


def test_orphans_of_an_ended_process_are_killed_before_its_restart(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, os; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        "print(child.pid, flush=True); os._exit(1)"
    )
    with _running(_component(code, tmp_path)) as component:
        _tick_until(component, lambda: component.restarts > 0 and component.pid is not None)

        orphan = int(component.log_tail().splitlines()[0])

        assert _has_ended(orphan)


def _has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_log_over_the_limit_is_rotated_and_the_writer_continues(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    with log.open("ab") as writer:
        writer.write(b"old\n" * 100)
        writer.flush()

        assert rotate_log(log, limit=100)
        writer.write(b"new\n")
        writer.flush()

    assert log.read_text() == "new\n"
    assert (tmp_path / "kafka.log.1").read_text() == "old\n" * 100
    assert not rotate_log(log, limit=100)


def test_only_the_processes_of_a_killed_launcher_are_ended(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        "print(child.pid, flush=True); time.sleep(60)"
    )
    leftover = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert leftover.stdout is not None
    child = psutil.Process(int(leftover.stdout.readline()))
    started_at = psutil.Process(leftover.pid).create_time()
    try:
        assert end_session(leftover.pid, started_at - 3600) == 0, "the pid of another process"
        assert leftover.poll() is None

        assert end_session(leftover.pid, started_at) == 2
        assert leftover.wait(5) == -signal.SIGKILL
        psutil.wait_procs([child], timeout=5)
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    finally:
        leftover.kill()
        leftover.wait()
        leftover.stdout.close()


def test_a_component_starts_after_those_it_needs(tmp_path: Path) -> None:
    component = _component("pass", tmp_path, once=True)
    component.needs = frozenset({"kafka"})

    component.tick(frozenset())
    assert component.pid is None
    component.tick(frozenset({"kafka"}))
    assert component.pid is not None
    component.stop()


def test_a_setup_step_is_repeated_until_it_succeeds_and_then_never_again(tmp_path: Path) -> None:
    flag = tmp_path / "tried"
    code = f"import pathlib, sys; p = pathlib.Path({str(flag)!r}); "
    code += "first = not p.exists(); p.touch(); sys.exit(first)"
    with _running(_component(code, tmp_path, once=True)) as component:
        _tick_until(component, lambda: component.state is State.DONE)
        component.tick(frozenset())

        assert component.restarts == 1
        assert component.child is None


@pytest.mark.slow
def test_stop_ends_all_processes_even_one_that_ignores_the_signal(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        "print('up', flush=True); time.sleep(60)"
    )
    component = _component(code, tmp_path)
    _tick_until(component, lambda: component.state is State.READY and "up" in component.log_tail())
    assert component.pid is not None
    processes = [psutil.Process(component.pid), *psutil.Process(component.pid).children()]
    assert len(processes) == 2

    component.stop()

    ended, alive = psutil.wait_procs(processes, timeout=5)
    assert (len(ended), alive) == (2, [])


@pytest.mark.slow
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


def test_two_launchers_cannot_run_in_one_folder(tmp_path: Path) -> None:
    first, second = StateFile(tmp_path), StateFile(tmp_path)
    first.lock()
    try:
        with pytest.raises(StartError, match="running already"):
            second.lock()
    finally:
        first.unlock()
    second.lock()
    second.unlock()


def test_the_state_file_round_trips_and_invalid_json_is_no_state(tmp_path: Path) -> None:
    file = StateFile(tmp_path)
    state = RunState(1, 2.0, "http://x", True, [RunningProcess("kafka", 3, 4.0, 5, "ready")])
    file.write(state)
    assert file.read() == state
    file.path.write_text("{")
    assert file.read() is None


def test_a_process_that_reuses_a_pid_is_not_the_same() -> None:
    process = psutil.Process(os.getpid())

    assert is_alive(process.pid, process.create_time())
    assert not is_alive(process.pid, process.create_time() - 3600)
