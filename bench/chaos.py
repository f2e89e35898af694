"""Uploads while processes of the whole platform are killed: what is lost, doubled or left over."""

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.platform_run import running_platform
from bench.report import Figure, write
from pichaven_local.stack import Stack
from testing.api_client import ApiClient, registered_client
from testing.images import jpeg
from testing.insistent_client import InsistentClient, Receipts
from testing.kills import KillSequence
from testing.library_audit import Audit, audit

_COUNT: Final = 5_000
_PAUSE_S: Final = 4.0
_SEED: Final = 1
_FOLDER: Final = 50
_PURGED: Final = 2
"""Of the photos of a folder, right after it was uploaded."""
_AUDIT_EVERY_S: Final = 5.0
_PER_PHOTO_S: Final = 1.0
_CONVERGES_WITHIN_S: Final = 1_800.0
"""And a second for each photo; what is not there then counts as lost. Longer than a record waits
in the retry topics."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of uploads and kills ended in."""

    receipts: Receipts
    purged: Collection[str]
    report: Audit
    kills: KillSequence
    uploading_s: float
    converging_s: float

    def figures(self) -> list[Figure]:
        acknowledged, report = len(self.receipts.photo_ids), self.report
        distinct = len(set(self.receipts.photo_ids.values()))
        left = distinct - len(self.purged)
        doubled = acknowledged - distinct + len(report.extra) + len(report.repeated)
        counts = self.kills.counts
        return [
            Figure("acknowledged", acknowledged, "photos"),
            Figure("purged", len(self.purged), "photos"),
            Figure("ready", left - len(report.lost) - len(report.unready), "photos"),
            Figure("lost", len(report.lost), "photos"),
            Figure("unready", len(report.unready), "photos"),
            Figure("duplicates", doubled, "photos"),
            Figure("not_found_by_search", len(report.not_found), "photos"),
            Figure("missing_objects", len(report.missing_objects), "objects"),
            Figure("orphaned_objects", len(report.orphaned_objects), "objects"),
            Figure("files_sent_again", self.receipts.failures.total(), "files"),
            Figure("uploading", self.uploading_s, "s"),
            Figure("converging_after_the_last_kill", self.converging_s, "s"),
            Figure("kills", counts.total(), "processes"),
            *(
                Figure(f"kills_of_{name.replace(' ', '_').replace('-', '_')}", count, "processes")
                for name, count in sorted(counts.items())
            ),
        ]


def _write_photos(
    folder: Path, count: int, seed: int, on_photo: Callable[[], None]
) -> Sequence[Path]:
    """Write the photos into folders and return these."""
    folders = [folder / f"{start:06}" for start in range(0, count, _FOLDER)]
    for number in range(count):
        target = folders[number // _FOLDER]
        target.mkdir(exist_ok=True)
        (target / f"{number:06}.jpg").write_bytes(jpeg(seed * 1_000_000 + number))
        on_photo()
    return folders


@dataclass
class Bars:
    """The progress of a run on the terminal."""

    progress: Progress
    count: int

    def __post_init__(self) -> None:
        add = self.progress.add_task
        self._drawn = add("photos drawn", total=self.count)
        self._acknowledged = add("acknowledged", total=self.count)
        self._whole = add("ready and found", total=self.count)
        self._kills = add("kills", total=None)

    def drawn(self) -> None:
        self.progress.advance(self._drawn)

    def acknowledged(self) -> None:
        self.progress.advance(self._acknowledged)

    def killed(self, name: str) -> None:
        self.progress.update(self._kills, advance=1, description=f"kills, {name} last")

    def audited(self, report: Audit) -> None:
        wrong = report.lost | set(report.unready) | report.not_found
        self.progress.update(self._whole, completed=self.count - len(wrong))


class Chaos:
    """Uploads photos and purges some, while processes are killed, until the library is whole."""

    def __init__(self, stack: Stack, person: ApiClient, seed: int, bars: Bars) -> None:
        self._stack = stack
        self._person = person
        self._bars = bars
        self._receipts = Receipts()
        self._kills = KillSequence(stack, seed=seed, on_kill=bars.killed)
        self._purged: set[str] = set()

    async def run(self, folders: Sequence[Path], pause_s: float) -> Run:
        stop = threading.Event()
        began = time.monotonic()
        killing = asyncio.create_task(asyncio.to_thread(self._kills.run, stop, pause_s=pause_s))
        try:
            await asyncio.to_thread(self._upload, folders)
        finally:
            stop.set()
            await killing
        uploaded = time.monotonic()
        report = await self._converge()
        converged = time.monotonic()
        return Run(
            self._receipts,
            self._purged,
            report,
            self._kills,
            uploaded - began,
            converged - uploaded,
        )

    def _upload(self, folders: Sequence[Path]) -> None:
        client = InsistentClient(
            self._stack.url, self._person.email, on_receipt=self._bars.acknowledged
        )
        for folder in folders:
            receipts = client.upload(folder)
            self._receipts.photo_ids |= receipts.photo_ids
            self._receipts.failures += receipts.failures
            purged = list(receipts.photo_ids.values())[:: _FOLDER // _PURGED]
            client.purge(purged)
            self._purged.update(purged)

    async def _converge(self) -> Audit:
        """Return the first audit without a fault, or the last one before the deadline."""
        photo_ids = set(self._receipts.photo_ids.values()) - self._purged
        deadline = time.monotonic() + _CONVERGES_WITHIN_S + _PER_PHOTO_S * len(photo_ids)
        while True:
            report: Audit | None = None
            try:
                await self._person.log_in()
                report = await audit(self._person, self._stack, photo_ids)
            except Exception:
                # Something is still starting.
                if time.monotonic() > deadline:
                    raise
            if report is not None:
                self._bars.audited(report)
                if not report.faults or time.monotonic() > deadline:
                    return report
            await asyncio.sleep(_AUDIT_EVERY_S)


async def _run(stack: Stack, count: int, seed: int, pause_s: float, progress: Progress) -> Run:
    bars = Bars(progress, count)
    with tempfile.TemporaryDirectory(prefix="pichaven-chaos-") as name:
        folders = _write_photos(Path(name), count, seed, bars.drawn)
        async with registered_client(stack.url) as person:
            return await Chaos(stack, person, seed, bars).run(folders, pause_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=_COUNT, help="photos that are uploaded")
    parser.add_argument("--seed", type=int, default=_SEED, help="of the order of kills")
    parser.add_argument("--pause", type=float, default=_PAUSE_S, help="seconds between kills")
    options = parser.parse_args()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        running_platform(PICHAVEN_CLIP_MODEL="pichaven-tiny") as stack,
        Progress(*columns, TimeElapsedColumn()) as progress,
    ):
        run = asyncio.run(_run(stack, options.count, options.seed, options.pause, progress))
    corpus = (
        f"{options.count} drawn JPEGs of 640 x 480 pixels, uploaded by the CLI's uploader, which is"
        f" run again for what fails, {_PURGED} of {_FOLDER} purged; a kill every"
        f" {options.pause:g} s in the order of seed {options.seed}; model pichaven-tiny"
    )
    write("chaos", run.figures(), corpus=corpus)
    for reason, count in run.receipts.failures.most_common(10):
        print(f"{count} x {reason}")
    if run.report.faults:
        raise SystemExit(
            f"not whole: { {name: len(it) for name, it in run.report.faults.items()} }"
        )


if __name__ == "__main__":
    main()
