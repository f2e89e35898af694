"""What happens to a record that cannot be handled: a later retry, a dead letter, or a pause."""

import asyncio
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faststream import BaseMiddleware
from faststream.exceptions import IgnoredException, NackMessage
from faststream.kafka import KafkaMessage
from faststream.message import AckStatus

from pichaven_chassis.events.batches import FailedRecords
from pichaven_chassis.events.cloud_events import OutgoingRecord, Record, readable_headers
from pichaven_chassis.events.delivery import PermanentError
from pichaven_chassis.events.producer import RecordProducer
from pichaven_chassis.events.rebalancing import DrainBeforeRevoke
from pichaven_chassis.logging import get_logger
from pichaven_chassis.metrics import EVENTS
from pichaven_chassis.outages import EngineDown, is_outage
from pichaven_contracts.topics import RETRY_TIERS, dead_letter_topic, retry_topic

_log = get_logger(__name__)
_LONGEST_ERROR: Final = 500
_LONGEST_TRACE: Final = 2000
_LONGEST_PAUSE_S: Final = 15.0
_STOPPING_S: Final = 0.2
_COMMIT_S: Final = 10

SKIPPED: Final = object()
"""Returned by a handler that passed an event over."""


def pause_after(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row by an outage."""
    # An outage may last for days; of two to the power of a thousand no float can be made.
    return min(0.25 * 2.0 ** min(failures, 10), _LONGEST_PAUSE_S)


def failure_record(
    record: Record, error: Exception, *, service: str, group: str, delays_s: tuple[float, ...]
) -> tuple[OutgoingRecord, str]:
    """Return the record for a retry topic or the dead letters, and `retried` or `dead`.

    Key, value and foreign headers pass unchanged as bytes, whatever they are; `x-*` headers
    say what failed, where and when, and where the record was published.
    """
    headers = readable_headers(record)
    attempt = headers.get("x-attempt", "0")
    attempts = (int(attempt) if attempt.isdecimal() else 0) + 1
    again = not isinstance(error, PermanentError) and attempts <= min(RETRY_TIERS, len(delays_s))
    notes = {
        "x-attempt": str(attempts),
        "x-group": group,
        "x-error": str(error)[:_LONGEST_ERROR] or repr(error)[:_LONGEST_ERROR],
        "x-error-class": type(error).__name__,
        "x-trace": "".join(traceback.format_exception(error))[-_LONGEST_TRACE:],
        "x-failed-at": datetime.now(UTC).isoformat(),
        "x-orig-topic": headers.get("x-orig-topic", record.topic),
        "x-orig-partition": headers.get("x-orig-partition", str(record.partition)),
        "x-orig-offset": headers.get("x-orig-offset", str(record.offset)),
        "x-orig-timestamp": headers.get("x-orig-timestamp", str(record.timestamp)),
    }
    if again:
        notes["x-retry-at"] = f"{time.time() + delays_s[attempts - 1]:.3f}"
    original = [(name, value or b"") for name, value in record.headers if not name.startswith("x-")]
    failure = OutgoingRecord(
        topic=retry_topic(service, attempts) if again else dead_letter_topic(service),
        key=record.key or b"",
        value=record.value,
        headers=[*original, *((name, value.encode()) for name, value in notes.items())],
    )
    return failure, "retried" if again else "dead"


@dataclass(slots=True)
class FailurePolicy:
    """What all consumers of a process share when records fail."""

    service: str
    delays_s: tuple[float, ...]
    producer: RecordProducer
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def rest(self, seconds: float) -> None:
        """Sleep; raises `NackMessage` when the process stops, so that another one gets on."""
        if seconds > 0:
            try:
                await asyncio.wait_for(self.stopping.wait(), seconds)
            except TimeoutError:
                return
            raise NackMessage


@dataclass(slots=True)
class ConsumerGroup:
    """A consumer group's name and state.

    With `retries_of` it reads a retry topic: a record then belongs to the group that it failed
    in, and records of these groups wait until they are due.
    """

    name: str
    policy: FailurePolicy
    drain: DrainBeforeRevoke
    retries_of: Collection[str] = ()
    outages_in_a_row: int = 0


class DeadLetters(BaseMiddleware[Any, Any]):
    """No record is lost, and none blocks the ones behind it.

    Errors of parser, filters, decoder and handler all reach `after_processed`.
    """

    def __init__(self, message: Any, /, *, context: Any, group: ConsumerGroup) -> None:
        super().__init__(message, context=context)
        self._records: tuple[Record, ...] = message if isinstance(message, tuple) else (message,)
        self._group = group
        self._began = time.perf_counter()
        self._outcome = "done"
        self._end: Callable[[], None] | None = None

    async def consume_scope(self, call_next: Any, msg: Any) -> Any:
        policy = self._group.policy
        if policy.stopping.is_set():
            # Nothing new is begun; the record stays for the next owner of the partition.
            await asyncio.sleep(_STOPPING_S)
            raise NackMessage
        if msg.headers.get("x-group") in self._group.retries_of:
            await policy.rest(_seconds_until_due(msg.headers))
            self._began = time.perf_counter()
        self._end = self._group.drain.begin(
            {TopicPartition(record.topic, record.partition) for record in self._records}
        )
        result = await call_next(msg)
        if result is SKIPPED:
            self._outcome = "skipped"
        return result

    async def after_processed(
        self,
        _type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        _traceback: TracebackType | None = None,
    ) -> bool:
        try:
            if exc_val is None:
                # Those of a batch are observed where they are isolated.
                if not isinstance(self.msg, tuple):
                    self._observe(self.msg, self._outcome)
            elif isinstance(exc_val, IgnoredException) or not isinstance(exc_val, Exception):
                return False
            elif is_outage(exc_val):
                await self._pause(exc_val)
            elif isinstance(exc_val, FailedRecords):
                for record, error in exc_val.failures:
                    await self._replace(record, error)
            else:
                for record in self._records:
                    await self._replace(record, exc_val)
            self._group.outages_in_a_row = 0
            await self._commit()
            return True
        finally:
            if self._end is not None:
                self._end()

    async def _replace(self, record: Record, error: Exception) -> None:
        """Write a record that failed to a retry topic or the dead letters."""
        policy, group = self._group.policy, self._group_of(record)
        failure, outcome = failure_record(
            record, error, service=policy.service, group=group, delays_s=policy.delays_s
        )
        try:
            await policy.producer.send(failure)
        except EngineDown as down:
            await self._pause(down)
        _log.warning(
            "record_failed",
            outcome=outcome,
            group=group,
            to=failure.topic,
            topic=record.topic,
            offset=record.offset,
            error=repr(error)[:500],
            exc_info=error if outcome == "dead" else None,
        )
        self._observe(record, outcome)

    async def _pause(self, error: Exception) -> None:
        """Sleep and raise `NackMessage`: the record is sought back, and nothing is written."""
        self._group.outages_in_a_row += 1
        pause_s = pause_after(self._group.outages_in_a_row)
        _log.warning(
            "engine_away", group=self._group.name, error=repr(error)[:300], pause_s=pause_s
        )
        self._observe(self._records[0], "paused")
        await self._group.policy.rest(pause_s)
        raise NackMessage

    async def _commit(self) -> None:
        """Commit these records while they count as in flight; FastStream does not do it again.

        Only their own offsets, and not for long: a commit of all partitions that are assigned
        repeats itself without end when the topic of one of them has been deleted.
        """
        message: KafkaMessage | None = self.context.get_local("message")
        if message is None:
            return
        offsets: dict[TopicPartition, int] = {}
        for record in self._records:
            partition = TopicPartition(record.topic, record.partition)
            offsets[partition] = max(offsets.get(partition, 0), record.offset + 1)
        consumer: Any = message.consumer
        try:
            await asyncio.wait_for(consumer.commit(offsets), _COMMIT_S)
        except (KafkaError, TimeoutError) as error:
            _log.warning("commit_failed", group=self._group.name, error=repr(error)[:300])
        message.committed = AckStatus.ACKED

    def _group_of(self, record: Record) -> str:
        group = self._group
        return readable_headers(record).get("x-group", "") if group.retries_of else group.name

    def _observe(self, record: Record, outcome: str) -> None:
        label = readable_headers(record).get("ce_type") or (
            "tombstone" if record.value is None else "unknown"
        )
        seconds = time.perf_counter() - self._began
        EVENTS.labels(self._group_of(record), label[:60], outcome).observe(seconds)


def _seconds_until_due(headers: Mapping[str, str]) -> float:
    try:
        return float(headers.get("x-retry-at") or 0) - time.time()
    except ValueError:
        return 0
