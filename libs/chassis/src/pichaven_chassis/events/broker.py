"""A service's way to Kafka: it publishes, and consumes what its event routers subscribe to.

A record is committed after its handler has returned, or after the record is on a retry or
dead-letter topic; so none is lost, and any may come twice. A failing record never holds up the
ones behind it. During an outage nothing is dead-lettered: the record waits and is tried again.
See docs/adr/0039-failure-handling-middleware.md.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from pichaven_chassis.events.cloud_events import OutgoingRecord, encode
from pichaven_chassis.events.consumers import Consumers
from pichaven_chassis.events.delivery import EventMeta
from pichaven_chassis.events.producer import RecordProducer
from pichaven_chassis.events.router import EventRouter, Handler, Subscription, merge
from pichaven_chassis.health import HealthCheck
from pichaven_chassis.ids import derived_id, new_id
from pichaven_chassis.logging import get_logger
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts.event import Event
from pichaven_contracts.topics import Topic

_log = get_logger(__name__)


class EventPublisher(Protocol):
    """Where events go out."""

    async def publish(self, event: Event, *, cause: EventMeta | None = None) -> None:
        """Return once the event is durable; raises `EngineDown` when it is not."""
        ...

    async def publish_tombstone(self, topic: Topic, key: str) -> None:
        """Remove everything under a key from a compacted topic."""
        ...


class ProgressPublisher(Protocol):
    """Where progress goes out."""

    async def send_progress(self, event: Event) -> None:
        """Publish at most once; never raises."""
        ...


class Publisher(EventPublisher, ProgressPublisher, Protocol):
    """Where events and progress go out: `EventBroker`, or a recording fake."""


class EventBroker:
    """Publishes from the start on; without routers it does nothing else.

    With a `group_suffix`, a second instance of the service runs beside the first one: its
    groups are `<group>.<suffix>`, begin where their topics end at the first start, and share
    the service's retry topics without touching the other's records.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        service: str,
        *,
        routers: Sequence[EventRouter] = (),
        container: object = None,
        group_suffix: str = "",
    ) -> None:
        self.container = container
        """What the handlers' `EventContainer` is; may be set until the start."""
        self._settings = settings
        self._service = service
        self._suffix = group_suffix
        self._producer = RecordProducer(settings, f"pichaven-{service}")
        self._subscriptions: dict[str, Subscription] = {}
        self._replica_handlers: list[Handler] = []
        for router in routers:
            for subscription in router.subscriptions.values():
                merge(self._subscriptions, subscription)
            self._replica_handlers += router.replica_handlers
        self._when_started: list[Callable[[], None]] = []
        self._consumers: Consumers | None = None
        self._started = False

    def configure(
        self, group: str, *, workers: int | None = None, max_handling_s: float | None = None
    ) -> None:
        """Set what only settings know of a group; raises `KeyError` for an unknown group."""
        subscription = self._subscriptions[group]
        self._subscriptions[group] = replace(
            subscription,
            workers=workers or subscription.workers,
            max_handling_s=max_handling_s or subscription.max_handling_s,
        )

    def when_started(self, callback: Callable[[], None]) -> None:
        """Call once the consumers know their positions: nothing is missed after that."""
        self._when_started.append(callback)

    async def publish(self, event: Event, *, cause: EventMeta | None = None) -> None:
        event_id = derived_id(cause.id, event.event_type, event.key) if cause else new_id()
        await self._producer.send(encode(event, event_id=event_id, source=self._service))

    async def publish_tombstone(self, topic: Topic, key: str) -> None:
        await self._producer.send(OutgoingRecord(topic.name, key.encode(), None, []))

    async def send_progress(self, event: Event) -> None:
        """Publish if Kafka takes it soon; loss of progress events is tolerated."""
        try:
            await asyncio.wait_for(self.publish(event), 2)
        except (EngineDown, TimeoutError):
            _log.debug("progress_lost", key=event.key)

    async def send(self, *records: OutgoingRecord) -> None:
        """Send records that are encoded already, as the outbox keeps them."""
        await self._producer.send(*records)

    async def start(self) -> None:
        """Connect and consume. Raises while Kafka is away or a topic is missing; call again."""
        if self._started:
            return
        await self._producer.start()
        self._consumers = Consumers(
            self._settings,
            self._service,
            self._producer,
            list(self._subscriptions.values()),
            self._replica_handlers,
            container=self.container,
            group_suffix=self._suffix,
        )
        try:
            await self._consumers.start()
        except BaseException:
            # Those that have started would stay, beside those of the next attempt.
            await self._consumers.stop()
            raise
        self._started = True
        for callback in self._when_started:
            callback()

    async def stop(self) -> None:
        """Finish the records in flight, commit them, and leave the groups."""
        if self._consumers is not None:
            await self._consumers.stop()
        await self._producer.stop()

    @property
    def ready_check(self) -> HealthCheck:
        async def probe() -> None:
            if not self._started or self._consumers is None:
                raise EngineDown("not connected to Kafka yet")
            await self._consumers.health.check_progress()

        return HealthCheck("kafka", probe)

    @property
    def live_check(self) -> HealthCheck:
        async def probe() -> None:
            if self._started and self._consumers is not None:
                self._consumers.health.check_tasks()

        return HealthCheck("consumers", probe)
