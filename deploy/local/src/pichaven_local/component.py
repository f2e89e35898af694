"""One supervised part of the stack: an engine, a service, the gateway."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from pichaven_local.process import Child, Command, resident_bytes

_LONGEST_BACKOFF_S: Final = 10.0
_STEADY_AFTER_S: Final = 30.0


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

    `tick` belongs to the supervisor's thread; everything else may be called from any.
    """

    name: str
    make: Callable[[], Command]
    probe: Callable[[], bool]
    log_path: Path
    port: int | None = None
    needs: frozenset[str] = frozenset()
    once: bool = False
    state: State = State.WAITING
    child: Child | None = None
    began_at: float = field(default_factory=time.monotonic)
    ready_after_s: float | None = None
    restarts: int = 0
    last_exit: int | None = None
    _wanted: bool = True
    _not_before: float = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def settled(self) -> bool:
        return self.state in {State.READY, State.DONE}

    @property
    def pid(self) -> int | None:
        return self.child.pid if self.child is not None else None

    @property
    def resident_bytes(self) -> int:
        return resident_bytes(self.child.pid) if self.child is not None else 0

    def tick(self, ready: frozenset[str]) -> bool:
        """Take the next step, if there is one; whether the state changed."""
        with self._lock:
            before = self.state
            if self._wanted and self.state is not State.DONE:
                self._step(ready)
            return self.state is not before

    def _step(self, ready: frozenset[str]) -> None:
        if self.child is None:
            if self.needs <= ready and time.monotonic() >= self._not_before:
                self.child = Child(self.make(), self.log_path)
                if self.state is State.WAITING:
                    self.state = State.STARTING
            return
        code = self.child.exit_code
        if code is not None:
            self._ended(code)
        elif not self.settled and self.probe():
            self.state = State.READY
            self.ready_after_s = time.monotonic() - self.began_at

    def _ended(self, code: int) -> None:
        assert self.child is not None
        self.last_exit = code
        if self.once and code == 0:
            self.state = State.DONE
            self.ready_after_s = time.monotonic() - self.began_at
            self.child = None
            return
        if time.time() - self.child.started_at > _STEADY_AFTER_S:
            self.restarts = 0
        self.child.stop()
        self.child = None
        self._not_before = time.monotonic() + min(0.25 * 2**self.restarts, _LONGEST_BACKOFF_S)
        self.restarts += 1
        self.state = State.RESTARTING

    def kill(self) -> None:
        """End the process without warning; the supervisor starts it again."""
        child = self.child
        if child is not None:
            child.kill()

    def stop(self) -> None:
        """End the process and keep it ended."""
        with self._lock:
            self._wanted = False
            child, self.child = self.child, None
            self.state = State.STOPPED
        if child is not None:
            child.stop()

    def start(self) -> None:
        """Want it running (again); the supervisor does the rest."""
        with self._lock:
            self._wanted = True
            if self.state is State.STOPPED:
                self.state = State.WAITING
                self.began_at = time.monotonic()
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
            return "\n".join(
                self.log_path.read_text(errors="backslashreplace").splitlines()[-lines:]
            )
        except OSError:
            return "(no log)"
