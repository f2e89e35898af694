"""Slots for costly requests, shared fairly by the owners who want them."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from pichaven_chassis.fair_share import FairShare
from pichaven_chassis.problems import TooManyRequests, Unavailable

_RETRY_AFTER_S: Final = 5
_LEAST_WAIT_S: Final = 1.0
"""A pace is judged as if at least so much time had been spent on the client."""
_PACE_WINDOW_S: Final = 2.0
"""What was received before so much waiting counts half, and again half after as much."""
_UNEVEN: Final = 2
"""Owners' slots that differ by so much become more even when one moves."""


class OwnShareTaken(TooManyRequests):
    """Raised when an owner's own requests hold the owner's share, and as many wait."""

    def __init__(self) -> None:
        super().__init__(
            "Your own requests of this kind take up your share. Send fewer at a time.",
            retry_after=_RETRY_AFTER_S,
        )


class SlotsTaken(Unavailable):
    """Raised when a request has waited as long as it may, or too many owners' requests wait."""

    def __init__(self) -> None:
        super().__init__(
            "Many such requests are under way. Try again in a moment.",
            retry_after=_RETRY_AFTER_S,
        )


class SlotDisplaced(Unavailable):
    """Raised in the slowest stream when others wait for its slot."""

    def __init__(self) -> None:
        super().__init__(
            "Others wait, and this was the slowest of all that send. Try again in a moment.",
            retry_after=_RETRY_AFTER_S,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotLimits:
    slots: int
    per_owner: int
    """Most slots of one owner."""
    reserved: int = 0
    """Slots that only owners of little recent use get."""
    waiting: int = 64
    """Most requests that wait."""
    waiting_per_owner: int = 16
    longest_wait_s: float = 15
    patience_s: float = 0.25
    """Waiting time from which a slow stream is ended for others."""
    least_age_s: float = 3
    """No stream is ended before this age, since its pace is not known yet."""
    slow_bytes_per_s: float = 64 << 10
    """Streams that are slower than this are slow."""


class Slot:
    """One slot in use. `read` passes the client's bytes on and measures their pace."""

    def __init__(self, owner_id: str, now: Callable[[], float]) -> None:
        self.owner_id = owner_id
        self.displaced = False
        self._now = now
        self._received = 0.0
        self._waited_s = 0.0
        self._waits_since: float | None = None
        self._timeout: asyncio.Timeout | None = None
        self._reads = False

    @property
    def bytes_per_s(self) -> float:
        """The client's recent pace, over the time spent on waiting for it."""
        current = 0.0 if self._waits_since is None else self._now() - self._waits_since
        return self._received / max(self._waited_s + current, _LEAST_WAIT_S)

    @property
    def may_be_displaced(self) -> bool:
        return self._reads and not self.displaced

    async def read(
        self, chunks: AsyncIterator[bytes], *, idle_s: float
    ) -> AsyncGenerator[bytes, None]:
        """Yield the chunks.

        Raises `TimeoutError` when none comes for `idle_s`, `SlotDisplaced` when others wait and
        this stream is the slowest.
        """
        self._reads = True
        try:
            while chunk := await self._next_chunk(chunks, idle_s):
                self._received += len(chunk)
                if self._waited_s > _PACE_WINDOW_S:
                    self._received, self._waited_s = self._received / 2, self._waited_s / 2
                yield chunk
        finally:
            self._reads = False

    def displace(self) -> None:
        """End the stream: its next read, or the one that waits now, raises `SlotDisplaced`."""
        self.displaced = True
        if self._timeout is not None:
            self._timeout.reschedule(self._now())

    async def _next_chunk(self, chunks: AsyncIterator[bytes], idle_s: float) -> bytes:
        if self.displaced:
            raise SlotDisplaced
        waits_since = self._waits_since = self._now()
        try:
            async with asyncio.timeout(idle_s) as self._timeout:
                return await anext(chunks, b"")
        except TimeoutError:
            if self.displaced:
                raise SlotDisplaced from None
            raise
        finally:
            self._waited_s += self._now() - waits_since
            self._waits_since = self._timeout = None


@dataclass(slots=True, eq=False)
class _Waiter:
    owner_id: str
    granted: "asyncio.Future[Slot]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class FairSlots:
    """Bounds concurrent requests of a process, and shares them among owners.

    A free slot goes to the waiting owner who has the fewest, among equals to who has used the
    least of late (`FairShare`), and then to who came first.
    Nobody waits in silence: a request is refused when its owner has many waiting, when many wait
    altogether, and when it has waited long. Where many wait, the newest of the owner who has the
    most waiting gives way. Where an owner waits who has no slot, the slowest stream ends, if it is
    slow; so it does where its owner has two more than the waiting one, and after half the longest
    wait also if it is not slow.
    """

    def __init__(self, limits: SlotLimits, now: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._waiters: list[_Waiter] = []
        self._slots: dict[Slot, float] = {}
        self._share = FairShare(
            slots=limits.slots, per_owner=limits.per_owner, reserved=limits.reserved, now=now
        )

    @asynccontextmanager
    async def slot(self, owner_id: str) -> AsyncIterator[Slot]:
        """Wait for a slot and hold it. Raises `OwnShareTaken`, `SlotsTaken`."""
        slot = await self._take(owner_id)
        try:
            yield slot
        finally:
            self._give_back(slot)

    async def _take(self, owner_id: str) -> Slot:
        self._make_room(owner_id)
        waiter = _Waiter(owner_id)
        self._waiters.append(waiter)
        self._grant()
        try:
            async with asyncio.timeout(self._limits.longest_wait_s):
                return await self._wait(waiter)
        except BaseException as error:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            elif waiter.granted.done() and waiter.granted.exception() is None:
                self._give_back(waiter.granted.result())
            if isinstance(error, TimeoutError):
                raise (OwnShareTaken if self._share.has_share(owner_id) else SlotsTaken) from None
            raise

    def _make_room(self, owner_id: str) -> None:
        """Raises `OwnShareTaken`, `SlotsTaken` where no further request of the owner may wait."""
        waiting = Counter(waiter.owner_id for waiter in self._waiters)
        if waiting[owner_id] >= self._limits.waiting_per_owner:
            raise OwnShareTaken
        if waiting.total() < self._limits.waiting:
            return
        greedy, most = waiting.most_common(1)[0]
        if most < waiting[owner_id] + _UNEVEN:
            raise SlotsTaken
        newest = next(each for each in reversed(self._waiters) if each.owner_id == greedy)
        self._waiters.remove(newest)
        newest.granted.set_exception(OwnShareTaken())

    async def _wait(self, waiter: _Waiter) -> Slot:
        now = asyncio.get_running_loop().time
        impatient_at = now() + self._limits.longest_wait_s / 2
        while not waiter.granted.done():
            await asyncio.wait({waiter.granted}, timeout=self._limits.patience_s)
            # An owner's use may have become little meanwhile, and a reserved slot be free.
            self._grant()
            if not waiter.granted.done():
                self._displace_slowest(waiter.owner_id, only_slow=now() < impatient_at)
        return waiter.granted.result()

    def _grant(self) -> None:
        """Give free slots to the requests that may have one."""
        while (owner_id := self._next_owner()) is not None:
            next_up = next(waiter for waiter in self._waiters if waiter.owner_id == owner_id)
            self._waiters.remove(next_up)
            loop = asyncio.get_running_loop()
            slot = Slot(owner_id, loop.time)
            self._slots[slot] = loop.time()
            self._share.take(owner_id)
            next_up.granted.set_result(slot)

    def _next_owner(self) -> str | None:
        return self._share.choose(waiter.owner_id for waiter in self._waiters)

    def _give_back(self, slot: Slot) -> None:
        del self._slots[slot]
        self._share.give_back(slot.owner_id)
        self._grant()

    def _displace_slowest(self, owner_id: str, *, only_slow: bool) -> None:
        """End one stream of those who have more slots than this owner."""
        if self._share.has_share(owner_id) or any(slot.displaced for slot in self._slots):
            return
        own = self._share.slots_of(owner_id)
        old = asyncio.get_running_loop().time() - self._limits.least_age_s

        def may_end(slot: Slot) -> bool:
            # Where one is ahead by a single slot, the two would take turns for ever.
            uneven = self._share.slots_of(slot.owner_id) >= own + _UNEVEN
            if slot.bytes_per_s < self._limits.slow_bytes_per_s:
                return uneven or own == 0
            return uneven and not only_slow

        slowest = min(
            (
                slot
                for slot, since in self._slots.items()
                if slot.may_be_displaced and since <= old and may_end(slot)
            ),
            key=lambda slot: slot.bytes_per_s,
            default=None,
        )
        if slowest is not None:
            slowest.displace()
