"""Imaging in child processes: started when needed, replaced when worn, ended when idle."""

import asyncio
import time
from contextlib import suppress

from pichaven_chassis.logging import get_logger
from pichaven_processing.imaging.child_process import ChildProcess
from pichaven_processing.imaging.facts import Facts
from pichaven_processing.imaging.limits import Limits
from pichaven_processing.ports import Folder, ImagingFailed, OnStep

_log = get_logger(__name__)


class ChildPool:
    """Any number of calls may run at once, each in a process of its own.

    How many there may be is the caller's business; `kept` of them outlive idleness. A crash,
    an exhausted memory or a timeout costs that one call and nothing else.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        memory_bytes: int,
        timeout_s: float,
        jobs_per_child: int,
        idle_s: float,
        kept: int = 1,
        niceness: int = 0,
    ) -> None:
        self._limits = limits
        self._memory_bytes = memory_bytes
        self._timeout_s = timeout_s
        self._jobs_per_child = jobs_per_child
        self._idle_s = idle_s
        self._kept = kept
        self._niceness = niceness
        self._idle: list[tuple[ChildProcess, float]] = []
        self._busy: set[ChildProcess] = set()
        self._closed = False

    async def __call__(self, folder: Folder, on_step: OnStep) -> Facts:
        child = await self._take()
        self._busy.add(child)
        usable = True
        try:
            return await child.run(folder, self._limits, on_step, self._timeout_s)
        except ImagingFailed as failure:
            usable = False
            _log.warning("imaging_failed", kind=failure.kind.value, detail=failure.detail)
            raise
        finally:
            self._busy.discard(child)
            await self._give_back(child, usable=usable)

    async def warm_up(self) -> None:
        """Have one process ready, so that the first photo does not wait for its start."""
        if not self._idle and not self._busy:
            await self._give_back(await self._start(), usable=True)

    async def end_idle(self) -> None:
        """Runs for ever: ends processes that had nothing to do for long, all but `kept`."""
        while True:
            await asyncio.sleep(self._idle_s / 2)
            # The longest idle stand first, since the latest is taken again first.
            while (
                len(self._idle) > self._kept and time.monotonic() - self._idle[0][1] > self._idle_s
            ):
                await self._idle.pop(0)[0].stop()

    async def close(self) -> None:
        self._closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(
            *(child.stop() for child, _ in idle), *(child.kill() for child in self._busy)
        )

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the processes that there are, the busy ones first."""
        return tuple(child.pid for child in (*self._busy, *(child for child, _ in self._idle)))

    async def _take(self) -> ChildProcess:
        while self._idle:
            child, _ = self._idle.pop()
            if child.alive:
                return child
            with suppress(Exception):
                await child.stop()
        return await self._start()

    async def _start(self) -> ChildProcess:
        return await ChildProcess.start(self._memory_bytes, self._niceness)

    async def _give_back(self, child: ChildProcess, *, usable: bool) -> None:
        worn = child.jobs_done >= self._jobs_per_child
        if usable and child.alive and not worn and not self._closed:
            self._idle.append((child, time.monotonic()))
        elif child.alive:
            await child.stop()
