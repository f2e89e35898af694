"""One child process: its log, its end, and its death when the launcher dies."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_PR_SET_PDEATHSIG: Final = 1
_LOG_LIMIT: Final = 20 << 20
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Command:
    """What to run. `user` is the name of another user to run it as (as root only)."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    user: str | None = None
    stop_signal: int = signal.SIGTERM
    stop_timeout_s: float = 20


def _die_with_the_launcher() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """A running command in a session of its own, so that a terminal's Ctrl-C passes it by.

    It must be started from a thread that lives as long as the launcher: the kernel ends it
    together with the thread that started it.
    """

    def __init__(self, command: Command, log: Path) -> None:
        self._command = command
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                list(command.arguments),
                cwd=command.directory,
                env=dict(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_the_launcher,  # noqa: PLW1509 - no threads of the child's
                user=command.user,
            )
        self.started_at = time.time()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; a negative number names the signal that ended it."""
        return self._process.poll()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

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
            try:
                orphan.kill()
            except psutil.Error:
                continue


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
        return abs(psutil.Process(pid).create_time() - started_at) < 5
    except psutil.Error:
        return False


def own_environment() -> dict[str, str]:
    """The launcher's environment without settings meant for other stacks."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PICHAVEN_")}
