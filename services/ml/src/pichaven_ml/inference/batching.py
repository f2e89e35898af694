"""A thread that runs inference in batches, the most urgent items first."""

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
"""An item that has waited this long goes first, whatever its urgency: none starves."""
_NICENESS: Final = 5


class Urgency(IntEnum):
    """The order of service; lower goes first."""

    INTERACTIVE = 0
    """A person waits for the response."""
    FRESH = 1
    """An uploaded photo that is not searchable yet."""
    FRESH_BULK = 2
    """The same, of a bulk import."""
    REANALYSIS = 3
    """A photo that is searchable already, or was requested by the reconciler."""


@dataclass(slots=True)
class _QueueEntry(Generic[T]):
    item: T
    since: float
    vector: "Future[Vector]" = field(default_factory=Future)


class BatchingThread(Generic[T]):
    """Take items from any task, encode them in one thread, and return their vectors.

    A batch starts when it is full or its oldest item has waited `max_wait_s`. An item that
    cannot be encoded fails alone. `low_priority` yields to the process's other threads.
    """

    def __init__(
        self,
        name: str,
        encode: Callable[[Sequence[T]], Vectors],
        *,
        batch_size: int,
        max_wait_s: float,
        capacity: int,
        low_priority: bool = False,
    ) -> None:
        self._encode = encode
        self._batch_size = batch_size
        self._max_wait_s = max_wait_s
        self._capacity = capacity
        self._low_priority = low_priority
        self._queues: dict[Urgency, deque[_QueueEntry[T]]] = {level: deque() for level in Urgency}
        self._changed = threading.Condition()
        self._stopping = False
        self._running_since: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"infer-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    async def __call__(self, item: T, urgency: Urgency) -> Vector:
        """Raises `TooBusy`, or what the encoder raised for this item."""
        return await asyncio.wrap_future(self._enqueue(item, urgency))

    def check(self, stuck_after_s: float) -> None:
        """Raise `RuntimeError` if the thread is dead or its inference has taken too long."""
        if not self._thread.is_alive():
            raise RuntimeError(f"the thread {self._thread.name} is dead")
        since = self._running_since
        if since is not None and time.monotonic() - since > stuck_after_s:
            raise RuntimeError(f"an inference has run for more than {stuck_after_s:g} s")

    async def stop(self, timeout_s: float = 10) -> None:
        """End after the current batch; waiting items are cancelled."""
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
            entry = _QueueEntry(item, time.monotonic())
            self._queues[urgency].append(entry)
            self._changed.notify_all()
        return entry.vector

    def _run(self) -> None:
        if self._low_priority and sys.platform == "linux":
            # On Linux, of the thread alone: queries keep their speed under a bulk import.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while (batch := self._next_batch()) is not None:
            self._running_since = time.monotonic()
            try:
                self._encode_batch(batch)
            finally:
                self._running_since = None

    def _next_batch(self) -> list[_QueueEntry[T]] | None:
        """Wait for a batch; return None when stopping."""
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
                    return self._take_batch()
                self._changed.wait(remaining)
            return None

    def _take_batch(self) -> list[_QueueEntry[T]]:
        batch: list[_QueueEntry[T]] = []
        while len(batch) < self._batch_size and (queue := self._most_urgent()) is not None:
            entry = queue.popleft()
            if entry.vector.set_running_or_notify_cancel():
                batch.append(entry)
        return batch

    def _most_urgent(self) -> "deque[_QueueEntry[T]] | None":
        filled = [queue for _, queue in sorted(self._queues.items()) if queue]
        if not filled:
            return None
        longest = min(filled, key=lambda queue: queue[0].since)
        if longest[0].since < time.monotonic() - _PROMOTED_AFTER_S:
            return longest
        return filled[0]

    def _encode_batch(self, batch: list[_QueueEntry[T]]) -> None:
        if not batch:
            return
        try:
            vectors = self._encode([entry.item for entry in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0].vector.set_exception(error)
                return
            for entry in batch:
                self._encode_batch([entry])
            return
        for entry, vector in zip(batch, vectors, strict=True):
            entry.vector.set_result(np.ascontiguousarray(vector))
