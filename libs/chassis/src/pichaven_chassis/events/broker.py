"""A service's consumers and its publisher, over FastStream.

Every subscription here has the same promises. A record is committed after its handler has
returned, or after the record stands on a retry or dead-letter topic; so none is lost, and any
may come twice. A failing record never holds up the ones behind it. When a whole engine is away
nothing is set aside: the record waits and is tried again. See docs/adr/0003-consumption.md.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from aiokafka import ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient
from faststream import AckPolicy
from faststream.exceptions import NackMessage
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage
from faststream.kafka.opentelemetry import KafkaTelemetryMiddleware

from pichaven_chassis.events.cloud_events import (
    OutgoingRecord,
    Record,
    decode,
    encode,
    readable_headers,
)
from pichaven_chassis.events.consumer_health import ConsumerHealth
from pichaven_chassis.events.dead_letters import pause_after, seconds_until_retry, set_aside
from pichaven_chassis.events.delivery import (
    Delivery,
    EventMeta,
    Handlers,
    Permanent,
    Tombstone,
)
from pichaven_chassis.events.offsets import begin_at_end, generation_of, group_of
from pichaven_chassis.events.producer import RecordProducer
from pichaven_chassis.health import HealthCheck
from pichaven_chassis.ids import derived_id, new_id
from pichaven_chassis.logging import get_logger
from pichaven_chassis.metrics import EVENTS
from pichaven_chassis.outages import EngineDown, is_outage
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts.event import Event
from pichaven_contracts.topics import RETRY_TIERS, Topic, retry_topic

_log = get_logger(__name__)
_POLL_MARGIN_S: Final = 60
_GRACE_S: Final = 20
_COMMIT_S: Final = 0.2

Batch = Callable[[Sequence[Delivery]], Awaitable[None]]


class EventPublisher(Protocol):
    """Where events go out."""

    async def publish(self, event: Event, *, cause: EventMeta | None = None) -> None:
        """Return once the event is durable; raises `EngineDown` when it is not."""
        ...

    async def publish_tombstone(self, topic: Topic, key: str) -> None:
        """Remove everything under a key from a compacted topic."""
        ...


@dataclass
class _Subscription:
    """Where a record of a group is handled, on the main topic and on the retry topics alike."""

    group: str
    types: Collection[type[Event]]
    handle: Batch
    failures_in_a_row: int = field(default=0)


class _DrainBeforeRevoke(ConsumerRebalanceListener):  # type: ignore[misc]
    """Lets the handler in flight end before its partition goes to another consumer.

    aiokafka rebalances while handlers run (aio-libs/aiokafka#929); without this the record
    would be handled by two members at once.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self.subscriber: Any = None

    async def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        lock = getattr(self.subscriber, "lock", None)
        if revoked and lock is not None and hasattr(lock, "wait_release"):
            await lock.wait_release(self._timeout_s)

    async def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        """Nothing to prepare."""


class EventBroker:
    """Subscriptions are declared before `start`; `start` may be called again until it works.

    A named `generation` of a service runs beside the unnamed one: its groups are its own
    (`<group>.<generation>`), begin where their topics end at the first start, and share the
    service's retry topics without touching the other's records.
    """

    def __init__(self, settings: KafkaSettings, service: str, *, generation: str = "") -> None:
        self._settings = settings
        self._service = service
        self._generation = generation
        self._producer = RecordProducer(settings, f"pichaven-{service}")
        self._broker = KafkaBroker(
            settings.bootstrap_servers,
            client_id=f"pichaven-{service}",
            logger=None,
            middlewares=(KafkaTelemetryMiddleware(),),
            ack_policy=AckPolicy.NACK_ON_ERROR,
            allow_auto_create_topics=False,
            graceful_timeout=_GRACE_S,
            request_timeout_ms=settings.request_timeout_ms,
        )
        self._by_group: dict[str, _Subscription] = {}
        self._begin_at_end: dict[str, list[str]] = {}
        self._fanouts: list[Any] = []
        self._when_started: list[Callable[[], None]] = []
        self._in_hand = 0
        self._longest_handling_s = 0.0
        self._topics: set[str] = set()
        self._stopping = asyncio.Event()
        self._started = False
        self._health = ConsumerHealth()

    # Publishing

    async def publish(self, event: Event, *, cause: EventMeta | None = None) -> None:
        event_id = derived_id(cause.id, event.event_type, event.key) if cause else new_id()
        await self._producer.send(encode(event, event_id=event_id, source=self._service))

    async def publish_tombstone(self, topic: Topic, key: str) -> None:
        await self._producer.send(OutgoingRecord(topic.name, key.encode(), None, []))

    async def send_progress(self, event: Event) -> None:
        """Tell of progress if it can be told; nobody waits for it and nothing fails by it."""
        try:
            await asyncio.wait_for(self.publish(event), 2)
        except (EngineDown, TimeoutError):
            _log.debug("progress_lost", key=event.key)

    async def send(self, *records: OutgoingRecord) -> None:
        """Send records that are encoded already (the outbox keeps them so)."""
        await self._producer.send(*records)

    # Subscribing

    def subscribe(
        self,
        *topics: Topic,
        group: str,
        handlers: Handlers,
        workers: int = 1,
        max_handling_s: float = 60,
    ) -> None:
        """Handle records one at a time per partition, with `workers` consumers side by side.

        With more than one worker exactly one topic may be named.
        """

        async def handle(deliveries: Sequence[Delivery]) -> None:
            for delivery in deliveries:
                await handlers(delivery)

        group = self._own(group, topics)
        subscription = self._remember(group, handlers.types, handle)

        async def consume(record: Any) -> None:
            await self._handle_records([record], subscription)

        drain = _DrainBeforeRevoke(max_handling_s + _POLL_MARGIN_S / 2)
        drain.subscriber = self._consumer(
            consume,
            *(topic.name for topic in topics),
            **self._group_arguments(group, max_handling_s),
            **({"max_workers": workers} if workers > 1 else {"listener": drain}),
        )
        self._health.watch(group, drain.subscriber, stall_s=max_handling_s + 2 * _POLL_MARGIN_S)

    def subscribe_batch(
        self,
        *topics: Topic,
        group: str,
        handle: Batch,
        types: Collection[type[Event]],
        max_records: int = 200,
        max_wait_ms: int = 200,
        max_handling_s: float = 120,
    ) -> None:
        """Handle what has come within `max_wait_ms` together, in order within each partition.

        Records that cannot be read are set aside before; when `handle` raises, each delivery
        is tried by itself, and those that fail again are set aside one by one.
        """
        group = self._own(group, topics)
        subscription = self._remember(group, frozenset(types), handle)

        async def consume(records: Any) -> None:
            await self._handle_records(list(records), subscription)

        drain = _DrainBeforeRevoke(max_handling_s + _POLL_MARGIN_S / 2)
        drain.subscriber = self._consumer(
            consume,
            *(topic.name for topic in topics),
            **self._group_arguments(group, max_handling_s),
            batch=True,
            max_records=max_records,
            batch_timeout_ms=max_wait_ms,
            listener=drain,
        )
        self._health.watch(group, drain.subscriber, stall_s=max_handling_s + 2 * _POLL_MARGIN_S)

    def subscribe_fanout(
        self,
        *topics: Topic,
        handle: Callable[[Delivery], Awaitable[None]],
        types: Collection[type[Event]],
    ) -> None:
        """Every replica sees every record from now on; nothing is committed or retried."""
        wanted = frozenset(types)

        async def consume(record: Any) -> None:
            try:
                delivery = decode(record, readable_headers(record), wanted)
                if delivery is not None:
                    await handle(delivery)
            except Exception as error:
                _log.warning("fanout_failed", topic=record.topic, error=repr(error)[:300])

        self._fanouts.append(
            self._consumer(
                consume,
                *(topic.name for topic in topics),
                auto_offset_reset="latest",
                ack_policy=AckPolicy.ACK_FIRST,
            )
        )

    def when_started(self, tell: Callable[[], None]) -> None:
        """Call once the consumers have taken up their places: nothing is missed after that."""
        self._when_started.append(tell)

    # Running

    async def start(self) -> None:
        """Connect and consume. Raises while Kafka is away or a topic is missing; call again."""
        if self._started:
            return
        await self._producer.start()
        self._subscribe_retries()
        await self._check_topics()
        for group, topics in self._begin_at_end.items():
            await begin_at_end(self._settings, group, topics)
        try:
            await self._broker.start()
            for subscriber in self._fanouts:
                await _find_position(subscriber.consumer)
        except BaseException:
            # Those that have started would stay, beside those of the next attempt.
            was_stopping = self._stopping.is_set()
            self._stopping.set()
            await self._leave()
            if not was_stopping:
                self._stopping.clear()
            raise
        self._started = True
        for tell in self._when_started:
            tell()

    async def stop(self) -> None:
        """Finish the records in hand, commit them, and leave the groups."""
        self._stopping.set()
        await self._leave()
        await self._producer.stop()

    @property
    def ready_check(self) -> HealthCheck:
        async def probe() -> None:
            if not self._started:
                raise EngineDown("not connected to Kafka yet")
            await self._health.check_progress()

        return HealthCheck("kafka", probe)

    @property
    def live_check(self) -> HealthCheck:
        async def probe() -> None:
            if self._started:
                self._health.check_tasks()

        return HealthCheck("consumers", probe)

    async def _leave(self) -> None:
        """End the consumers that there are.

        FastStream stops the consumers of several workers before their handlers have ended,
        and another replica would start the same records beside them; so they are waited for
        here, while the groups still know this member.
        """
        deadline = time.monotonic() + _GRACE_S
        while self._in_hand and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await asyncio.sleep(_COMMIT_S if self._started else 0)
        try:
            await self._broker.stop()
        except Exception as error:
            _log.warning("consumers_not_stopped", error=repr(error)[:300])

    async def _check_topics(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.bootstrap_servers)
        try:
            await admin.start()
            missing = self._topics - set(await admin.list_topics())
        finally:
            await admin.close()
        if missing:
            raise EngineDown(f"topics are missing, run the setup: {', '.join(sorted(missing))}")

    def _own(self, group: str, topics: Sequence[Topic]) -> str:
        """The group's name in this generation."""
        own = group_of(group, self._generation)
        if self._generation:
            self._begin_at_end[own] = [topic.name for topic in topics]
        return own

    def _remember(self, group: str, types: Collection[type[Event]], handle: Batch) -> _Subscription:
        if group in self._by_group:
            raise ValueError(f"the group {group} has a subscription already")
        subscription = _Subscription(group, types, handle)
        self._by_group[group] = subscription
        return subscription

    def _group_arguments(self, group: str, max_handling_s: float) -> dict[str, Any]:
        self._longest_handling_s = max(self._longest_handling_s, max_handling_s)
        poll_ms = int((2 * max_handling_s + _POLL_MARGIN_S) * 1000)
        return {
            "group_id": group,
            "auto_offset_reset": "earliest",
            "max_poll_interval_ms": poll_ms,
            "rebalance_timeout_ms": poll_ms,
            "session_timeout_ms": self._settings.session_timeout_ms,
            "heartbeat_interval_ms": min(3_000, self._settings.session_timeout_ms // 3),
        }

    def _consumer(
        self, consume: Callable[[Any], Awaitable[None]], *topics: str, **arguments: Any
    ) -> Any:
        """A FastStream subscriber whose handler gets raw records.

        Nothing is parsed before our own code: a record that cannot be read must reach it, and
        not fail where nobody can set it aside.
        """
        made: list[Any] = []

        async def parse(message: Any, _original: Any) -> KafkaAckableMessage:
            first = message[0] if isinstance(message, tuple) else message
            headers = readable_headers(first)
            return KafkaAckableMessage(
                body=b"",
                raw_message=message,
                consumer=getattr(first, "consumer", None) or made[0].consumer,
                headers=headers,
                message_id=f"{first.topic}-{first.partition}-{first.offset}",
                correlation_id=headers.get("ce_id"),
            )

        subscriber: Any = self._broker.subscriber(*topics, parser=parse, decoder=_raw, **arguments)
        made.append(subscriber)
        subscriber(consume)
        self._topics |= set(topics)
        return subscriber

    def _subscribe_retries(self) -> None:
        """One consumer for each retry topic, each in a group of its own."""
        if not self._by_group or retry_topic(self._service, 1) in self._topics:
            return
        handling_s = self._longest_handling_s
        for tier in range(1, RETRY_TIERS + 1):
            topic = retry_topic(self._service, tier)
            longest_s = self._settings.retry_delays_s[tier - 1] + handling_s
            group = group_of(topic, self._generation)
            subscriber = self._consumer(
                self._retry, topic, **self._group_arguments(group, longest_s)
            )
            self._health.watch(group, subscriber, stall_s=None)

    async def _retry(self, record: Any) -> None:
        headers = readable_headers(record)
        group = headers.get("x-group", "")
        if generation_of(group) != self._generation:
            # Another generation's, which has consumers of its own here.
            return
        await self._rest(seconds_until_retry(headers))
        subscription = self._by_group.get(group)
        if subscription is None:
            stranger = _Subscription(group, (), _nobody)
            error = Permanent(f"no consumer group {group!r} here to try it again")
            await self._set_aside(record, error, stranger, time.perf_counter())
            return
        await self._handle_records([record], subscription)

    async def _handle_records(self, records: Sequence[Record], subscription: _Subscription) -> None:
        if self._stopping.is_set():
            # Nothing new is begun; the record stays for whoever gets the partition.
            await asyncio.sleep(_COMMIT_S)
            raise NackMessage
        self._in_hand += 1
        try:
            await self._handle_readable(records, subscription)
        finally:
            self._in_hand -= 1

    async def _handle_readable(
        self, records: Sequence[Record], subscription: _Subscription
    ) -> None:
        began = time.perf_counter()
        readable: list[tuple[Record, Delivery]] = []
        failed: list[tuple[Record, Exception]] = []
        for record in records:
            try:
                delivery = decode(record, readable_headers(record), subscription.types)
            except Exception as error:
                failed.append((record, error))
                continue
            if delivery is not None:
                readable.append((record, delivery))
        failed += await self._run_all(subscription, readable)
        # Last, so that an outage, after which all of these come again, sets nothing aside.
        for record, reason in failed:
            await self._set_aside(record, reason, subscription, began)
        seconds = time.perf_counter() - began
        wrong = {id(record) for record, _ in failed}
        for record, delivery in readable:
            if id(record) not in wrong:
                EVENTS.labels(subscription.group, _label(delivery), "done").observe(seconds)

    async def _run_all(
        self, subscription: _Subscription, readable: Sequence[tuple[Record, Delivery]]
    ) -> list[tuple[Record, Exception]]:
        """Together, or else one by one; what failed by itself."""
        if not readable:
            return []
        try:
            await self._run(subscription, [delivery for _, delivery in readable])
        except NackMessage:
            raise
        except Exception as error:
            if len(readable) == 1:
                return [(readable[0][0], error)]
        else:
            return []
        failed: list[tuple[Record, Exception]] = []
        for record, delivery in readable:
            try:
                await self._run(subscription, [delivery])
            except NackMessage:
                raise
            except Exception as alone:
                failed.append((record, alone))
        return failed

    async def _run(self, subscription: _Subscription, deliveries: list[Delivery]) -> None:
        try:
            await subscription.handle(deliveries)
        except Exception as error:
            if is_outage(error):
                await self._pause(subscription, error)
            raise
        subscription.failures_in_a_row = 0

    async def _pause(self, subscription: _Subscription, error: Exception) -> None:
        subscription.failures_in_a_row += 1
        pause = pause_after(subscription.failures_in_a_row)
        _log.warning(
            "engine_away", group=subscription.group, error=repr(error)[:300], pause_s=pause
        )
        await self._rest(pause)
        raise NackMessage

    async def _rest(self, seconds: float) -> None:
        """Sleep, unless the process is to stop: then leave the record for the next one."""
        if seconds > 0:
            try:
                await asyncio.wait_for(self._stopping.wait(), seconds)
            except TimeoutError:
                return
            raise NackMessage

    async def _set_aside(
        self, record: Record, error: Exception, subscription: _Subscription, began: float
    ) -> None:
        replacement, outcome = set_aside(
            record,
            error,
            service=self._service,
            group=subscription.group,
            delays_s=self._settings.retry_delays_s,
        )
        try:
            await self._producer.send(replacement)
        except EngineDown as down:
            await self._pause(subscription, down)
        _log.warning(
            "record_set_aside",
            outcome=outcome,
            group=subscription.group,
            to=replacement.topic,
            topic=record.topic,
            offset=record.offset,
            error=repr(error)[:500],
            exc_info=error if outcome == "dead" else None,
        )
        label = readable_headers(record).get("ce_type", "unknown")
        EVENTS.labels(subscription.group, label[:60], outcome).observe(time.perf_counter() - began)


async def _nobody(_deliveries: Sequence[Delivery]) -> None:
    """Handles nothing."""


async def _find_position(consumer: Any) -> None:
    """Return once the consumer knows where "from now on" is: nothing after that is missed."""
    while not consumer.assignment():  # noqa: ASYNC110 - aiokafka gives no signal for it
        await asyncio.sleep(0.02)
    for partition in consumer.assignment():
        await consumer.position(partition)


async def _raw(message: KafkaAckableMessage) -> Any:
    raw = message.raw_message
    return list(raw) if isinstance(raw, tuple) else raw


def _label(delivery: Delivery) -> str:
    return "tombstone" if isinstance(delivery.event, Tombstone) else delivery.meta.type
