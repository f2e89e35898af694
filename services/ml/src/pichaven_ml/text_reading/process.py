"""The process that reads text, seen from the one that serves models."""

import asyncio
import time
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from typing import Any, Final

from pichaven_chassis.child_process import parent
from pichaven_chassis.logging import get_logger
from pichaven_ml.models.encoder import TextUnreadable
from pichaven_ml.text_reading.reading import Line
from pichaven_ml.text_reading.worker import HEADER

_log = get_logger(__name__)
_START_S: Final = 60.0
_GRACE_S: Final = 2.0
_PAUSE_S: Final = 60.0
_SOFT_SHARE: Final = 2 / 3
"""Of the time limit, after which no further line is begun; the rest is for the one in hand."""
_LONGEST_LINE: Final = 4 << 20
_MOST_MEMORY: Final = 1 << 30
_NICENESS: Final = 10


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
        try:
            self._process = process = await parent.start(
                "pichaven_ml.text_reading.worker",
                memory_bytes=_MOST_MEMORY,
                niceness=_NICENESS,
                longest_line=_LONGEST_LINE,
                stderr=DEVNULL,
            )
            async with asyncio.timeout(_START_S):
                await _answer(process)
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
        return await _answer(process)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        parent.end_now(process)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(process.wait()), _GRACE_S)


async def _answer(process: Process) -> dict[str, Any]:
    answer = await parent.hear(process)
    if answer is None:
        raise TextUnreadable(f"the reading process ended with {await process.wait()}")
    return answer
