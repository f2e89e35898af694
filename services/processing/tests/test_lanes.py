"""A photo uploaded by hand overtakes bulk imports."""

import asyncio
from collections.abc import Callable

import pytest

from pichaven_contracts.photo import Lane
from pichaven_processing.lanes import LaneGate
from testing.polling import eventually


class Visitors:
    """Photos at a gate: each stays inside until it is let go."""

    def __init__(self, gate: LaneGate) -> None:
        self.gate = gate
        self.entered: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def arrive(self, name: str, lane: Lane) -> None:
        self._leave[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._visit(name, lane))
        await eventually(
            lambda: name in self.entered or bool(self.gate._waiters[lane]), f"{name} is at the gate"
        )

    async def leave(self, name: str) -> None:
        assert name in self._leave, f"{name} has not arrived"
        self._leave[name].set()
        await self._tasks[name]
        for _ in range(5):
            await asyncio.sleep(0)

    async def give_up(self, name: str) -> None:
        assert name in self._tasks, f"{name} has not arrived"
        self._tasks[name].cancel()
        await asyncio.wait([self._tasks[name]])

    async def _visit(self, name: str, lane: Lane) -> None:
        async with self.gate.slot(lane):
            self.entered.append(name)
            await self._leave[name].wait()


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def visitors(now: list[float]) -> Callable[..., Visitors]:
    def make(slots: int, bulk_slots: int) -> Visitors:
        return Visitors(
            LaneGate(slots, bulk_slots=bulk_slots, bulk_max_wait_s=60, clock=lambda: now[0])
        )

    return make


async def test_a_free_slot_goes_to_the_interactive_photo_first(
    visitors: Callable[..., Visitors],
) -> None:
    gate = visitors(1, 1)
    await gate.arrive("bulk 1", Lane.BULK)
    await gate.arrive("bulk 2", Lane.BULK)
    await gate.arrive("by hand", Lane.INTERACTIVE)

    await gate.leave("bulk 1")
    await gate.leave("by hand")

    assert gate.entered == ["bulk 1", "by hand", "bulk 2"]
    await gate.leave("bulk 2")


async def test_bulk_never_takes_the_last_slot(visitors: Callable[..., Visitors]) -> None:
    gate = visitors(3, 2)
    for number in range(4):
        await gate.arrive(f"bulk {number}", Lane.BULK)
    assert gate.entered == ["bulk 0", "bulk 1"]

    await gate.arrive("by hand", Lane.INTERACTIVE)

    assert gate.entered[-1] == "by hand"
    await gate.leave("by hand")
    assert len(gate.entered) == 3
    for number in range(4):
        await gate.leave(f"bulk {number}")


async def test_interactive_photos_may_take_every_slot(
    visitors: Callable[..., Visitors],
) -> None:
    gate = visitors(3, 2)
    for number in range(3):
        await gate.arrive(f"by hand {number}", Lane.INTERACTIVE)

    assert len(gate.entered) == 3
    for number in range(3):
        await gate.leave(f"by hand {number}")


async def test_a_bulk_photo_that_waited_long_goes_before_later_interactive_ones(
    visitors: Callable[..., Visitors], now: list[float]
) -> None:
    gate = visitors(1, 1)
    await gate.arrive("first", Lane.INTERACTIVE)
    await gate.arrive("bulk", Lane.BULK)
    now[0] = 61
    await gate.arrive("later", Lane.INTERACTIVE)

    await gate.leave("first")

    assert gate.entered == ["first", "bulk"]
    await gate.leave("bulk")
    await gate.leave("later")


async def test_a_photo_that_stops_waiting_leaves_no_slot_taken(
    visitors: Callable[..., Visitors],
) -> None:
    gate = visitors(1, 1)
    await gate.arrive("inside", Lane.BULK)
    await gate.arrive("waiting", Lane.INTERACTIVE)
    await gate.give_up("waiting")
    await gate.give_up("inside")

    await gate.arrive("next", Lane.BULK)

    assert gate.entered == ["inside", "next"]
    assert gate.gate._in_use[Lane.INTERACTIVE] == 0
    await gate.leave("next")
