"""The parent's side of the process that reads text."""

import asyncio
import time
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from typing import Any, Final

from pichaven_chassis.child_process import parent
from pichaven_chassis.logging import get_logger
from pichaven_ml.text_reading.ocr_worker import HEADER
from pichaven_ml.text_reading.reading import Line, TextUnreadable

_log = get_logger(__name__)
_START_TIMEOUT_S: Final = 60.0
_EXIT_TIMEOUT_S: Final = 2.0
_RESTART_PAUSE_S: Final = 60.0
_SOFT_SHARE: Final = 2 / 3
"""Of the time limit, after which no further line is begun; the rest is for the current one."""
_LONGEST_LINE: Final = 4 << 20
_MOST_MEMORY: Final = 1 << 30
_NICENESS: Final = 10


class OcrProcess:
    """Read one picture at a time in a process that the first picture starts.

    A picture that crashes the native libraries, or takes longer than `timeout_s`, raises
    `TextUnreadable` and ends the process; the next picture starts a new one.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()
        self._process: Process | None = None
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """None while no process runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def __call__(self, picture: bytes) -> tuple[Line, ...]:
        async with self._lock:
            process = await self._ensure_started()
            try:
                async with asyncio.timeout(self._timeout_s):
                    response = await self._request(process, picture)
            except TimeoutError:
                await self.close()
                raise TextUnreadable(f"not within {self._timeout_s:g} s") from None
            except BaseException:
                # The rest of the response would be read as the next one.
                await self.close()
                raise
        if "failed" in response:
            raise TextUnreadable(response["failed"])
        return tuple(Line(text, certainty) for text, certainty in response["lines"])

    async def _ensure_started(self) -> Process:
        if self.pid is not None and self._process is not None:
            return self._process
        if time.monotonic() < self._not_before:
            raise TextUnreadable("the OCR process did not start; it is retried later")
        try:
            self._process = process = await parent.start(
                "pichaven_ml.text_reading.ocr_worker",
                memory_bytes=_MOST_MEMORY,
                niceness=_NICENESS,
                longest_line=_LONGEST_LINE,
                stderr=DEVNULL,
            )
            async with asyncio.timeout(_START_TIMEOUT_S):
                await _receive(process)
        except BaseException as error:
            await self.close()
            if isinstance(error, OSError | TextUnreadable):
                # A start costs a second of a core, and each photo would attempt one.
                self._not_before = time.monotonic() + _RESTART_PAUSE_S
                raise TextUnreadable(f"the OCR process did not start: {error}") from None
            raise
        _log.info("ocr_process_started", pid=process.pid)
        return process

    async def _request(self, process: Process, picture: bytes) -> dict[str, Any]:
        assert process.stdin is not None
        soft_ms = int(self._timeout_s * _SOFT_SHARE * 1000)
        with suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(HEADER.pack(soft_ms, len(picture)) + picture)
            await process.stdin.drain()
        return await _receive(process)

    async def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        parent.end_now(process)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(process.wait()), _EXIT_TIMEOUT_S)


async def _receive(process: Process) -> dict[str, Any]:
    response = await parent.hear(process)
    if response is None:
        raise TextUnreadable(f"the OCR process ended with {await process.wait()}")
    return response
