"""A child process seen from the one that starts it."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import Any, Final

_PASSED_ON: Final = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "TZ")
_ENVIRONMENT: Final = {
    # One thread and one arena: half the memory, and one job a core.
    "VIPS_CONCURRENCY": "1",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONUTF8": "1",
}


async def start(
    module: str, *, memory_bytes: int, niceness: int, longest_line: int, stderr: int
) -> Process:
    """`python -m module`, which has to call `child.begin`; it gets no credentials of ours.

    `memory_bytes` bounds its private memory, `longest_line` (bytes) what it may say at once.
    `stderr` is one of asyncio's `PIPE` and `DEVNULL`.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        str(os.getpid()),
        str(memory_bytes),
        str(niceness),
        stdin=PIPE,
        stdout=PIPE,
        stderr=stderr,
        limit=longest_line,
        env=environment | _ENVIRONMENT,
    )


async def hear(process: Process) -> dict[str, Any] | None:
    """What it says next; None when it says no more, since it has ended or is about to."""
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line.endswith(b"\n"):
        return None
    message: dict[str, Any] = json.loads(line)
    return message


def end_now(process: Process) -> None:
    """Harmless when it has ended already. `process.wait` tells when it is gone."""
    # Not by `Process.kill`, which may collect the status that asyncio waits for.
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
