"""Liveness and progress of consumers, by their positions and the topics' end offsets."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalStateError

from pichaven_chassis.events.connection import connect, connection_options
from pichaven_chassis.metrics import CONSUMER_LAG
from pichaven_chassis.settings import KafkaSettings


class Stalled(Exception):
    """Raised when a consumer has records to handle and its position does not move."""


@dataclass(frozen=True, slots=True)
class _WatchedConsumer:
    group: str
    subscriber: Any
    stall_s: float | None


class ConsumerHealth:
    """Watches the subscribers of one process.

    `highwater()` of a consumer goes stale while a handler hangs, so end offsets are fetched: by a
    client of their own, since on a consumer's connection the response waits behind a fetch, which
    takes seconds where there is nothing to fetch.

    FastStream documents no health of a subscriber: `running`, `tasks`, `consumer` and
    `consumer_subgroup` are attributes of its classes.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._offsets: AIOKafkaConsumer | None = None
        self._watched: list[_WatchedConsumer] = []
        self._moved: dict[tuple[str, Any], tuple[int, float]] = {}
        self._topics: dict[str, set[str]] = defaultdict(set)
        """Topics of which each group has had partitions here."""

    def watch(self, group: str, subscriber: Any, *, stall_s: float | None) -> None:
        """`stall_s` None: a consumer that is meant to wait (a retry tier)."""
        self._watched.append(_WatchedConsumer(group, subscriber, stall_s))

    async def start(self) -> None:
        """Connect. Raises while Kafka is away."""
        offsets = AIOKafkaConsumer(enable_auto_commit=False, **connection_options(self._settings))
        await connect(offsets)
        self._offsets = offsets

    async def stop(self) -> None:
        if self._offsets is not None:
            await self._offsets.stop()

    def check_tasks(self) -> None:
        """Raise `Stalled` when a consumer's task has died: only a restart mends that."""
        for watched in self._watched:
            tasks = watched.subscriber.tasks
            if not watched.subscriber.running or any(task.done() for task in tasks):
                raise Stalled(f"the consumer of {watched.group} has died")

    async def check_progress(self) -> None:
        """Raise `Stalled` when a group has lag and its position has not moved for too long."""
        positions = await asyncio.gather(*(_positions(each.subscriber) for each in self._watched))
        partitions = {partition for each in positions for partition in each}
        ends = await self._ends(partitions) if partitions else {}
        now = time.monotonic()
        stall = None
        for watched, positions_of_group in zip(self._watched, positions, strict=True):
            lag_by_topic: Counter[str] = Counter()
            for partition, position in positions_of_group.items():
                lag = ends[partition] - position
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

    async def _ends(self, partitions: Collection[Any]) -> Mapping[Any, int]:
        assert self._offsets is not None
        ends: Mapping[Any, int] = await self._offsets.end_offsets(list(partitions))
        return ends

    def _report(self, group: str, lag_by_topic: Mapping[str, int]) -> None:
        # Of a topic whose partitions have all gone to other replicas nothing waits here.
        self._topics[group].update(lag_by_topic)
        for topic in self._topics[group]:
            CONSUMER_LAG.labels(group, topic).set(lag_by_topic.get(topic, 0))


async def _positions(subscriber: Any) -> dict[Any, int]:
    """Return the position of each assigned partition; none in a rebalance."""
    consumers = getattr(subscriber, "consumer_subgroup", None) or [subscriber.consumer]
    try:
        return {
            partition: await consumer.position(partition)
            for consumer in consumers
            if consumer is not None
            for partition in consumer.assignment()
        }
    except IllegalStateError:
        return {}
