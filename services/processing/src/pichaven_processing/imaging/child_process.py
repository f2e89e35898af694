"""One child process that does imaging, seen from its parent."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Self

from pydantic import TypeAdapter

from pichaven_chassis.child_process import parent
from pichaven_chassis.events import EngineDown
from pichaven_processing.imaging.facts import Facts
from pichaven_processing.imaging.limits import Limits
from pichaven_processing.imaging.rejection import Rejected, RejectionCode
from pichaven_processing.imaging.step import Step, StepReport, StepState
from pichaven_processing.ports import FailureKind, Folder, ImagingFailed, OnStep

_START_S: Final = 60
_GRACE_S: Final = 5
_WATCH_S: Final = 0.1
_LONGEST_LINE: Final = 1 << 20
_KEPT_STDERR: Final = 4000
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_FACTS: Final = TypeAdapter(Facts)


class ChildProcess:
    """Runs one job at a time. After `ImagingFailed` it is not to be used again."""

    def __init__(self, process: Process, memory_bytes: int) -> None:
        self._process = process
        self._memory_bytes = memory_bytes
        self._stderr = b""
        self._listener = asyncio.create_task(self._keep_stderr())
        self.jobs_done = 0
        self._over_memory = False

    @classmethod
    async def start(cls, memory_bytes: int, niceness: int = 0) -> Self:
        """A process that is ready for work. It has no credentials and dies with this one.

        Raises `EngineDown` when none can be started.
        """
        process = await parent.start(
            "pichaven_processing.imaging.worker",
            memory_bytes=memory_bytes,
            niceness=niceness,
            longest_line=_LONGEST_LINE,
            stderr=PIPE,
        )
        child = cls(process, memory_bytes)
        try:
            async with asyncio.timeout(_START_S):
                await child._read()
        except BaseException as error:
            await child.kill()
            if isinstance(error, TimeoutError | ImagingFailed):
                # No photo is to blame for it.
                raise EngineDown(f"a child process did not start: {error}") from None
            raise
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def run(self, folder: Folder, limits: Limits, on_step: OnStep, timeout_s: float) -> Facts:
        """The facts of `folder.original`. Raises `Rejected`, `ImagingFailed`.

        However else this ends, by cancellation too, the process is ended with it.
        """
        job = {
            "original": str(folder.original),
            "folder": str(folder.variants),
            "limits": asdict(limits),
            "timeout_s": timeout_s,
        }
        watch = asyncio.create_task(self._watch_memory())
        try:
            async with asyncio.timeout(timeout_s):
                outcome = await self._converse(job, on_step)
        except TimeoutError:
            await self.kill()
            raise ImagingFailed(FailureKind.TIMEOUT, f"not within {timeout_s:g} s") from None
        except BaseException:
            await self.kill()
            raise
        finally:
            watch.cancel()
        self.jobs_done += 1
        if "failed" in outcome:
            failed = outcome["failed"]
            raise ImagingFailed(FailureKind(failed["kind"]), failed["detail"])
        if "rejected" in outcome:
            rejected = outcome["rejected"]
            raise Rejected(RejectionCode(rejected["code"]), rejected["message"])
        return _FACTS.validate_python(outcome["facts"])

    async def stop(self) -> None:
        """Let it end by itself, which it does when nothing more can come."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_GRACE_S):
                await self._process.wait()
        except TimeoutError:
            await self.kill()
        await self._end_listening()

    async def kill(self) -> None:
        parent.end_now(self._process)
        await self._process.wait()
        await self._end_listening()

    async def _converse(self, job: dict[str, Any], on_step: OnStep) -> dict[str, Any]:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(job).encode() + b"\n")
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise await self._post_mortem() from None
        while True:
            message = await self._read()
            if "step" not in message:
                return message
            state = StepState(message["state"])
            on_step(StepReport(Step(message["step"]), state, message["message"]))

    async def _read(self) -> dict[str, Any]:
        message = await parent.hear(self._process)
        if message is None:
            raise await self._post_mortem()
        return message

    async def _post_mortem(self) -> ImagingFailed:
        """Why there is no more output."""
        parent.end_now(self._process)
        code = await self._process.wait()
        await self._end_listening()
        said = self._stderr.decode("utf-8", "replace")
        detail = f"the child ended with {code}: {said[-_KEPT_STDERR:]}"
        starved = self._over_memory or any(
            words in said
            for words in ("MemoryError", "failed to allocate", "std::bad_alloc", "out of memory")
        )
        return ImagingFailed(FailureKind.MEMORY if starved else FailureKind.CRASH, detail)

    async def _watch_memory(self) -> None:
        """End the process when it holds more than it may, whatever kind of memory that is.

        The child bounds its private memory itself; this sees what that bound cannot, such as
        files in memory, and works where the bound does not.
        """
        statm = Path(f"/proc/{self._process.pid}/statm")
        while True:
            try:
                resident = int(statm.read_text().split()[1]) * _PAGE
            except (OSError, IndexError):
                return
            if resident > self._memory_bytes:
                self._over_memory = True
                parent.end_now(self._process)
                return
            await asyncio.sleep(_WATCH_S)

    async def _keep_stderr(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(4096):
            self._stderr = (self._stderr + chunk)[-_KEPT_STDERR:]

    async def _end_listening(self) -> None:
        await asyncio.wait([self._listener], timeout=1)
        self._listener.cancel()
