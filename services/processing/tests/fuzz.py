"""Run mutated files of every format through child processes and judge their ends.

`python -m services.processing.tests.fuzz --count 10000` writes a table and, with `--keep`, every
file whose end is wrong.
"""

import argparse
import asyncio
import io
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track
from services.processing.tests.file_corpus import SOUND_FILES
from services.processing.tests.mutated_files import MutatedFile, mutated_files

from pichaven_chassis.child_process.child import FailureKind
from pichaven_chassis.child_process.process import ChildFailed
from pichaven_processing.imaging.limits import Limits
from pichaven_processing.imaging.pool import ImagingPool
from pichaven_processing.imaging.rejection import Rejected
from pichaven_processing.spool import Spool, Workspace

LIMIT_S: Final = 30.0
_LIMITS: Final = Limits(
    max_bytes=50_000_000, max_pixels=50_000_000, max_animation_pixels=200_000_000, max_edge=65_535
)
_MEMORY: Final = 1 << 30
_PREVIEW: Final = (64, 48)
_VISIBLE: Final = 12.0
"""Mean difference of a block of 8 by 8 preview pixels, of 255."""
_NAMED: Final = frozenset({FailureKind.CRASH, FailureKind.MEMORY})
"""Failures of a child that end in a code; the others are a hang and an error of its own."""


@dataclass
class Ends:
    """How files ended, and which of them wrongly."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[MutatedFile, str]] = field(default_factory=list)


def corpus() -> dict[str, bytes]:
    return {name: make() for name, make in SOUND_FILES.items()}


async def run_mutated_files(
    files: Iterable[MutatedFile], sound: dict[str, bytes], folder: Path, *, at_once: int = 2
) -> Ends:
    """Return the ends of all files, each processed as the service does it."""
    ends = Ends()
    pool = ImagingPool(
        limits=_LIMITS,
        timeout_s=LIMIT_S,
        memory_bytes=_MEMORY,
        jobs_per_child=200,
        idle_s=60,
        niceness=5,
    )
    spool = Spool(folder / "spool")
    try:
        previews = {name: await _preview_of(pool, spool, data) for name, data in sound.items()}
        pending = iter(files)

        async def work() -> None:
            for file in pending:
                end, fault = await _end_of(pool, spool, file, previews[file.name])
                ends.counts[end] += 1
                if fault:
                    ends.wrong.append((file, fault))

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(work())
    finally:
        await pool.close()
        await spool.close()
    return ends


async def _end_of(
    pool: ImagingPool, spool: Spool, file: MutatedFile, whole: Image.Image
) -> tuple[str, str | None]:
    """Return how the file ended, and what is wrong with that."""
    async with spool.workspace() as workspace:
        workspace.original.write_bytes(file.data)
        try:
            await _process(pool, workspace)
        except Rejected as rejected:
            wrong = "a sentence" if not rejected.message.endswith(".") else None
            return rejected.code.value, wrong
        except ChildFailed as failed:
            wrong = None if failed.kind in _NAMED else f"{failed.kind}: {failed.detail}"
            return f"child: {failed.kind}", wrong
        if not _differ(_read_preview(workspace), whole):
            return "ready", None
        complaint = await _reference_complaint(workspace.original)
        if complaint is None:
            return "ready, changed, and sound to the reference", None
        return "ready though damaged", f"the reference says: {complaint}"


async def _process(pool: ImagingPool, workspace: Workspace) -> None:
    """Process twice where the first time it takes too long: a hang comes back."""
    try:
        await pool(workspace, lambda _: None)
    except ChildFailed as failed:
        if failed.kind is not FailureKind.TIMEOUT:
            raise
        await pool(workspace, lambda _: None)


async def _preview_of(pool: ImagingPool, spool: Spool, data: bytes) -> Image.Image:
    async with spool.workspace() as workspace:
        workspace.original.write_bytes(data)
        await pool(workspace, lambda _: None)
        return _read_preview(workspace)


def _read_preview(workspace: Workspace) -> Image.Image:
    path = next(workspace.variants.glob("*.jpeg"))
    for name in ("400.jpeg", "150.jpeg"):
        if (workspace.variants / name).exists():
            path = workspace.variants / name
            break
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        return image.convert("RGB").resize(_PREVIEW, Image.Resampling.BOX)


def _differ(one: Image.Image, other: Image.Image) -> bool:
    difference = np.abs(np.asarray(one).astype(float) - np.asarray(other).astype(float))
    blocks = difference.reshape(_PREVIEW[1] // 8, 8, _PREVIEW[0] // 8, 8, 3).mean(axis=(1, 3, 4))
    return bool(blocks.max() > _VISIBLE)


async def _reference_complaint(path: Path) -> str | None:
    """Return what a strict reference decoder says against the file, None when it reads it.

    In a process of its own, since decoders may fault.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.processing.tests.reference_decoders",
        str(path),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    out, _ = await process.communicate()
    if process.returncode != 0:
        return f"it ended with {process.returncode}"
    complaint: str | None = json.loads(out)
    return complaint


def _with_progress(files: Iterable[MutatedFile], count: int) -> Iterator[MutatedFile]:
    """Yield the files; show a bar in a terminal, and a line for each 500 elsewhere."""
    console = Console(stderr=True)
    if console.is_terminal:
        yield from track(files, "mutated files", total=count, console=console)
        return
    for number, file in enumerate(files, 1):
        if number % 500 == 0:
            console.print(f"{number} of {count} mutated files")
        yield file


async def _main(count: int, seed: int, keep: Path | None, only: str, seconds: float) -> int:
    sound = {name: data for name, data in corpus().items() if only in name}
    with tempfile.TemporaryDirectory() as folder:
        deadline = time.monotonic() + seconds
        files = takewhile(lambda _: time.monotonic() < deadline, mutated_files(sound, count, seed))
        ends = await run_mutated_files(_with_progress(files, count), sound, Path(folder))
    for end, number in ends.counts.most_common():
        print(f"{number:7} {end}")
    for file, fault in ends.wrong:
        print(f"{file.name}, {file.mutation}, {file.number}: {fault}"[:300])
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            name = f"{file.name}-{file.mutation}-{file.number}".replace(" ", "_")
            (keep / name).write_bytes(file.data)
    return len(ends.wrong)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=86_400, help="then no more files begin")
    parser.add_argument("--keep", type=Path, help="a folder for the files that end wrongly")
    parser.add_argument("--only", default="", help="formats whose name has this text")
    arguments = parser.parse_args()
    faults = asyncio.run(
        _main(arguments.count, arguments.seed, arguments.keep, arguments.only, arguments.seconds)
    )
    sys.exit(min(faults, 100))
