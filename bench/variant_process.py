"""A process that makes variants of numbered photos and prints what it took."""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from typing import Self


class VariantProcess:
    """One process: a line of photo numbers in, a line of CPU seconds out."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.greeting = ""
        """What it printed when it was ready."""

    @classmethod
    async def start(cls, *command: str, environment: Mapping[str, str]) -> Self:
        """Start it and wait until it is ready. Raises `OSError` if it does not start."""
        process = cls(
            await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=os.environ | environment,
            )
        )
        process.greeting = await process._line()
        return process

    async def make(self, numbers: Sequence[int]) -> float:
        """Return the CPU seconds of making these photos' variants once."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(numbers).encode() + b"\n")
        return float(await self._line())

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def _line(self) -> str:
        """Raises `OSError`, with what it said, if it has ended."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = (await self._process.stdout.readline()).decode().strip()
        if not line:
            raise OSError((await self._process.stderr.read()).decode())
        return line
