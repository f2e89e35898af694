"""One child process, seen from its parent."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

from pichaven_chassis.child_process.child import FailureKind
from pichaven_chassis.child_process.run_time import RunTime
from pichaven_chassis.outages import EngineDown

_START_S: Final = 120
_GRACE_S: Final = 5
_WATCH_S: Final = 0.1
_MAX_LINE: Final = 4 << 20
_KEPT_STDERR: Final = 4000
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_INHERITED: Final = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "TZ")
_ENVIRONMENT: Final = {
    # One thread and one arena: half the memory, and one job a core.
    "VIPS_CONCURRENCY": "1",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONUTF8": "1",
}
_FAULTS: Final = frozenset(
    -number
    for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)
)
_OUT_OF_MEMORY: Final = ("MemoryError", "failed to allocate", "std::bad_alloc", "out of memory")

OnReport = Callable[[dict[str, Any]], None]


class ChildFailed(Exception):
    """Raised when a child process returned no result; another attempt may succeed.

    `detail` is for the log. `exit_code` is that of a process which ended: minus the signal's
    number where one ended it. `run_time` says of a timeout what the process did meanwhile.
    """

    def __init__(
        self,
        kind: FailureKind,
        detail: str = "",
        exit_code: int | None = None,
        run_time: RunTime | None = None,
    ) -> None:
        super().__init__(f"child process failed ({kind}): {detail}"[:2000])
        self.kind = kind
        self.detail = detail
        self.exit_code = exit_code
        self.run_time = run_time

    @property
    def is_fault(self) -> bool:
        """Whether the process ended by a fault of its own code, not by another's signal."""
        return self.kind is FailureKind.CRASH and self.exit_code in _FAULTS

    def was_kept_from_running(self, timeout_s: float) -> bool:
        """Whether other processes had the processors for most of a time limit that passed."""
        if self.kind is not FailureKind.TIMEOUT or self.run_time is None:
            return False
        return self.run_time.waiting >= timeout_s / 2


class ChildProcess:
    """Serves one request at a time. Not to be used again after it raised."""

    def __init__(self, process: Process, memory_bytes: int) -> None:
        self._process = process
        self._memory_bytes = memory_bytes
        self._over_memory = False
        self._stderr = b""
        self._stderr_reader = asyncio.create_task(self._read_stderr())
        self.requests = 0
        """Served so far."""

    @classmethod
    async def start(cls, module: str, *, memory_bytes: int, niceness: int = 0) -> Self:
        """Run `python -m module`, which calls `child.serve`, and return it when it is ready.

        It inherits no credentials and dies with this process. Raises `EngineDown` when it does
        not start.
        """
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                *map(str, (os.getpid(), memory_bytes, niceness)),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                limit=_MAX_LINE,
                env=inherited | _ENVIRONMENT,
            )
        except OSError as error:
            raise EngineDown(f"a child process did not start: {error}") from error
        child = cls(process, memory_bytes)
        try:
            async with asyncio.timeout(_START_S):
                await child._read()
        except BaseException as error:
            await child.kill()
            if isinstance(error, TimeoutError | ChildFailed):
                # No request is to blame.
                raise EngineDown(f"a child process did not start: {error}") from None
            raise
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def request(
        self,
        job: Mapping[str, Any],
        payload: bytes = b"",
        *,
        timeout_s: float,
        on_report: OnReport | None = None,
    ) -> dict[str, Any]:
        """Return the child's result for a job (plain JSON values) and its payload.

        Raises `ChildFailed`. When it raises anything but a failure that the child itself
        reported, cancellation included, the process has been killed.
        """
        watch = asyncio.create_task(self._watch_memory())
        before = RunTime.of(self.pid)
        try:
            async with asyncio.timeout(timeout_s):
                reply = await self._exchange(job, payload, on_report)
        except TimeoutError:
            spent = RunTime.of(self.pid) - before
            await self.kill()
            raise ChildFailed(
                FailureKind.TIMEOUT, f"not within {timeout_s:g} s, {spent}", run_time=spent
            ) from None
        except BaseException:
            await self.kill()
            raise
        finally:
            watch.cancel()
        self.requests += 1
        if failure := reply.get("failed"):
            raise ChildFailed(FailureKind(failure["kind"]), failure["detail"])
        result: dict[str, Any] = reply["result"]
        return result

    async def stop(self) -> None:
        """Close the child's stdin, on which it ends, and kill it when it does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_GRACE_S):
                await self._process.wait()
        except TimeoutError:
            await self.kill()
        await self._end_stderr()

    async def kill(self) -> None:
        self._send_kill()
        await self._process.wait()
        await self._end_stderr()

    async def _exchange(
        self, job: Mapping[str, Any], payload: bytes, on_report: OnReport | None
    ) -> dict[str, Any]:
        assert self._process.stdin is not None
        head = json.dumps({"job": job, "payload_bytes": len(payload)})
        # When the pipe is broken, reading tells why.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._process.stdin.write(head.encode() + b"\n" + payload)
            await self._process.stdin.drain()
        while "report" in (message := await self._read()):
            if on_report is not None:
                on_report(message["report"])
        return message

    async def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise await self._post_mortem()
        message: dict[str, Any] = json.loads(line)
        return message

    async def _post_mortem(self) -> ChildFailed:
        """Return why there is no more output."""
        await self.kill()
        stderr = self._stderr.decode("utf-8", "replace")
        starved = self._over_memory or any(words in stderr for words in _OUT_OF_MEMORY)
        return ChildFailed(
            FailureKind.MEMORY if starved else FailureKind.CRASH,
            f"the process ended with {self._process.returncode}: {stderr}",
            self._process.returncode,
        )

    async def _watch_memory(self) -> None:
        """Kill the process when it holds more than its limit, whatever kind of memory that is.

        The child limits its private memory itself; this sees what that limit cannot, such as
        files in memory, and works where the limit does not.
        """
        statm = Path(f"/proc/{self._process.pid}/statm")
        while True:
            try:
                resident = int(statm.read_text().split()[1]) * _PAGE
            except (OSError, IndexError):
                return
            if resident > self._memory_bytes:
                self._over_memory = True
                self._send_kill()
                return
            await asyncio.sleep(_WATCH_S)

    def _send_kill(self) -> None:
        # Not by `Process.kill`, which may collect the status that asyncio waits for.
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(4096):
            self._stderr = (self._stderr + chunk)[-_KEPT_STDERR:]

    async def _end_stderr(self) -> None:
        await asyncio.wait([self._stderr_reader], timeout=1)
        self._stderr_reader.cancel()
