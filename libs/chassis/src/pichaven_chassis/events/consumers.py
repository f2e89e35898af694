"""The consumers of one process: a FastStream broker put together from event routers."""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, Final

from faststream import AckPolicy, ContextRepo, ExceptionMiddleware
from faststream.kafka import KafkaBroker, KafkaMessage, KafkaRouter
from faststream.kafka.opentelemetry import KafkaTelemetryMiddleware

from pichaven_chassis.events.batches import IsolateRecords
from pichaven_chassis.events.cloud_events import parse
from pichaven_chassis.events.connection import broker_security
from pichaven_chassis.events.consumer_health import ConsumerHealth
from pichaven_chassis.events.dead_letters import ConsumerGroup, DeadLetters, FailurePolicy
from pichaven_chassis.events.delivery import PermanentError
from pichaven_chassis.events.dependencies import CONTAINER
from pichaven_chassis.events.offsets import begin_at_end, find_position, require_topics
from pichaven_chassis.events.producer import RecordProducer
from pichaven_chassis.events.rebalancing import DrainBeforeRevoke
from pichaven_chassis.events.router import Handler, Subscription, decode_skipped, skip
from pichaven_chassis.logging import get_logger
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts.topics import RETRY_TIERS, retry_topic

_log = get_logger(__name__)
_POLL_MARGIN_S: Final = 60
_GRACE_S: Final = 20
_METADATA_MS: Final = 300_000
_DISCOVERY_MS: Final = 5_000
"""The age of metadata at which a consumer of a family of topics looks for new ones."""
_RETRY_BACKOFF_MS: Final = 500
"""Between a consumer's attempts to reach a broker that is away; each attempt logs several lines."""
_RETRY_FETCH_WAIT_MS: Final = 5_000
"""How long an empty fetch of a retry topic waits at the broker.

A record that comes meanwhile is sent at once, but one that follows in its partition may wait as
long: no harm where records wait for their delay anyway. An idle service has three such consumers,
whose fetches every half second cost it and Kafka a third of what they do.
"""


class Consumers:
    """Started once: after a start that fails, others are made."""

    def __init__(
        self,
        settings: KafkaSettings,
        service: str,
        producer: RecordProducer,
        subscriptions: Sequence[Subscription],
        replica_handlers: Sequence[Handler],
        *,
        container: object,
        group_suffix: str,
    ) -> None:
        self.health = ConsumerHealth(settings)
        self._settings = settings
        self._suffix = group_suffix
        self._policy = FailurePolicy(service, settings.retry_delays_s, producer)
        self._drains: list[DrainBeforeRevoke] = []
        self._topics: set[str] = set()
        self._subscriptions = subscriptions
        has_families = any(subscription.pattern for subscription in subscriptions)
        self._broker = KafkaBroker(
            settings.bootstrap_servers,
            security=broker_security(settings),
            client_id=f"pichaven-{service}",
            logger=None,
            middlewares=(KafkaTelemetryMiddleware(),),
            parser=parse,
            allow_auto_create_topics=False,
            consumer_only=True,
            graceful_timeout=_GRACE_S,
            request_timeout_ms=settings.request_timeout_ms,
            metadata_max_age_ms=_DISCOVERY_MS if has_families else _METADATA_MS,
            retry_backoff_ms=_RETRY_BACKOFF_MS,
            context=ContextRepo({CONTAINER: container}),
        )
        for subscription in subscriptions:
            self._consume(subscription)
        for tier in range(1, RETRY_TIERS + 1 if subscriptions else 1):
            self._retry(tier)
        self._replica = self._consume_on_every_replica(replica_handlers)

    async def start(self) -> None:
        """Join the groups. Raises while Kafka is away or a topic is missing."""
        await require_topics(self._settings, self._topics)
        if self._suffix:
            for subscription in self._subscriptions:
                group = self._add_suffix(subscription.group)
                await begin_at_end(self._settings, group, subscription.names)
        await self._broker.start()
        await self.health.start()
        if self._replica is not None:
            await find_position(self._replica.consumer)

    async def stop(self) -> None:
        """Finish and commit what has begun, and leave the groups.

        FastStream stops the consumers of several workers before their handlers have ended, and
        another replica would begin the same records; so the handlers are waited for first.
        """
        self._policy.stopping.set()
        await asyncio.gather(*(drain.drain(_GRACE_S) for drain in self._drains))
        for stop in (self._broker.stop, self.health.stop):
            try:
                await stop()
            except Exception as error:
                _log.warning("consumers_not_stopped", error=repr(error)[:300])

    def _add_suffix(self, group: str) -> str:
        return with_suffix(group, self._suffix)

    def _consume(self, subscription: Subscription) -> None:
        group = self._add_suffix(subscription.group)
        middlewares: list[Any] = []
        options: dict[str, Any] = {}
        if subscription.max_records:
            middlewares = [partial(IsolateRecords, group=group, types=subscription.types)]
            options["batch"] = True
            options["max_records"] = subscription.max_records
            options["batch_timeout_ms"] = subscription.max_wait_ms
        elif subscription.workers > 1:
            options["max_workers"] = subscription.workers
        handling_s = subscription.max_handling_s
        subscriber = self._group_subscriber(
            subscription.names,
            group,
            handling_s,
            middlewares=middlewares,
            pattern=subscription.pattern,
            **options,
        )
        for handler in subscription.handlers:
            subscriber(handler.call, filter=handler.accepts, decoder=handler.decode)
        if not subscription.max_records:
            subscriber(skip, decoder=decode_skipped)
        self.health.watch(group, subscriber, stall_s=handling_s + 2 * _POLL_MARGIN_S)

    def _retry(self, tier: int) -> None:
        """Consume a retry topic for all groups of the service, in a group of its own."""
        topic = retry_topic(self._policy.service, tier)
        groups = {self._add_suffix(subscription.group) for subscription in self._subscriptions}
        handling_s = max(subscription.max_handling_s for subscription in self._subscriptions)
        subscriber = self._group_subscriber(
            [topic],
            self._add_suffix(topic),
            handling_s,
            delay_s=self._settings.retry_delays_s[tier - 1],
            retries_of=groups,
            fetch_max_wait_ms=_RETRY_FETCH_WAIT_MS,
        )
        for subscription in self._subscriptions:
            for handler in subscription.handlers:
                accepts = _of_group(self._add_suffix(subscription.group), handler)
                subscriber(handler.call, filter=accepts, decoder=handler.decode)

        async def decode_unknown(message: KafkaMessage) -> None:
            failed_in = message.headers.get("x-group", "")
            if failed_in in groups:
                await decode_skipped(message)
            elif suffix_of(failed_in) == self._suffix:
                raise PermanentError(f"no consumer group {failed_in!r} here to retry it")
            # Else it is of groups with another suffix, which have consumers of their own here.

        subscriber(skip, decoder=decode_unknown)
        self.health.watch(self._add_suffix(topic), subscriber, stall_s=None)

    def _consume_on_every_replica(self, handlers: Sequence[Handler]) -> Any:
        if not handlers:
            return None
        names = dict.fromkeys(topic.name for handler in handlers for topic in handler.topics)
        subscriber = self._subscriber(
            list(names),
            [ExceptionMiddleware({Exception: _log_failure})],
            auto_offset_reset="latest",
            ack_policy=AckPolicy.ACK_FIRST,
        )
        for handler in handlers:
            subscriber(handler.call, filter=handler.accepts, decoder=handler.decode)
        subscriber(skip, decoder=decode_skipped)
        return subscriber

    def _group_subscriber(
        self,
        topics: list[str],
        group: str,
        max_handling_s: float,
        *,
        delay_s: float = 0,
        retries_of: Collection[str] = (),
        middlewares: Sequence[Any] = (),
        **options: Any,
    ) -> Any:
        drain = DrainBeforeRevoke(max_handling_s + _POLL_MARGIN_S / 2)
        self._drains.append(drain)
        state = ConsumerGroup(group, self._policy, drain, retries_of)
        poll_ms = int((2 * (max_handling_s + delay_s) + _POLL_MARGIN_S) * 1000)
        return self._subscriber(
            topics,
            [partial(DeadLetters, group=state), *middlewares],
            group_id=group,
            listener=drain,
            # For each subscriber: it does not inherit the broker's, since it is created before
            # its router is included, and the default commits before the handler has run.
            ack_policy=AckPolicy.NACK_ON_ERROR,
            auto_offset_reset="earliest",
            max_poll_interval_ms=poll_ms,
            rebalance_timeout_ms=poll_ms,
            session_timeout_ms=self._settings.session_timeout_ms,
            heartbeat_interval_ms=min(3_000, self._settings.session_timeout_ms // 3),
            **options,
        )

    def _subscriber(self, topics: list[str], middlewares: Sequence[Any], **arguments: Any) -> Any:
        router = KafkaRouter(middlewares=middlewares)
        # Nobody may choose by a `reply_to` header where a handler's result is published.
        names = () if arguments.get("pattern") else topics
        subscriber = router.subscriber(*names, no_reply=True, **arguments)
        self._broker.include_router(router)
        self._topics |= set(topics)
        return subscriber


def with_suffix(group: str, suffix: str) -> str:
    """Return a group's name in an instance with a group suffix; empty for the one without."""
    return f"{group}.{suffix}" if suffix else group


def suffix_of(group: str) -> str:
    return group.partition(".")[2]


def _of_group(group: str, handler: Handler) -> Any:
    async def accepts(message: KafkaMessage) -> bool:
        return message.headers.get("x-group") == group and await handler.accepts(message)

    return accepts


async def _log_failure(error: Exception) -> None:
    _log.warning("replica_handler_failed", error=repr(error)[:300])
