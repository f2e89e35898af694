"""One thread per tower that runs inference on whatever has come together, most urgent first."""

import asyncio
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Generic, TypeVar

import numpy as np

from pichaven_ml.inference.errors import TooBusy
from pichaven_ml.models.card import Vector, Vectors

T = TypeVar("T")

_PROMOTED_AFTER_S: Final = 20.0
"""What has waited this long goes first whatever its urgency, so nothing waits for ever."""
_NICENESS: Final = 5


class Urgency(IntEnum):
    """Who goes first."""

    WAITED_FOR = 0
    """Somebody looks at a spinner."""
    FRESH = 1
    """A photo on its way to being found."""
    FRESH_BULK = 2
    AGAIN = 3
    """A photo that is searchable already, or was asked for by a sweeper."""


@dataclass(slots=True)
class _Waiting(Generic[T]):
    item: T
    since: float
    vector: "Future[Vector]" = field(default_factory=Future)


class BatchingThread(Generic[T]):
    """Items in from any task, vectors out; inference only ever in this one thread.

    A batch starts when it is full or its oldest item has waited `max_wait_s`. An item that
    cannot be encoded fails alone. `polite` gives way to the process's other threads.
    """

    def __init__(
        self,
        name: str,
        encode: Callable[[Sequence[T]], Vectors],
        *,
        batch_size: int,
        max_wait_s: float,
        capacity: int,
        polite: bool = False,
    ) -> None:
        self._encode = encode
        self._batch_size = batch_size
        self._max_wait_s = max_wait_s
        self._capacity = capacity
        self._polite = polite
        self._queues: dict[Urgency, deque[_Waiting[T]]] = {level: deque() for level in Urgency}
        self._changed = threading.Condition()
        self._stopping = False
        self._running_since: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"infer-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    async def __call__(self, item: T, urgency: Urgency) -> Vector:
        """Raises `TooBusy`, or what the encoder raised for this very item."""
        return await asyncio.wrap_future(self._enqueue(item, urgency))

    def check(self, stuck_after_s: float) -> None:
        """Raise `RuntimeError` if nothing can come out of this thread any more."""
        if not self._thread.is_alive():
            raise RuntimeError(f"the thread {self._thread.name} is dead")
        since = self._running_since
        if since is not None and time.monotonic() - since > stuck_after_s:
            raise RuntimeError(f"an inference has run for more than {stuck_after_s:g} s")

    async def stop(self, timeout_s: float = 10) -> None:
        """End after the batch in hand; what still waits is cancelled."""
        with self._changed:
            self._stopping = True
            waiting = [entry for queue in self._queues.values() for entry in queue]
            for queue in self._queues.values():
                queue.clear()
            self._changed.notify_all()
        for entry in waiting:
            entry.vector.cancel()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, timeout_s)

    def _enqueue(self, item: T, urgency: Urgency) -> "Future[Vector]":
        with self._changed:
            if self._stopping or sum(map(len, self._queues.values())) >= self._capacity:
                raise TooBusy("Too much is waiting for the model just now.")
            entry = _Waiting(item, time.monotonic())
            self._queues[urgency].append(entry)
            self._changed.notify_all()
        return entry.vector

    def _run(self) -> None:
        if self._polite and sys.platform == "linux":
            # On Linux the thread's own priority: queries keep their speed under a bulk import.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while (batch := self._next_batch()) is not None:
            self._running_since = time.monotonic()
            try:
                self._answer(batch)
            finally:
                self._running_since = None

    def _next_batch(self) -> list[_Waiting[T]] | None:
        """Wait for a batch; None when stopping."""
        with self._changed:
            while not self._stopping:
                oldest = min(
                    (queue[0].since for queue in self._queues.values() if queue), default=None
                )
                if oldest is None:
                    self._changed.wait()
                    continue
                remaining = oldest + self._max_wait_s - time.monotonic()
                full = sum(map(len, self._queues.values())) >= self._batch_size
                if full or remaining <= 0:
                    return self._take()
                self._changed.wait(remaining)
            return None

    def _take(self) -> list[_Waiting[T]]:
        taken: list[_Waiting[T]] = []
        while len(taken) < self._batch_size and (queue := self._most_urgent()) is not None:
            entry = queue.popleft()
            if entry.vector.set_running_or_notify_cancel():
                taken.append(entry)
        return taken

    def _most_urgent(self) -> "deque[_Waiting[T]] | None":
        filled = [queue for _, queue in sorted(self._queues.items()) if queue]
        if not filled:
            return None
        longest = min(filled, key=lambda queue: queue[0].since)
        if longest[0].since < time.monotonic() - _PROMOTED_AFTER_S:
            return longest
        return filled[0]

    def _answer(self, batch: list[_Waiting[T]]) -> None:
        if not batch:
            return
        try:
            vectors = self._encode([entry.item for entry in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0].vector.set_exception(error)
                return
            for entry in batch:
                self._answer([entry])
            return
        for entry, vector in zip(batch, vectors, strict=True):
            entry.vector.set_result(np.ascontiguousarray(vector))
