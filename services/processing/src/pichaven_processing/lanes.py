"""Who goes next: photos uploaded by hand before bulk imports."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pichaven_contracts.photo import Lane


@dataclass(frozen=True, slots=True)
class _Waiting:
    lane: Lane
    since: float
    turn: asyncio.Future[None]


class LaneGate:
    """A gate with `slots` places, of which bulk takes at most `bulk_slots`.

    A free place goes to a waiting interactive photo first. A bulk photo that has waited for
    `patience_s` counts as interactive from then on, in the order of arrival, so a stream of
    interactive photos does not hold it for ever.
    """

    def __init__(
        self, slots: int, *, bulk_slots: int, patience_s: float, clock: Callable[[], float]
    ) -> None:
        if not 1 <= bulk_slots <= slots:
            raise ValueError("bulk needs at least one place and has no more than there are")
        self._slots = slots
        self._bulk_slots = bulk_slots
        self._patience_s = patience_s
        self._clock = clock
        self._waiting: dict[Lane, deque[_Waiting]] = {lane: deque() for lane in Lane}
        self._taken: dict[Lane, int] = dict.fromkeys(Lane, 0)

    @asynccontextmanager
    async def place(self, lane: Lane) -> AsyncIterator[None]:
        """Hold a place; waits for one by the rules of the lanes."""
        waiting = _Waiting(lane, self._clock(), asyncio.get_running_loop().create_future())
        self._waiting[lane].append(waiting)
        self._admit()
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if waiting.turn.done() and not waiting.turn.cancelled():
                self._leave(lane)
            else:
                self._waiting[lane].remove(waiting)
            raise
        try:
            yield
        finally:
            self._leave(lane)

    def waiting(self, lane: Lane) -> int:
        return len(self._waiting[lane])

    def taken(self, lane: Lane) -> int:
        return self._taken[lane]

    def _leave(self, lane: Lane) -> None:
        self._taken[lane] -= 1
        self._admit()

    def _admit(self) -> None:
        while sum(self._taken.values()) < self._slots:
            chosen = self._next()
            if chosen is None:
                return
            self._waiting[chosen.lane].popleft()
            self._taken[chosen.lane] += 1
            chosen.turn.set_result(None)

    def _next(self) -> _Waiting | None:
        by_hand = self._waiting[Lane.INTERACTIVE]
        bulk = self._waiting[Lane.BULK]
        may_bulk = bool(bulk) and self._taken[Lane.BULK] < self._bulk_slots
        if not by_hand:
            return bulk[0] if may_bulk else None
        impatient = may_bulk and self._clock() - bulk[0].since > self._patience_s
        return bulk[0] if impatient and bulk[0].since < by_hand[0].since else by_hand[0]
