"""A child process that dies, hangs or eats memory costs one attempt of one photo."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from PIL import Image
from services.processing.tests import pictures
from services.processing.tests.conftest import LIMITS

from pichaven_chassis.child_process.child import FailureKind
from pichaven_chassis.child_process.process import ChildFailed
from pichaven_processing.imaging.facts import Facts
from pichaven_processing.imaging.pool import ImagingPool
from pichaven_processing.imaging.rejection import Rejected
from pichaven_processing.imaging.step import Step, StepReport
from pichaven_processing.spool import Spool
from testing.polling import eventually

pytestmark = pytest.mark.slow

StartPool = Callable[..., ImagingPool]


@pytest.fixture
async def pool() -> AsyncIterator[StartPool]:
    pools: list[ImagingPool] = []

    def make(**settings: float) -> ImagingPool:
        defaults = {
            "memory_bytes": 1 << 30,
            "timeout_s": 60.0,
            "jobs_per_child": 100,
            "idle_s": 60.0,
        }
        pools.append(ImagingPool(limits=LIMITS, **{**defaults, **settings}))  # type: ignore[arg-type]
        return pools[-1]

    yield make
    for each in pools:
        await each.close()


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    spool = Spool(tmp_path / "spool")
    yield spool
    await spool.close()


Imaged = Callable[..., "asyncio.Future[Facts]"]


@pytest.fixture
def imaged(spool: Spool) -> Callable[..., object]:
    async def run(
        pool: ImagingPool, data: bytes, on_step: Callable[[StepReport], None] = lambda _: None
    ) -> Facts:
        async with spool.workspace() as workspace:
            workspace.original.write_bytes(data)
            return await pool(workspace, on_step)

    return run


def resident_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    sizes_kb = [int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line]
    assert sizes_kb, f"process {pid} has no VmRSS: it has ended"
    return sizes_kb[0] // 1024


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z"
    except FileNotFoundError:
        return True


async def test_a_child_is_small_while_idle_and_starts_only_when_needed(
    pool: StartPool, imaged: Imaged
) -> None:
    children = pool()
    assert children.pids == ()

    await imaged(children, pictures.jpeg())

    [pid] = children.pids
    assert resident_mb(pid) < 80
    await imaged(children, pictures.jpeg())
    assert children.pids == (pid,)


async def test_a_child_killed_in_mid_work_costs_that_attempt_alone(
    pool: StartPool, imaged: Imaged
) -> None:
    children = pool()

    def kill(report: StepReport) -> None:
        if report.step is Step.MAKE_VARIANTS:
            os.kill(children.pids[0], signal.SIGSEGV)

    with pytest.raises(ChildFailed) as failed:
        await imaged(children, pictures.jpeg(2400, 1800), kill)
    facts = await imaged(children, pictures.jpeg())

    assert failed.value.kind is FailureKind.CRASH
    assert facts.width == 640


async def test_an_idle_child_that_was_killed_is_replaced(pool: StartPool, imaged: Imaged) -> None:
    children = pool()
    await children.warm_up()
    [pid] = children.pids
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: has_ended(pid), "the child is gone")

    try:
        facts = await imaged(children, pictures.jpeg())
    except ChildFailed:
        # Its end had not been noticed yet: that is one attempt, and the next one works.
        facts = await imaged(children, pictures.jpeg())

    assert facts.width == 640


async def test_a_job_that_takes_too_long_is_ended(pool: StartPool, imaged: Imaged) -> None:
    children = pool(timeout_s=0.2)
    await children.warm_up()
    [pid] = children.pids

    with pytest.raises(ChildFailed) as failed:
        await imaged(children, pictures.jpeg(6000, 4500))

    assert failed.value.kind is FailureKind.TIMEOUT
    await eventually(lambda: has_ended(pid), "the child is gone")


async def test_a_picture_that_needs_too_much_memory_is_not_called_damaged(
    pool: StartPool, imaged: Imaged
) -> None:
    flat = Image.new("RGB", (8000, 8000), (10, 200, 30))
    hungry = pictures.encode(flat, "JPEG", progressive=True, subsampling=0)
    children = pool(memory_bytes=256 << 20)

    with pytest.raises(ChildFailed) as failed:
        await imaged(children, hungry)
    facts = await imaged(children, pictures.jpeg())

    assert failed.value.kind is FailureKind.MEMORY
    assert facts.width == 640


async def test_a_refusal_crosses_the_process_border(pool: StartPool, imaged: Imaged) -> None:
    reports: list[StepReport] = []
    children = pool()

    with pytest.raises(Rejected) as refused:
        await imaged(children, pictures.jpeg()[:5000], reports.append)

    assert refused.value.code == "damaged_file"
    assert reports[-1].message == refused.value.message
    assert len({report.step for report in reports}) == len(reports) / 2


async def test_a_cancelled_job_ends_its_child(pool: StartPool, imaged: Imaged) -> None:
    children = pool()
    began = asyncio.Event()
    task = asyncio.ensure_future(imaged(children, pictures.jpeg(6000, 4500), lambda _: began.set()))
    await began.wait()
    [pid] = children.pids

    task.cancel()
    await asyncio.wait([task])

    assert has_ended(pid)
    assert children.pids == ()


async def test_children_work_side_by_side_and_the_idle_ones_end(
    pool: StartPool, imaged: Imaged
) -> None:
    children = pool(idle_s=0.2)
    await asyncio.gather(*(imaged(children, pictures.jpeg(1500, 1000)) for _ in range(3)))
    started = children.pids
    assert len(started) == 3
    ending = asyncio.create_task(children.end_idle())

    await eventually(lambda: len(children.pids) == 1, "one child is left")

    await eventually(lambda: sum(map(has_ended, started)) == 2, "two are gone")
    ending.cancel()


async def test_a_child_is_replaced_after_its_jobs(pool: StartPool, imaged: Imaged) -> None:
    children = pool(jobs_per_child=1)
    await children.warm_up()
    first = children.pids

    await imaged(children, pictures.jpeg())

    assert children.pids == ()
    await eventually(lambda: has_ended(first[0]), "the worn child is gone")


async def test_children_of_the_bulk_lane_stand_back_for_the_others(pool: StartPool) -> None:
    eager, patient = pool(), pool(niceness=10)
    await asyncio.gather(eager.warm_up(), patient.warm_up())

    difference = os.getpriority(os.PRIO_PROCESS, patient.pids[0]) - os.getpriority(
        os.PRIO_PROCESS, eager.pids[0]
    )

    assert difference == min(10, 19 - os.getpriority(os.PRIO_PROCESS, 0))
    assert os.getpgid(eager.pids[0]) == eager.pids[0], "Ctrl-C is for the parent"


async def test_a_child_has_no_credentials(pool: StartPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICHAVEN_STORAGE_SECRET_ACCESS_KEY", "hidden")
    children = pool()
    await children.warm_up()

    environment = Path(f"/proc/{children.pids[0]}/environ").read_bytes()

    assert b"hidden" not in environment
    assert b"MALLOC_ARENA_MAX=1" in environment


_PARENT = """
import asyncio
from pichaven_chassis.child_process.process import ChildProcess

async def main():
    child = await ChildProcess.start("pichaven_processing.imaging.worker", memory_bytes=1 << 30)
    print(child.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_a_child_dies_with_a_parent_that_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PARENT, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()

    await eventually(lambda: has_ended(pid), "the child is gone")


async def test_the_parent_loads_no_imaging_library() -> None:
    heavy = ("pyvips", "PIL", "pillow_heif", "rawpy", "numpy")
    code = (
        "import sys, pichaven_processing.bootstrap;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=subprocess.PIPE
    )
    out, _ = await process.communicate()

    assert out.strip() == b"[]"


async def test_many_photos_may_open_the_spool_at_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")

    async def use() -> bool:
        async with spool.workspace() as folder:
            return folder.variants.is_dir()

    assert all(await asyncio.gather(*(use() for _ in range(20))))
    await spool.close()


async def test_what_a_killed_process_left_in_the_spool_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "process-left"
    (left / "photo-1").mkdir(parents=True)
    (left / "lock").touch()
    (left / "photo-1" / "original").write_bytes(b"bytes")
    living = Spool(tmp_path)
    await living.open()

    newcomer = Spool(tmp_path)
    await newcomer.open()

    assert not left.exists()
    async with living.workspace() as one, newcomer.workspace() as other:
        assert one.path.exists()
        assert other.path.exists()
    assert not one.path.exists()
    await living.close()
    await newcomer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
