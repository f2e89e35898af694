"""The parent's side of the process that reads text."""

import asyncio
from typing import Final

from pichaven_chassis.child_process.pool import ChildPool
from pichaven_chassis.child_process.process import ChildFailed
from pichaven_chassis.outages import EngineDown
from pichaven_ml.text_reading.reading import Line, TextUnreadable

_WORKER: Final = "pichaven_ml.text_reading.ocr_worker"
_MAX_MEMORY: Final = 1 << 30
_NICENESS: Final = 10
_SOFT_SHARE: Final = 2 / 3
"""Of the time limit, after which no further line is begun; the rest is for the current one."""
_CLOCK_FACTOR: Final = 2
"""How many times the time limit may pass by the clock, while others have the processors."""


class OcrProcess:
    """Read one picture at a time in a process that the first picture starts.

    A picture that crashes the native libraries, or takes longer than its time limit, raises
    `TextUnreadable` and ends the process; the next picture starts a new one. Raises `EngineDown`
    where no process starts, or others keep it from running, for which no picture is to blame.
    The time limit is one of computing; twice as much may pass by the clock.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()
        self._children = ChildPool(_WORKER, memory_bytes=_MAX_MEMORY, niceness=_NICENESS)
        self.close = self._children.close

    @property
    def pid(self) -> int | None:
        """None while no process runs."""
        return next(iter(self._children.pids), None)

    async def __call__(self, picture: bytes, *, timeout_s: float | None = None) -> tuple[Line, ...]:
        timeout_s = timeout_s or self._timeout_s
        job = {"time_s": timeout_s * _SOFT_SHARE}
        clock_s = timeout_s * _CLOCK_FACTOR
        async with self._lock:
            try:
                result = await self._children.request(job, picture, timeout_s=clock_s)
            except ChildFailed as failure:
                if failure.was_kept_from_running(clock_s):
                    raise EngineDown(f"text is not read: {failure.detail}") from None
                raise TextUnreadable(failure.detail) from None
        if "failed" in result:
            raise TextUnreadable(result["failed"])
        return tuple(Line(text, certainty) for text, certainty in result["lines"])
