"""Partitions leave a consumer only when what it has begun of them is done."""

import asyncio
from collections.abc import Callable, Collection

from aiokafka import ConsumerRebalanceListener, TopicPartition


class DrainBeforeRevoke(ConsumerRebalanceListener):  # type: ignore[misc]
    """Delays a rebalance until the records in flight are handled and committed.

    aiokafka rebalances while handlers run (aio-libs/aiokafka#929); without this, two members
    would handle the same record at once. Any number of consumers of one group may share it.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._in_flight: dict[asyncio.Future[None], frozenset[TopicPartition]] = {}

    def begin(self, partitions: Collection[TopicPartition]) -> Callable[[], None]:
        """Count these partitions' records as in flight until the returned function is called."""
        done = asyncio.get_running_loop().create_future()
        self._in_flight[done] = frozenset(partitions)

        def end() -> None:
            if self._in_flight.pop(done, None) is not None:
                done.set_result(None)

        return end

    async def drain(self, timeout_s: float) -> None:
        """Wait until the records in flight at the call are done."""
        if self._in_flight:
            await asyncio.wait(list(self._in_flight), timeout=timeout_s)

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        running = [
            done
            for done, partitions in self._in_flight.items()
            if not partitions.isdisjoint(revoked)
        ]
        if running:
            await asyncio.wait(running, timeout=self._timeout_s)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Do nothing: a consumer resumes where the group has committed."""
