"""Child processes of one module: started on demand, replaced when worn, ended when idle."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from pichaven_chassis.child_process.process import ChildFailed, ChildProcess, OnReport
from pichaven_chassis.logging import get_logger

_log = get_logger(__name__)


class ChildPool:
    """Serves any number of requests at once, each in a process of its own.

    The caller bounds how many. A crash, exhausted memory or a timeout fails one request alone.
    """

    def __init__(
        self,
        module: str,
        *,
        memory_bytes: int,
        niceness: int = 0,
        requests_per_child: int | None = None,
        idle_s: float = 60,
        min_idle: int = 1,
    ) -> None:
        """`min_idle` children outlive `idle_s`; one is replaced after `requests_per_child`."""
        self._module = module
        self._memory_bytes = memory_bytes
        self._niceness = niceness
        self._requests_per_child = requests_per_child
        self._idle_s = idle_s
        self._min_idle = min_idle
        self._idle: list[tuple[ChildProcess, float]] = []
        self._busy: set[ChildProcess] = set()
        self._closed = False

    async def request(
        self,
        job: Mapping[str, Any],
        payload: bytes = b"",
        *,
        timeout_s: float,
        on_report: OnReport | None = None,
    ) -> dict[str, Any]:
        """Return a child's result. Raises `ChildFailed`; `EngineDown` when no child starts."""
        child = await self._take()
        self._busy.add(child)
        reusable = False
        try:
            result = await child.request(job, payload, timeout_s=timeout_s, on_report=on_report)
            reusable = True
        except ChildFailed as failure:
            _log.warning(
                "child_process_failed",
                module=self._module,
                kind=failure.kind.value,
                detail=failure.detail,
            )
            raise
        finally:
            self._busy.discard(child)
            await self._give_back(child, reusable=reusable)
        return result

    async def warm_up(self) -> None:
        """Have one process ready, so that the first request does not wait for its start."""
        if not self._idle and not self._busy:
            await self._give_back(await self._start(), reusable=True)

    async def end_idle(self) -> None:
        """Run for ever: end processes that have been idle for long, all but `min_idle`."""
        while True:
            await asyncio.sleep(self._idle_s / 2)
            # The longest idle come first, since the latest is taken again first.
            while (
                len(self._idle) > self._min_idle
                and time.monotonic() - self._idle[0][1] > self._idle_s
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
        """Of the living processes, the busy ones first."""
        children = (*self._busy, *(child for child, _ in self._idle))
        return tuple(child.pid for child in children if child.alive)

    async def _take(self) -> ChildProcess:
        while self._idle:
            child, _ = self._idle.pop()
            if child.alive:
                return child
            await child.stop()
        return await self._start()

    async def _start(self) -> ChildProcess:
        child = await ChildProcess.start(
            self._module, memory_bytes=self._memory_bytes, niceness=self._niceness
        )
        _log.info("child_process_started", module=self._module, pid=child.pid)
        return child

    async def _give_back(self, child: ChildProcess, *, reusable: bool) -> None:
        worn = self._requests_per_child is not None and child.requests >= self._requests_per_child
        if reusable and child.alive and not worn and not self._closed:
            self._idle.append((child, time.monotonic()))
        elif child.alive:
            await child.stop()
