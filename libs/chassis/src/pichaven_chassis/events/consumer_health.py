"""Whether consumers get on, told by real positions and end offsets."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import IllegalStateError

from pichaven_chassis.metrics import CONSUMER_LAG


class Stalled(Exception):
    """A consumer has work and does not get on with it."""


@dataclass(frozen=True, slots=True)
class _Watched:
    group: str
    subscriber: Any
    stall_s: float | None


class ConsumerHealth:
    """Watches subscribers of one process.

    `highwater()` of a consumer goes stale while a handler hangs, so end offsets are asked for.
    """

    def __init__(self) -> None:
        self._watched: list[_Watched] = []
        self._moved: dict[tuple[str, Any], tuple[int, float]] = {}

    def watch(self, group: str, subscriber: Any, *, stall_s: float | None) -> None:
        """`stall_s` None: a consumer that is meant to wait (a retry tier)."""
        self._watched.append(_Watched(group, subscriber, stall_s))

    def check_tasks(self) -> None:
        """Raises `Stalled` when a consumer's task has died: only a restart mends that."""
        for watched in self._watched:
            tasks = getattr(watched.subscriber, "tasks", ())
            if not watched.subscriber.running or any(task.done() for task in tasks):
                raise Stalled(f"the consumer of {watched.group} has died")

    async def check_progress(self) -> None:
        """Raises `Stalled` when a group has lag and its position has not moved for too long."""
        # An answer waits behind its connection's long poll for records, about half a second: so
        # all are asked for at once.
        consumers = [
            (watched, consumer)
            for watched in self._watched
            for consumer in _consumers(watched.subscriber)
        ]
        answers = await asyncio.gather(*(_standing(consumer) for _, consumer in consumers))
        now = time.monotonic()
        for watched in self._watched:
            lag_by_topic: dict[str, int] = {}
            for (owner, _), standing in zip(consumers, answers, strict=True):
                if owner is not watched:
                    continue
                for partition, position, end in standing:
                    lag = end - position
                    topic = partition.topic
                    lag_by_topic[topic] = lag_by_topic.get(topic, 0) + lag
                    known = self._moved.get((watched.group, partition))
                    if known is None or known[0] != position or lag == 0:
                        self._moved[watched.group, partition] = (position, now)
                    elif watched.stall_s is not None and now - known[1] > watched.stall_s:
                        raise Stalled(
                            f"{watched.group} stands still at {partition.topic}"
                            f"-{partition.partition} with {lag} records waiting"
                        )
            for topic, lag in lag_by_topic.items():
                CONSUMER_LAG.labels(watched.group, topic).set(lag)


async def _standing(consumer: Any) -> list[tuple[Any, int, int]]:
    """Position and end of each partition that the consumer has; none in a rebalance."""
    assigned = list(consumer.assignment())
    if not assigned:
        return []
    ends = await consumer.end_offsets(assigned)
    try:
        return [
            (partition, await consumer.position(partition), ends[partition]) for partition in ends
        ]
    except IllegalStateError:
        return []


def _consumers(subscriber: Any) -> list[Any]:
    found = getattr(subscriber, "consumer_subgroup", None) or [subscriber.consumer]
    return [consumer for consumer in found if consumer is not None]
