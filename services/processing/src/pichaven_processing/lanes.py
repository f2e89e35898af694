"""Who goes next: photos uploaded by hand before bulk imports."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pichaven_contracts.photo import Lane


@dataclass(frozen=True, slots=True)
class _Waiter:
    lane: Lane
    since: float
    turn: asyncio.Future[None]


class LaneGate:
    """A semaphore with `slots`, of which bulk takes at most `bulk_slots`.

    A free slot goes to a waiting interactive photo first. A bulk photo that has waited for
    `bulk_max_wait_s` counts as interactive from then on, in the order of arrival, so a stream of
    interactive photos does not starve it.
    """

    def __init__(
        self, slots: int, *, bulk_slots: int, bulk_max_wait_s: float, clock: Callable[[], float]
    ) -> None:
        if not 1 <= bulk_slots <= slots:
            raise ValueError("bulk needs at least one slot and has no more than there are")
        self._slots = slots
        self._bulk_slots = bulk_slots
        self._bulk_max_wait_s = bulk_max_wait_s
        self._clock = clock
        self._waiters: dict[Lane, deque[_Waiter]] = {lane: deque() for lane in Lane}
        self._in_use: dict[Lane, int] = dict.fromkeys(Lane, 0)

    @asynccontextmanager
    async def slot(self, lane: Lane) -> AsyncIterator[None]:
        """Hold a slot; wait for one by the rules of the lanes."""
        waiter = _Waiter(lane, self._clock(), asyncio.get_running_loop().create_future())
        self._waiters[lane].append(waiter)
        self._admit()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.done() and not waiter.turn.cancelled():
                self._release(lane)
            else:
                self._waiters[lane].remove(waiter)
            raise
        try:
            yield
        finally:
            self._release(lane)

    def _release(self, lane: Lane) -> None:
        self._in_use[lane] -= 1
        self._admit()

    def _admit(self) -> None:
        while sum(self._in_use.values()) < self._slots:
            waiter = self._next()
            if waiter is None:
                return
            self._waiters[waiter.lane].popleft()
            self._in_use[waiter.lane] += 1
            waiter.turn.set_result(None)

    def _next(self) -> _Waiter | None:
        interactive = self._waiters[Lane.INTERACTIVE]
        bulk = self._waiters[Lane.BULK]
        bulk_allowed = bool(bulk) and self._in_use[Lane.BULK] < self._bulk_slots
        if not interactive:
            return bulk[0] if bulk_allowed else None
        overdue = bulk_allowed and self._clock() - bulk[0].since > self._bulk_max_wait_s
        return bulk[0] if overdue and bulk[0].since < interactive[0].since else interactive[0]
