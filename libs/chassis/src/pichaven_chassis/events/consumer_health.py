"""Liveness and progress of consumers, by their positions and the topics' end offsets."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import IllegalStateError

from pichaven_chassis.metrics import CONSUMER_LAG


class Stalled(Exception):
    """Raised when a consumer has records to handle and its position does not move."""


@dataclass(frozen=True, slots=True)
class _WatchedConsumer:
    group: str
    subscriber: Any
    stall_s: float | None


class ConsumerHealth:
    """Watches the subscribers of one process.

    `highwater()` of a consumer goes stale while a handler hangs, so end offsets are fetched.
    FastStream documents no health of a subscriber: `running`, `tasks`, `consumer` and
    `consumer_subgroup` are attributes of its classes.
    """

    def __init__(self) -> None:
        self._watched: list[_WatchedConsumer] = []
        self._moved: dict[tuple[str, Any], tuple[int, float]] = {}
        self._topics: dict[str, set[str]] = defaultdict(set)
        """Topics of which each group has had partitions here."""

    def watch(self, group: str, subscriber: Any, *, stall_s: float | None) -> None:
        """`stall_s` None: a consumer that is meant to wait (a retry tier)."""
        self._watched.append(_WatchedConsumer(group, subscriber, stall_s))

    def check_tasks(self) -> None:
        """Raise `Stalled` when a consumer's task has died: only a restart mends that."""
        for watched in self._watched:
            tasks = watched.subscriber.tasks
            if not watched.subscriber.running or any(task.done() for task in tasks):
                raise Stalled(f"the consumer of {watched.group} has died")

    async def check_progress(self) -> None:
        """Raise `Stalled` when a group has lag and its position has not moved for too long."""
        # An answer waits behind its connection's long poll for records, about half a second: so
        # all are asked for at once.
        positions = await asyncio.gather(*(_positions(each.subscriber) for each in self._watched))
        now = time.monotonic()
        stall = None
        for watched, partitions in zip(self._watched, positions, strict=True):
            lag_by_topic: Counter[str] = Counter()
            for partition, position, end in partitions:
                lag = end - position
                lag_by_topic[partition.topic] += lag
                last = self._moved.get((watched.group, partition))
                if last is None or last[0] != position or lag == 0:
                    self._moved[watched.group, partition] = (position, now)
                elif watched.stall_s is not None and now - last[1] > watched.stall_s:
                    stall = Stalled(
                        f"{watched.group} stands still at {partition.topic}"
                        f"-{partition.partition} with {lag} records waiting"
                    )
            self._report(watched.group, lag_by_topic)
        if stall is not None:
            raise stall

    def _report(self, group: str, lag_by_topic: Mapping[str, int]) -> None:
        # Of a topic whose partitions have all gone to other replicas nothing waits here.
        self._topics[group].update(lag_by_topic)
        for topic in self._topics[group]:
            CONSUMER_LAG.labels(group, topic).set(lag_by_topic.get(topic, 0))


async def _positions(subscriber: Any) -> list[tuple[Any, int, int]]:
    """Return position and end of each assigned partition; none in a rebalance."""
    consumers = getattr(subscriber, "consumer_subgroup", None) or [subscriber.consumer]
    positions = await asyncio.gather(*(_ends(each) for each in consumers if each is not None))
    return [position for of_consumer in positions for position in of_consumer]


async def _ends(consumer: Any) -> list[tuple[Any, int, int]]:
    assigned = list(consumer.assignment())
    if not assigned:
        return []
    ends = await consumer.end_offsets(assigned)
    try:
        return [(each, await consumer.position(each), ends[each]) for each in ends]
    except IllegalStateError:
        return []
