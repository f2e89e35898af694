"""Requests to a small worker in a process of its own."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from pichaven_chassis.child_process.child import FailureKind
from pichaven_chassis.child_process.pool import ChildPool
from pichaven_chassis.child_process.process import ChildFailed
from pichaven_chassis.outages import EngineDown

WORKER = """
import os, sys, time
from pichaven_chassis.child_process import child

def handle(job, payload, report):
    print("libraries print to stdout")
    match job["do"]:
        case "echo":
            for number in range(job["reports"]):
                report({"number": number})
            return {"size": len(payload), "last": payload[-1:].decode()}
        case "raise":
            raise ValueError("wrong job")
        case "allocate":
            return {"size": len(bytearray(4 << 30))}
        case "sleep":
            time.sleep(60)
        case "compute":
            while True:
                pass
        case "exit":
            sys.stderr.write("good-bye")
            sys.stderr.flush()
            os._exit(3)

if __name__ == "__main__":
    child.serve(lambda: handle)
"""

StartPool = Callable[..., ChildPool]


@pytest.fixture
async def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StartPool]:
    (tmp_path / "sample_worker.py").write_text(WORKER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    pools: list[ChildPool] = []

    def start(module: str = "sample_worker") -> ChildPool:
        pools.append(ChildPool(module, memory_bytes=1 << 30))
        return pools[-1]

    yield start
    for each in pools:
        await each.close()


async def test_a_payload_goes_out_and_reports_and_a_result_come_back(pool: StartPool) -> None:
    children = pool()
    reports: list[dict[str, int]] = []

    result = await children.request(
        {"do": "echo", "reports": 3},
        b"line\n" * 200_000 + b"x",
        timeout_s=30,
        on_report=reports.append,
    )
    await children.request({"do": "echo", "reports": 1}, timeout_s=30)

    assert result == {"size": 1_000_001, "last": "x"}
    assert reports == [{"number": 0}, {"number": 1}, {"number": 2}]
    assert len(children.pids) == 1


@pytest.mark.parametrize(
    ("job", "kind", "detail"),
    [
        ("raise", FailureKind.ERROR, "wrong job"),
        ("allocate", FailureKind.MEMORY, ""),
        ("exit", FailureKind.CRASH, "ended with 3: "),
        ("sleep", FailureKind.TIMEOUT, "not within 0.5 s"),
    ],
)
async def test_a_failed_request_costs_its_child_alone(
    pool: StartPool, job: str, kind: FailureKind, detail: str
) -> None:
    children = pool()
    await children.warm_up()
    before = children.pids

    with pytest.raises(ChildFailed) as failed:
        await children.request({"do": job}, timeout_s=0.5 if job == "sleep" else 30)
    await children.request({"do": "echo", "reports": 0}, timeout_s=30)

    assert failed.value.kind is kind
    assert detail in failed.value.detail
    assert set(children.pids).isdisjoint(before)


@pytest.mark.parametrize("job", ["sleep", "compute"])
async def test_a_timeout_says_whether_the_child_computed(pool: StartPool, job: str) -> None:
    children = pool()
    await children.warm_up()

    with pytest.raises(ChildFailed) as failed:
        await children.request({"do": job}, timeout_s=0.5)

    times = failed.value.run_time
    assert times is not None
    if job == "sleep":
        assert times.running < 0.25
    else:
        assert times.running + times.waiting > 0.25


async def test_a_child_that_does_not_start_is_an_outage(
    pool: StartPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EngineDown, match="did not start"):
        await pool("no_such_module").request({}, timeout_s=30)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EngineDown, match="did not start"):
        await pool().request({}, timeout_s=30)


async def test_a_closed_pool_keeps_no_child(pool: StartPool) -> None:
    children = pool()
    await asyncio.gather(
        *(children.request({"do": "echo", "reports": 0}, timeout_s=30) for _ in range(2))
    )

    await children.close()

    assert children.pids == ()


def test_the_side_of_the_child_costs_no_more_than_the_standard_library() -> None:
    look = (
        "import sys; before = set(sys.modules);"
        "import pichaven_chassis.child_process.child;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "sys.exit(','.join(new - sys.stdlib_module_names - {'pichaven_chassis'}))"
    )
    ended = subprocess.run([sys.executable, "-c", look], check=False, stderr=subprocess.PIPE)
    assert ended.stderr.strip() == b""
