"""Processes beside a stack's own: a second service, an operator's command."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from pichaven_chassis.testing import eventually
from pichaven_local.process import Child, Command, own_environment
from pichaven_local.stack import Stack

_SHOWN = 4000


class Beside:
    """A running process, and what it has said."""

    def __init__(self, child: Child, log: Path) -> None:
        self.child = child
        self._log = log

    @property
    def said(self) -> str:
        return self._log.read_text(errors="backslashreplace")

    def check_alive(self) -> None:
        code = self.child.exit_code
        assert code is None, f"it ended with {code}: {self.said[-_SHOWN:]}"


@asynccontextmanager
async def running(
    stack: Stack, service: str, *arguments: str, **environment: str
) -> AsyncIterator[Beside]:
    """`python -m pichaven_<service> <arguments>` with the service's settings in the stack.

    It ends, with all that it started, when the block is left, and when the test's own process
    dies.
    """
    settings = own_environment() | stack.environment(service) | {"PYTHONUNBUFFERED": "1"}
    command = Command(
        [sys.executable, "-m", f"pichaven_{service}", *arguments],
        settings | environment,
        stack.directory,
    )
    log = stack.directory / "logs" / f"beside-{service}-{arguments[0]}.log"
    # A log of its own for each run, so that what is read is what this one has said.
    log.unlink(missing_ok=True)
    child = Child(command, log)
    try:
        yield Beside(child, log)
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
    """What a command said, which must end in time, with this code."""
    async with running(stack, service, *arguments, **environment) as process:

        def ended() -> bool:
            assert process.child.exit_code is not None, process.said[-_SHOWN:]
            return True

        await eventually(ended, f"{service} {' '.join(arguments)} ends", timeout_s)
        assert process.child.exit_code == exit_code, process.said[-_SHOWN:]
        return process.said
