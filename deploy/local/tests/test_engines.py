"""The real engines, started by the launcher's command line."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import httpx
import psutil
import pytest

from pichaven_local.ports import PORT_SETTING, Ports
from pichaven_local.stack import Stack
from pichaven_local.state import RunState, StateFile

pytestmark = pytest.mark.engines


class Launcher:
    def __init__(self, directory: Path) -> None:
        self.ports = Ports.free()
        self.directory = directory
        self._environment = os.environ | {
            f"{PORT_SETTING}{name.upper()}": str(port) for name, port in asdict(self.ports).items()
        }
        self.process = self._popen("engines")

    def _popen(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pichaven_local", command, "--directory", str(self.directory)],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> tuple[int, str]:
        process = self._popen(command)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output

    def wait_ready(self) -> RunState:
        deadline = time.monotonic() + 150
        file = StateFile(self.directory)
        while True:
            state = file.read()
            if state is not None and state.ready:
                return state
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < deadline, state
            time.sleep(0.2)

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


def _all_ended(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=15)
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)


def test_engines_start_keep_their_data_and_leave_no_process(tmp_path: Path) -> None:
    launcher = Launcher(tmp_path)
    try:
        state = launcher.wait_ready()
        assert {process.name for process in state.processes} == {
            "kafka",
            "elasticsearch",
            "mongo",
            "storage",
        }
        index = f"http://127.0.0.1:{launcher.ports.elasticsearch}/kept"
        assert httpx.put(index, timeout=60, trust_env=False).is_success
        assert launcher.run("status")[0] == 0
        assert launcher.run("reset")[0] == 1
        descendants = launcher.descendants()

        launcher.process.kill()
        launcher.process.wait()
        assert _all_ended(descendants), "nothing outlives a launcher that is killed"
        assert launcher.run("down") == (0, "stopped\n")

        launcher.process = launcher._popen("engines")
        launcher.wait_ready()
        assert httpx.head(index, timeout=60, trust_env=False).is_success
        descendants = launcher.descendants()
        launcher.process.send_signal(signal.SIGINT)
        output, _ = launcher.process.communicate(timeout=90)
        assert output.rstrip().endswith("stopped")
        assert _all_ended(descendants)
    finally:
        with contextlib.suppress(ProcessLookupError):
            launcher.process.kill()
        launcher.process.wait()
        # Root's Elasticsearch has its data under /var/tmp, as pytest's folders are closed to it.
        Stack(tmp_path).remove_data()
