"""One supervised component of the stack: an engine, a setup step, a service, the gateway."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from pichaven_local.process import Child, Command, resident_bytes, rotate_log

_LONGEST_BACKOFF_S: Final = 10.0
_STABLE_AFTER_S: Final = 30.0
_LOG_CHECK_INTERVAL_S: Final = 5.0
_PROBE_INTERVAL_S: Final = 0.25
_LONGEST_END_S: Final = 5.0
"""A process that a kill has not ended by then hangs in the kernel; a restart is still tried."""
_Result = TypeVar("_Result")


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

    `tick` belongs to the supervisor's thread, which starts the process and must outlive it;
    everything else may be called from any thread. With a `pool`, making the command and probing
    happen there, so that a slow component does not delay the others.
    """

    name: str
    make_command: Callable[[], Command]
    probe: Callable[[], bool]
    log_path: Path
    port: int | None = None
    needs: frozenset[str] = frozenset()
    once: bool = False
    pool: Executor | None = None
    state: State = State.WAITING
    child: Child | None = None
    stack_started_at: float = field(default_factory=time.monotonic)
    ready_after_s: float | None = None
    """From the start of the stack to the first readiness; a later restart does not change it."""
    restarts: int = 0
    restart_reason: str = ""
    last_exit_code: int | None = None
    _enabled: bool = True
    _start_not_before: float = 0
    _log_checked_at: float = 0
    _probed_at: float = 0
    _previous: Child | None = None
    """The child that was stopped last, until its processes are gone."""
    _previous_stopped_at: float = 0
    _reported: tuple[State, int | None] = (State.WAITING, None)
    _command: Future[Command] | None = None
    _probe_result: Future[bool] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def ready(self) -> bool:
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
        """Take the next step, if any; return whether state or process changed since the last tick.

        `ready` names the components that are ready.
        """
        with self._lock:
            if self._enabled and self.state is not State.DONE:
                self._step(ready)
            previous, self._reported = self._reported, (self.state, self.pid)
            return previous != self._reported

    def _step(self, ready: frozenset[str]) -> None:
        now = time.monotonic()
        if self.child is None:
            if self.needs <= ready and now >= self._start_not_before and self._previous_is_gone():
                self._start_process()
            return
        code = self.child.exit_code
        if code is not None:
            self._handle_exit(code)
            return
        if now - self._log_checked_at > _LOG_CHECK_INTERVAL_S:
            self._log_checked_at = now
            rotate_log(self.log_path)
        if not self.ready and self._probe_succeeds():
            self._become(State.READY)

    def _previous_is_gone(self) -> bool:
        """Return whether nothing holds the ports and locks that the next process needs."""
        if self._previous is not None and (
            self._previous.is_gone or time.monotonic() - self._previous_stopped_at > _LONGEST_END_S
        ):
            self._previous = None
        return self._previous is None

    def _stop(self, child: Child) -> None:
        child.stop()
        self._previous, self._previous_stopped_at = child, time.monotonic()

    def _start_process(self) -> None:
        if self._command is None:
            self._command = self._submit(self.make_command)
        if not self._command.done():
            return
        command, self._command = self._command, None
        try:
            self.child = Child(command.result(), self.log_path)
        except Exception as error:
            # A component that cannot start must not end the supervisor and with it all others.
            self.last_exit_code = None
            self._schedule_restart(f"it could not start: {error}")
            return
        self.state = State.STARTING

    def _probe_succeeds(self) -> bool:
        if self._probe_result is None:
            if time.monotonic() - self._probed_at < _PROBE_INTERVAL_S:
                return False
            self._probed_at = time.monotonic()
            self._probe_result = self._submit(self.probe)
        if not self._probe_result.done():
            return False
        result, self._probe_result = self._probe_result, None
        try:
            return result.result()
        except Exception:
            return False

    def _submit(self, work: Callable[[], _Result]) -> Future[_Result]:
        if self.pool is not None:
            return self.pool.submit(work)
        future: Future[_Result] = Future()
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)
        return future

    def _become(self, state: State) -> None:
        """Enter a state in which the component is ready."""
        self.state = state
        if self.ready_after_s is None:
            self.ready_after_s = time.monotonic() - self.stack_started_at

    def _handle_exit(self, code: int) -> None:
        assert self.child is not None
        self.last_exit_code = code
        child, self.child = self.child, None
        self._probe_result = None
        self._stop(child)
        if self.once and code == 0:
            self._become(State.DONE)
            return
        if time.time() - child.started_at > _STABLE_AFTER_S:
            self.restarts = 0
        how = f"ended with code {code}" if code >= 0 else f"was ended by signal {-code}"
        self._schedule_restart(f"it {how}")

    def _schedule_restart(self, reason: str) -> None:
        backoff_s = min(0.25 * 2**self.restarts, _LONGEST_BACKOFF_S)
        self.restart_reason = reason
        self._start_not_before = time.monotonic() + backoff_s
        self.restarts += 1
        self.state = State.RESTARTING

    def kill(self) -> None:
        """Kill the process; the supervisor starts it again.

        The component is not ready any more when this returns.
        """
        with self._lock:
            if self.child is not None:
                self._handle_exit(self.child.kill())

    def stop(self) -> None:
        """End the process and do not start it again."""
        with self._lock:
            self._enabled = False
            child, self.child = self.child, None
            self._command = self._probe_result = None
            self.state = State.STOPPED
        if child is not None:
            self._stop(child)

    def start(self) -> None:
        """Let the supervisor start the process (again)."""
        with self._lock:
            self._enabled = True
            if self.state is State.STOPPED:
                self.state = State.WAITING
                self._start_not_before = 0

    def restart(self, timeout_s: float = 60) -> None:
        """Stop the process in order and return when it is ready again."""
        self.stop()
        self.start()
        deadline = time.monotonic() + timeout_s
        while not self.ready:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} was not ready again within {timeout_s} s")
            time.sleep(0.05)

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines of the log and the reason of the last restart."""
        try:
            tail = self.log_path.read_text(errors="backslashreplace").splitlines()[-lines:]
        except OSError:
            return self.restart_reason or "(no log)"
        return "\n".join([*tail, *([self.restart_reason] if self.restart_reason else [])])
