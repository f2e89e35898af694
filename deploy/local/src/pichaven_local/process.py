"""One child process: its log, its end, and its death when the launcher dies."""

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

_PR_SET_PDEATHSIG: Final = 1
_LOG_LIMIT: Final = 20 << 20
_SAME_START_S: Final = 5
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Command:
    """What to run. `user` is the name of another user to run it as (as root only).

    It gets that user's own groups and none of root's.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    user: str | None = None
    stop_signal: int = signal.SIGTERM
    stop_timeout_s: float = 20


def _die_with(launcher: int) -> None:
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # It may have died before that was heard.
        if os.getppid() != launcher:
            os._exit(1)


def _groups(user: str) -> tuple[int, list[int]]:
    entry = pwd.getpwnam(user)
    return entry.pw_gid, os.getgrouplist(user, entry.pw_gid)


class Child:
    """A running command in a session of its own, so that a terminal's Ctrl-C passes it by.

    It must be started from a thread that lives as long as the launcher: the kernel ends it
    together with the thread that started it.
    """

    def __init__(self, command: Command, log: Path) -> None:
        self._command = command
        log.parent.mkdir(parents=True, exist_ok=True)
        shorten(log)
        group, groups = _groups(command.user) if command.user else (None, None)
        launcher = os.getpid()
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                list(command.arguments),
                cwd=command.directory,
                env=dict(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: _die_with(launcher),  # noqa: PLW1509 - calls the kernel only
                user=command.user,
                group=group,
                extra_groups=groups,
            )
        self.started_at = time.time()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; a negative number names the signal that ended it."""
        return self._process.poll()

    def kill(self) -> int:
        """End it without warning; the exit code."""
        self._process.kill()
        return self._process.wait()

    def stop(self) -> None:
        """Ask it to end, wait, then end it and whatever it left behind."""
        family = _descendants(self.pid)
        if self.exit_code is None:
            self._process.send_signal(self._command.stop_signal)
            try:
                self._process.wait(self._command.stop_timeout_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for orphan in family:
            with contextlib.suppress(psutil.Error):
                orphan.kill()
        # Those whose parent died before they were looked for.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def shorten(log: Path, limit: int = _LOG_LIMIT) -> bool:
    """Set a log that has grown over the limit aside as `.log.1`; whether it had.

    The writer keeps its open file, which appends, so it goes on in the emptied one. A line
    written at that very moment may be lost.
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


def resident_bytes(pid: int) -> int:
    """Resident memory of a process and all its descendants; 0 when it is gone."""
    total = 0
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.Error:
            continue
    return total


def is_alive(pid: int, started_at: float) -> bool:
    """Whether this very process runs, and not another that got its number."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started_at) < _SAME_START_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end_session(pid: int, started_at: float) -> int:
    """SIGKILL what is left of a child and of all that it started; how many there were.

    A child leads a session of its own. While one of its members lives, the kernel gives the
    session's number to nobody else.
    """
    with contextlib.suppress(psutil.Error):
        if abs(psutil.Process(pid).create_time() - started_at) >= _SAME_START_S:
            return 0
    ended = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                process.kill()
                ended += 1
    return ended


def own_environment() -> dict[str, str]:
    """The launcher's environment without settings meant for other stacks."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PICHAVEN_")}
