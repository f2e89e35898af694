"""Uploads while processes of the whole platform are killed: what is lost, doubled or left over."""

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Callable
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
_AUDIT_EVERY_S: Final = 5.0
_PER_PHOTO_S: Final = 1.0
_CONVERGES_WITHIN_S: Final = 1_800.0
"""And a second for each photo; what is not there then counts as lost. Longer than a record waits
in the retry topics."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of uploads and kills ended in."""

    receipts: Receipts
    report: Audit
    kills: KillSequence
    uploading_s: float
    converging_s: float

    def figures(self) -> list[Figure]:
        acknowledged, report = len(self.receipts.photo_ids), self.report
        distinct = len(set(self.receipts.photo_ids.values()))
        doubled = acknowledged - distinct + len(report.extra) + len(report.repeated)
        counts = self.kills.counts
        return [
            Figure("acknowledged", acknowledged, "photos"),
            Figure("ready", distinct - len(report.lost) - len(report.unready), "photos"),
            Figure("lost", len(report.lost), "photos"),
            Figure("unready", len(report.unready), "photos"),
            Figure("duplicates", doubled, "photos"),
            Figure("not_found_by_search", len(report.not_found), "photos"),
            Figure("missing_objects", len(report.missing_objects), "objects"),
            Figure("orphaned_objects", len(report.orphaned_objects), "objects"),
            Figure("runs_without_receipt", self.receipts.failures.total(), "files"),
            Figure("uploading", self.uploading_s, "s"),
            Figure("converging_after_the_last_kill", self.converging_s, "s"),
            Figure("kills", counts.total(), "processes"),
            *(
                Figure(f"kills_of_{name.replace(' ', '_').replace('-', '_')}", count, "processes")
                for name, count in sorted(counts.items())
            ),
        ]


def _write_photos(folder: Path, count: int, seed: int, on_photo: Callable[[], None]) -> None:
    for number in range(count):
        (folder / f"{number:05}.jpg").write_bytes(jpeg(seed * 1_000_000 + number))
        on_photo()


async def _converge(
    person: ApiClient, stack: Stack, receipts: Receipts, on_audit: Callable[[Audit], None]
) -> Audit:
    """Return the first audit without a fault, or the last one before the deadline."""
    photo_ids = list(receipts.photo_ids.values())
    deadline = time.monotonic() + _CONVERGES_WITHIN_S + _PER_PHOTO_S * len(photo_ids)
    report: Audit | None = None
    while report is None or (report.faults and time.monotonic() < deadline):
        try:
            await person.log_in()
            report = await audit(person, stack, photo_ids)
        except Exception as error:
            if time.monotonic() > deadline:
                raise
            print(f"not audited: {error!r}"[:200])
        else:
            on_audit(report)
            if not report.faults:
                break
        await asyncio.sleep(_AUDIT_EVERY_S)
    return report


async def _run(stack: Stack, count: int, seed: int, pause_s: float, progress: Progress) -> Run:
    photos = progress.add_task("photos drawn", total=count)
    receipts_task = progress.add_task("acknowledged", total=count)
    kills_task = progress.add_task("kills", total=None)
    whole_task = progress.add_task("ready and found", total=count)
    kills = KillSequence(stack, seed=seed, on_kill=lambda _name: progress.advance(kills_task))
    stop = threading.Event()
    with tempfile.TemporaryDirectory(prefix="pichaven-chaos-") as name:
        folder = Path(name)
        _write_photos(folder, count, seed, lambda: progress.advance(photos))
        async with registered_client(stack.url) as person:
            client = InsistentClient(
                stack.url, person.email, on_receipt=lambda: progress.advance(receipts_task)
            )
            began = time.monotonic()
            killing = asyncio.create_task(asyncio.to_thread(kills.run, stop, pause_s=pause_s))
            try:
                receipts = await asyncio.to_thread(client.upload, folder)
            finally:
                stop.set()
                await killing
            uploaded = time.monotonic()

            def on_audit(report: Audit) -> None:
                wrong = report.lost | set(report.unready) | report.not_found
                progress.update(whole_task, completed=count - len(wrong))

            report = await _converge(person, stack, receipts, on_audit)
            converged = time.monotonic()
    return Run(receipts, report, kills, uploaded - began, converged - uploaded)


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
        f" run again for what fails; a kill every {options.pause:g} s in the order of seed"
        f" {options.seed}; model pichaven-tiny"
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
