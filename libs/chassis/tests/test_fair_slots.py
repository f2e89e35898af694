import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from pichaven_chassis.disconnects import cancel_on_disconnect
from pichaven_chassis.fair_slots import (
    FairSlots,
    OwnShareTaken,
    Slot,
    SlotDisplaced,
    SlotLimits,
    SlotsTaken,
)
from testing.polling import eventually


def _slots(slots: int = 2, per_owner: int = 1, **limits: Any) -> FairSlots:
    return FairSlots(SlotLimits(slots=slots, per_owner=per_owner, **limits))


class _Request:
    """Holds a slot until `end` is set."""

    def __init__(self, slots: FairSlots, owner_id: str) -> None:
        self._slots = slots
        self._owner_id = owner_id
        self.end = asyncio.Event()
        self.slot: Slot | None = None
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async with self._slots.slot(self._owner_id) as self.slot:
            await self.end.wait()


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_an_owners_share_leaves_slots_to_others() -> None:
    slots = _slots()
    greedy = [_Request(slots, "greedy") for _ in range(5)]
    other = _Request(slots, "other")
    await _settle()
    assert [each.slot is not None for each in greedy] == [True, False, False, False, False]
    assert other.slot is not None
    for each in (*greedy, other):
        each.end.set()
    await asyncio.gather(*(each.task for each in (*greedy, other)))


async def test_a_free_slot_goes_to_who_has_the_fewest() -> None:
    slots = _slots(slots=3, per_owner=3)
    first = [_Request(slots, "early") for _ in range(5)]
    await _settle()
    late = _Request(slots, "late")
    await _settle()
    assert late.slot is None
    first[0].end.set()
    await eventually(lambda: late.slot is not None, "the late owner has a slot")
    assert [each.slot is not None for each in first] == [True, True, True, False, False]
    for each in (*first, late):
        each.end.set()
    await asyncio.gather(*(each.task for each in (*first, late)))


async def test_a_newcomer_goes_before_what_served_owners_have_waiting() -> None:
    now = 0.0
    slots = FairSlots(SlotLimits(slots=1, per_owner=1), lambda: now)
    early = [_Request(slots, owner_id) for owner_id in "abab"]
    await _settle()
    for each in early[:2]:
        now += 1
        each.end.set()
        await each.task
        await _settle()
    late = _Request(slots, "late")
    await _settle()
    assert [each.slot is not None for each in early] == [True, True, True, False]
    early[2].end.set()
    await _settle()
    assert late.slot is not None
    assert early[3].slot is None
    for each in (*early, late):
        each.end.set()
    await asyncio.gather(*(each.task for each in (*early, late)))


async def test_what_an_owner_sends_beyond_its_share_is_refused_at_once() -> None:
    slots = _slots(waiting_per_owner=2)
    running = [_Request(slots, "greedy") for _ in range(3)]
    await _settle()
    with pytest.raises(OwnShareTaken) as refusal:
        async with slots.slot("greedy"):
            pass
    assert refusal.value.status == 429
    assert refusal.value.headers["Retry-After"]
    async with slots.slot("other"):
        pass
    for each in running:
        each.end.set()
    await asyncio.gather(*(each.task for each in running))


@pytest.mark.parametrize(("owner", "status"), [("holds", 429), ("other", 503)])
async def test_nobody_waits_longer_than_the_longest_wait(owner: str, status: int) -> None:
    slots = _slots(slots=1, longest_wait_s=0.05)
    async with slots.slot("holds"):
        with pytest.raises((OwnShareTaken, SlotsTaken)) as refusal:
            async with slots.slot(owner):
                pass
    assert refusal.value.status == status
    assert refusal.value.headers["Retry-After"]
    async with slots.slot(owner):
        pass


async def test_many_waiting_owners_are_refused_too() -> None:
    slots = _slots(slots=1, waiting=3)
    requests = [_Request(slots, f"owner {number}") for number in range(4)]
    await _settle()
    with pytest.raises(SlotsTaken):
        async with slots.slot("late"):
            pass
    for each in requests:
        each.end.set()
    await asyncio.gather(*(each.task for each in requests))


async def test_where_many_wait_the_owner_with_the_most_gives_way() -> None:
    slots = _slots(slots=1, waiting=4)
    holder = _Request(slots, "holder")
    await _settle()
    waiting = [_Request(slots, owner_id) for owner_id in ("greedy", "greedy", "greedy", "one")]
    await _settle()
    other = _Request(slots, "other")
    await _settle()
    assert [each.task.done() for each in waiting] == [False, False, True, False]
    assert isinstance(waiting[2].task.exception(), OwnShareTaken)
    requests = [holder, *waiting[:2], waiting[3], other]
    for each in requests:
        each.end.set()
    await asyncio.gather(*(each.task for each in requests))


async def test_a_request_that_is_cancelled_gives_everything_back() -> None:
    slots = _slots(slots=1)
    holder = _Request(slots, "one")
    await _settle()
    waiter = _Request(slots, "two")
    await _settle()
    waiter.task.cancel()
    holder.task.cancel()
    # The slot is granted and the request cancelled in the same turn of the loop.
    third = _Request(slots, "three")
    holder.end.set()
    third.task.cancel()
    await asyncio.gather(holder.task, waiter.task, third.task, return_exceptions=True)
    async with asyncio.timeout(5), slots.slot("four"):
        pass


async def _endless(pause_s: float, size: int) -> AsyncIterator[bytes]:
    while True:
        await asyncio.sleep(pause_s)
        yield bytes(size)


async def test_the_slowest_stream_ends_when_others_wait() -> None:
    slots = _slots(slots=3, per_owner=3, patience_s=0.05, least_age_s=0.2, slow_bytes_per_s=10_000)
    ended: list[str] = []

    async def stream(name: str, size: int) -> None:
        async with slots.slot(name[:1]) as slot:
            try:
                async for _ in slot.read(_endless(0.01, size), idle_s=30):
                    pass
            except SlotDisplaced:
                ended.append(name)

    streams = [
        asyncio.create_task(stream("a slow", 20)),
        asyncio.create_task(stream("a slowest", 1)),
        asyncio.create_task(stream("b fast", 10_000)),
    ]
    await _settle()
    async with asyncio.timeout(10), AsyncExitStack() as stack:
        await stack.enter_async_context(slots.slot("c"))
        assert ended == ["a slowest"]
    for each in streams:
        each.cancel()
    await asyncio.gather(*streams, return_exceptions=True)


async def test_a_slow_stream_ends_for_an_owner_who_has_no_slot_but_not_for_one_who_has() -> None:
    slots = _slots(
        slots=3, per_owner=3, patience_s=0.02, least_age_s=0.1, longest_wait_s=0.5, waiting=2
    )

    async def stream(owner_id: str) -> None:
        async with slots.slot(owner_id) as slot:
            async for _ in slot.read(_endless(0.01, 1), idle_s=30):
                pass

    streams = [asyncio.create_task(stream(owner_id)) for owner_id in "aab"]
    await _settle()
    with pytest.raises(SlotsTaken):
        async with slots.slot("b"):
            pass
    assert not any(each.done() for each in streams)
    async with slots.slot("c"):
        pass
    outcomes = [each.exception() for each in streams if each.done()]
    assert [type(each) for each in outcomes] == [SlotDisplaced]
    for each in streams:
        each.cancel()
    await asyncio.gather(*streams, return_exceptions=True)


async def test_a_fast_stream_of_an_owner_with_many_slots_ends_for_one_who_has_none() -> None:
    slots = _slots(
        slots=3, per_owner=2, patience_s=0.02, least_age_s=0, longest_wait_s=1, slow_bytes_per_s=1
    )

    async def stream(owner_id: str) -> None:
        async with slots.slot(owner_id) as slot:
            async for _ in slot.read(_endless(0.01, 1000), idle_s=30):
                pass

    streams = [asyncio.create_task(stream(owner_id)) for owner_id in "aab"]
    await _settle()
    async with slots.slot("c"):
        pass
    assert [each.done() for each in streams].count(True) == 1
    assert not streams[2].done()
    for each in streams:
        each.cancel()
    await asyncio.gather(*streams, return_exceptions=True)


async def test_a_burst_does_not_make_a_slow_stream_fast_for_long() -> None:
    now = 0.0
    slot = Slot("one", lambda: now)

    async def burst_and_trickle() -> AsyncIterator[bytes]:
        nonlocal now
        for size in (50 << 20, *(2000 for _ in range(120))):
            now += 1
            yield bytes(size)

    paces = [slot.bytes_per_s async for _ in slot.read(burst_and_trickle(), idle_s=30)]
    assert paces[0] == 50 << 20
    assert paces[-1] < 64 << 10


async def test_a_stream_without_bytes_times_out() -> None:
    async def silent() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async with _slots().slot("one") as slot:
        with pytest.raises(TimeoutError):
            async for _ in slot.read(silent(), idle_s=0.01):
                pass


def _request(disconnected: asyncio.Event) -> Request:
    async def receive() -> dict[str, str]:
        await disconnected.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


async def test_work_is_cancelled_when_its_client_is_gone() -> None:
    disconnected, cancelled = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        disconnected.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(ClientDisconnect):
        await cancel_on_disconnect(_request(disconnected), work())
    assert cancelled.is_set()


async def test_work_for_a_client_that_waits_returns_its_result_or_error() -> None:
    async def work(*, fail: bool) -> int:
        if fail:
            raise ValueError("no")
        return 7

    request = _request(asyncio.Event())
    assert await cancel_on_disconnect(request, work(fail=False)) == 7
    with pytest.raises(ValueError, match="no"):
        await cancel_on_disconnect(request, work(fail=True))
