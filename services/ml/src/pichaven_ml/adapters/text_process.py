"""The process that reads text, seen from the one that serves models."""

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from typing import Any, Final

from pichaven_chassis.logging import get_logger
from pichaven_ml.adapters.text_worker import HEADER
from pichaven_ml.application.ports import TextUnreadable
from pichaven_ml.domain.reading import Line

_log = get_logger(__name__)
_START_S: Final = 60.0
_GRACE_S: Final = 2.0
_PAUSE_S: Final = 60.0
_SOFT_SHARE: Final = 2 / 3
"""Of the time limit, after which no further line is begun; the rest is for the one in hand."""
_LONGEST_LINE: Final = 4 << 20
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "TZ")
_ENVIRONMENT: Final = {
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONUTF8": "1",
}


class TextProcess:
    """Reads one picture at a time; started by the first, and anew after it had to be ended.

    A picture that makes the native libraries crash, or takes longer than `timeout_s`, costs the
    process and nothing else: it is unreadable, and the next picture gets a new process.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """None while there is no process."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and alive else None

    async def __call__(self, picture: bytes) -> tuple[Line, ...]:
        async with self._turn:
            process = await self._started()
            try:
                async with asyncio.timeout(self._timeout_s):
                    answer = await self._ask(process, picture)
            except TimeoutError:
                await self._end()
                raise TextUnreadable(f"not within {self._timeout_s:g} s") from None
            except BaseException:
                # Half a conversation cannot be continued.
                await self._end()
                raise
        if "failed" in answer:
            raise TextUnreadable(answer["failed"])
        return tuple(Line(text, certainty) for text, certainty in answer["lines"])

    async def close(self) -> None:
        await self._end()

    async def _started(self) -> Process:
        if self.pid is not None and self._process is not None:
            return self._process
        if time.monotonic() < self._not_before:
            raise TextUnreadable("the reading process could not be started; tried again later")
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "pichaven_ml.adapters.text_worker",
                str(os.getpid()),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                limit=_LONGEST_LINE,
                env=environment | _ENVIRONMENT,
            )
            async with asyncio.timeout(_START_S):
                await _line(process)
        except BaseException as error:
            await self._end()
            if isinstance(error, OSError | TextUnreadable):
                # A start costs a second of a core, and every photo would try.
                self._not_before = time.monotonic() + _PAUSE_S
                raise TextUnreadable(f"the reading process did not start: {error}") from None
            raise
        _log.info("text_process_started", pid=process.pid)
        return process

    async def _ask(self, process: Process, picture: bytes) -> dict[str, Any]:
        assert process.stdin is not None
        soft_ms = int(self._timeout_s * _SOFT_SHARE * 1000)
        with suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(HEADER.pack(soft_ms, len(picture)) + picture)
            await process.stdin.drain()
        return await _line(process)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        # Not by `Process.kill`, which may collect the status that asyncio waits for.
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(process.wait()), _GRACE_S)


async def _line(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line.endswith(b"\n"):
        code = await process.wait() if process.returncode is None else process.returncode
        raise TextUnreadable(f"the reading process ended with {code}")
    message: dict[str, Any] = json.loads(line)
    return message
