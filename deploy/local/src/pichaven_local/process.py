"""Child processes: start, log, end, and their end when the launcher dies."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from pichaven_local.errors import StartError

_PR_SET_PDEATHSIG: Final = 1
_LOG_LIMIT: Final = 20 << 20
_START_TOLERANCE_S: Final = 5
_TOOL_TIMEOUT_S: Final = 60
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Command:
    """A command line with its environment and working directory.

    `user` names another user to run it as, with that user's groups (as root only).
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    user: str | None = None
    stop_signal: int = signal.SIGTERM
    stop_timeout_s: float = 20


def run_tool(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None, *, failure: str
) -> None:
    """Run an engine's tool to its end. Raises `StartError`, which begins with `failure`."""
    process = subprocess.run(
        arguments,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_TOOL_TIMEOUT_S,
        check=False,
    )
    if process.returncode != 0:
        raise StartError(f"{failure}: {process.stderr[-500:]}")


def _die_with_launcher(launcher: int) -> None:
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The launcher may have died before the call.
        if os.getppid() != launcher:
            os._exit(1)


def _groups(user: str) -> tuple[int, list[int]]:
    entry = pwd.getpwnam(user)
    return entry.pw_gid, os.getgrouplist(user, entry.pw_gid)


class Child:
    """A running command in a session of its own, so that a terminal's Ctrl-C does not reach it.

    Start it from a thread that lives as long as the launcher: the kernel kills it when that
    thread ends.
    """

    def __init__(self, command: Command, log: Path) -> None:
        self._command = command
        log.parent.mkdir(parents=True, exist_ok=True)
        rotate_log(log)
        group, groups = _groups(command.user) if command.user else (None, None)
        launcher = os.getpid()
        with log.open("ab") as out:
            self.log_offset = out.tell()
            """Where this process's output begins."""
            self._process = subprocess.Popen(
                list(command.arguments),
                cwd=command.directory,
                env=dict(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: _die_with_launcher(launcher),  # noqa: PLW1509 - calls the kernel only
                user=command.user,
                group=group,
                extra_groups=groups,
            )
        self.started_at = time.time()
        self._killed: list[psutil.Process] = []

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; a negative number is the signal that ended it."""
        return self._process.poll()

    def kill(self) -> int:
        """Kill the process and return its exit code."""
        self._process.kill()
        return self._process.wait()

    def stop(self) -> None:
        """Send the stop signal, wait, then kill the process and its descendants.

        The descendants may end a moment later: see `is_gone`.
        """
        descendants = _descendants(self.pid)
        if self.exit_code is None:
            self._process.send_signal(self._command.stop_signal)
            try:
                self._process.wait(self._command.stop_timeout_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for orphan in descendants:
            with contextlib.suppress(psutil.Error):
                orphan.kill()
                self._killed.append(orphan)
        # Descendants whose parent had ended are not in the list.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    @property
    def is_gone(self) -> bool:
        """Whether a stopped process and its descendants have ended, and hold no port or lock."""
        if any(map(_runs, self._killed)):
            return False
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        return not any(_runs(each) for each in psutil.process_iter() if _group_of(each) == self.pid)


def rotate_log(log: Path, limit: int = _LOG_LIMIT) -> bool:
    """Copy a log over the limit to `.log.1` and truncate it; return whether it was.

    The writer appends to its open file, so it continues in the truncated one. A line written
    between the two steps is lost.
    """
    try:
        if log.stat().st_size <= limit:
            return False
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)
    except OSError:
        return False
    return True


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _group_of(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except OSError:
        return None


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process and all its descendants; 0 if it does not run."""
    total = 0
    with contextlib.suppress(psutil.Error):
        for process in (psutil.Process(pid), *_descendants(pid)):
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
    return total


def is_alive(pid: int, started_at: float) -> bool:
    """Return whether the process runs; another one with the same pid does not count."""
    try:
        process = psutil.Process(pid)
        is_same = abs(process.create_time() - started_at) < _START_TOLERANCE_S
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end_session(pid: int, started_at: float) -> int:
    """Kill the processes left of a child's session; return how many there were.

    A child leads a session of its own. The kernel does not reuse the session's id while one of its
    members lives.
    """
    with contextlib.suppress(psutil.Error):
        if abs(psutil.Process(pid).create_time() - started_at) >= _START_TOLERANCE_S:
            return 0
    count = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                process.kill()
                count += 1
    return count


def own_environment() -> dict[str, str]:
    """Return the launcher's environment without PICHAVEN_ settings, which are for other stacks."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PICHAVEN_")}
