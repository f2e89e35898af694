"""Whether consumers get on, told by real positions and end offsets."""

import time
from dataclasses import dataclass
from typing import Any

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
        now = time.monotonic()
        for watched in self._watched:
            lag_by_topic: dict[str, int] = {}
            for consumer in _consumers(watched.subscriber):
                assigned = list(consumer.assignment())
                ends = await consumer.end_offsets(assigned) if assigned else {}
                for partition, end in ends.items():
                    position = await consumer.position(partition)
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


def _consumers(subscriber: Any) -> list[Any]:
    found = getattr(subscriber, "consumer_subgroup", None) or [subscriber.consumer]
    return [consumer for consumer in found if consumer is not None]
