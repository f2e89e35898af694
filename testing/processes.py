"""Processes beside a stack's own: a second instance of a service, an operator's command."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from pichaven_local.process import Child, Command, own_environment
from pichaven_local.stack import Stack
from testing.polling import eventually

_TAIL = 4000


class ServiceProcess:
    """A running process and its log."""

    def __init__(self, child: Child, log: Path) -> None:
        self.child = child
        self._log = log

    @property
    def output(self) -> str:
        return self._log.read_text(errors="backslashreplace")

    @property
    def output_tail(self) -> str:
        return self.output[-_TAIL:]

    def check_alive(self) -> None:
        code = self.child.exit_code
        assert code is None, f"exited with {code}: {self.output_tail}"


@asynccontextmanager
async def running(
    stack: Stack, service: str, *arguments: str, **environment: str
) -> AsyncIterator[ServiceProcess]:
    """Run `python -m pichaven_<service> <arguments>` with the service's settings in the stack.

    The process and its children end when the block is left, and when the test's process dies.
    """
    settings = own_environment() | stack.environment(service) | {"PYTHONUNBUFFERED": "1"}
    command = Command(
        [sys.executable, "-m", f"pichaven_{service}", *arguments],
        settings | environment,
        stack.directory,
    )
    log = stack.directory / "logs" / f"beside-{service}-{arguments[0]}.log"
    # Each run starts a new log, so that the output is that of this run alone.
    log.unlink(missing_ok=True)
    child = Child(command, log)
    try:
        yield ServiceProcess(child, log)
    finally:
        await asyncio.to_thread(child.stop)


async def run(
    stack: Stack,
    service: str,
    arguments: Sequence[str],
    timeout_s: float,
    *,
    exit_code: int = 0,
    **environment: str,
) -> str:
    """Run a command to its end and return its output; assert the exit code."""
    async with running(stack, service, *arguments, **environment) as process:

        def has_ended() -> bool:
            assert process.child.exit_code is not None, process.output_tail
            return True

        await eventually(has_ended, f"{service} {' '.join(arguments)} ends", timeout_s)
        assert process.child.exit_code == exit_code, process.output_tail
        return process.output
