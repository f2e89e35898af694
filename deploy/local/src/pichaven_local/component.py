"""One supervised part of the stack: an engine, a service, the gateway."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from pichaven_local.process import Child, Command, resident_bytes, shorten

_LONGEST_BACKOFF_S: Final = 10.0
_STEADY_AFTER_S: Final = 30.0
_LOG_CHECKED_EVERY_S: Final = 5.0
_ASKED_EVERY_S: Final = 0.25
_Answer = TypeVar("_Answer")


class State(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    DONE = "done"
    STOPPED = "stopped"


@dataclass
class Component:
    """A process that is kept running, or (with `once`) run until it has succeeded.

    `tick` belongs to the supervisor's thread, in which the process is started and which must
    outlive it; everything else may be called from any. With a `pool`, making the command and
    probing happen there, so that a slow part keeps no other waiting.
    """

    name: str
    make: Callable[[], Command]
    probe: Callable[[], bool]
    log_path: Path
    port: int | None = None
    needs: frozenset[str] = frozenset()
    once: bool = False
    pool: Executor | None = None
    state: State = State.WAITING
    child: Child | None = None
    began_at: float = field(default_factory=time.monotonic)
    ready_after_s: float | None = None
    """From the start of the stack to the first readiness; a later restart does not change it."""
    restarts: int = 0
    trouble: str = ""
    """Why it is being restarted, in words."""
    last_exit: int | None = None
    _wanted: bool = True
    _not_before: float = 0
    _log_checked_at: float = 0
    _asked_at: float = 0
    _told: tuple[State, int | None] = (State.WAITING, None)
    _command: Future[Command] | None = None
    _answer: Future[bool] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def settled(self) -> bool:
        return self.state in {State.READY, State.DONE}

    @property
    def pid(self) -> int | None:
        child = self.child
        return child.pid if child is not None else None

    @property
    def resident_bytes(self) -> int:
        pid = self.pid
        return resident_bytes(pid) if pid is not None else 0

    def tick(self, ready: frozenset[str]) -> bool:
        """Take the next step, if there is one; whether state or process are new since the last."""
        with self._lock:
            if self._wanted and self.state is not State.DONE:
                self._step(ready)
            told, self._told = self._told, (self.state, self.pid)
            return told != self._told

    def _step(self, ready: frozenset[str]) -> None:
        now = time.monotonic()
        if self.child is None:
            if self.needs <= ready and now >= self._not_before:
                self._begin()
            return
        code = self.child.exit_code
        if code is not None:
            self._ended(code)
            return
        if now - self._log_checked_at > _LOG_CHECKED_EVERY_S:
            self._log_checked_at = now
            shorten(self.log_path)
        if not self.settled and self._answers():
            self.state = State.READY
            self._note_readiness()

    def _begin(self) -> None:
        if self._command is None:
            self._command = self._submit(self.make)
        if not self._command.done():
            return
        made, self._command = self._command, None
        try:
            self.child = Child(made.result(), self.log_path)
        except Exception as error:
            # One part that cannot start must not take the supervisor, and so all others, along.
            self.last_exit = None
            self._try_later(f"it could not start: {error}")
            return
        self.state = State.STARTING

    def _answers(self) -> bool:
        if self._answer is None:
            if time.monotonic() - self._asked_at < _ASKED_EVERY_S:
                return False
            self._asked_at = time.monotonic()
            self._answer = self._submit(self.probe)
        if not self._answer.done():
            return False
        asked, self._answer = self._answer, None
        try:
            return asked.result()
        except Exception:
            return False

    def _submit(self, work: Callable[[], _Answer]) -> Future[_Answer]:
        if self.pool is not None:
            return self.pool.submit(work)
        future: Future[_Answer] = Future()
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)
        return future

    def _note_readiness(self) -> None:
        if self.ready_after_s is None:
            self.ready_after_s = time.monotonic() - self.began_at

    def _ended(self, code: int) -> None:
        assert self.child is not None
        self.last_exit = code
        ended, self.child = self.child, None
        self._answer = None
        ended.stop()
        if self.once and code == 0:
            self.state = State.DONE
            self._note_readiness()
            return
        if time.time() - ended.started_at > _STEADY_AFTER_S:
            self.restarts = 0
        how = f"ended with code {code}" if code >= 0 else f"was ended by signal {-code}"
        self._try_later(f"it {how}")

    def _try_later(self, trouble: str) -> None:
        self.trouble = trouble
        self._not_before = time.monotonic() + min(0.25 * 2**self.restarts, _LONGEST_BACKOFF_S)
        self.restarts += 1
        self.state = State.RESTARTING

    def kill(self) -> None:
        """End the process without warning; the supervisor starts it again.

        It is not ready any more when this returns.
        """
        with self._lock:
            if self.child is not None:
                self._ended(self.child.kill())

    def stop(self) -> None:
        """End the process and keep it ended."""
        with self._lock:
            self._wanted = False
            child, self.child = self.child, None
            self._command = self._answer = None
            self.state = State.STOPPED
        if child is not None:
            child.stop()

    def start(self) -> None:
        """Want it running (again); the supervisor does the rest."""
        with self._lock:
            self._wanted = True
            if self.state is State.STOPPED:
                self.state = State.WAITING
                self._not_before = 0

    def restart(self, timeout_s: float = 60) -> None:
        """Stop it in order and return when it is ready again."""
        self.stop()
        self.start()
        deadline = time.monotonic() + timeout_s
        while not self.settled:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} was not ready again within {timeout_s} s")
            time.sleep(0.05)

    def log_tail(self, lines: int = 15) -> str:
        try:
            text = self.log_path.read_text(errors="backslashreplace")
        except OSError:
            return self.trouble or "(no log)"
        return "\n".join([*text.splitlines()[-lines:], *([self.trouble] if self.trouble else [])])
