"""Subscriptions, declared by a service's modules as FastAPI's routers declare routes.

```python
router = EventRouter("upload")

@router.on(topics.PROCESSING, PhotoProcessed)
async def verify_photo(event: PhotoProcessed, container: EventContainer) -> None: ...
```
A router needs neither settings nor a client. An `EventBroker` makes FastStream subscribers of
it, one for each consumer group.
"""

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any, Final, TypeVar

from faststream.kafka import KafkaMessage

from pichaven_chassis.events.cloud_events import decode, origin_topic
from pichaven_chassis.events.dead_letters import SKIPPED
from pichaven_chassis.events.delivery import Tombstone
from pichaven_contracts.event import Event
from pichaven_contracts.registry import EVENTS
from pichaven_contracts.topics import Topic

H = TypeVar("H", bound=Callable[..., Awaitable[None]])

_EVERY: Final = frozenset(EVENTS.values())


@dataclass(frozen=True, slots=True)
class Handler:
    """A coroutine with the records that it is for, as FastStream's filter and decoder."""

    call: Callable[..., Awaitable[None]]
    topics: tuple[Topic, ...]
    types: frozenset[type[Event]] = frozenset()
    tombstones: bool = False
    batch: bool = False

    def __post_init__(self) -> None:
        arguments = signature(self.call).parameters.values()
        if sum(not hasattr(each.annotation, "__metadata__") for each in arguments) != 1:
            # FastDepends would unpack the event into them, and fail for every record.
            raise TypeError(
                f"{self.call} must take exactly one argument besides those that are injected "
                "(`Meta`, `EventContainer`)"
            )

    def overlaps(self, other: "Handler") -> bool:
        """Return whether a record may be for both."""
        if self.batch or other.batch:
            return True
        kinds = bool(self.types & other.types) or (self.tombstones and other.tombstones)
        return kinds and not set(self.topics).isdisjoint(other.topics)

    async def accepts(self, message: KafkaMessage) -> bool:
        record: Any = message.raw_message
        if isinstance(record, tuple):
            return True
        name = origin_topic(record, message.headers)
        if not any(topic.has_name(name) for topic in self.topics):
            return False
        if record.value is None:
            return self.tombstones
        event_type = EVENTS.get(message.headers.get("ce_type", ""))
        return event_type in self.types

    async def decode(self, message: KafkaMessage) -> Any:
        """Return what the handler gets: an event, a tombstone's key, or a list of deliveries."""
        record: Any = message.raw_message
        if isinstance(record, tuple):
            return message.body
        delivery = decode(record, _EVERY)
        if self.batch:
            return [delivery]
        assert delivery is not None
        event = delivery.event
        return event.key if isinstance(event, Tombstone) else event


async def skip(event: Any) -> object:  # noqa: ARG001
    """Pass over an event that no handler of the group is for."""
    return SKIPPED


async def decode_skipped(message: KafkaMessage) -> None:
    """Raise `PermanentError` for a record that says of no type that it is of it."""
    decode(message.raw_message, ())  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What one consumer group reads, and who handles it."""

    group: str
    handlers: tuple[Handler, ...]
    max_handling_s: float = 60
    workers: int = 1
    max_records: int = 0
    """Of a batch; 0 for records one at a time."""
    max_wait_ms: int = 0

    @property
    def topics(self) -> list[Topic]:
        return list(dict.fromkeys(topic for each in self.handlers for topic in each.topics))

    @property
    def names(self) -> list[str]:
        """The names of the topics that are no families."""
        return [topic.name for topic in self.topics if not topic.pattern]

    @property
    def pattern(self) -> str | None:
        """Of all topics' names if one is a family: a consumer has names or a pattern."""
        if len(self.names) == len(self.topics):
            return None
        return "|".join(topic.pattern or f"^{re.escape(topic.name)}$" for topic in self.topics)

    @property
    def types(self) -> frozenset[type[Event]]:
        return frozenset(cls for handler in self.handlers for cls in handler.types)

    def __or__(self, other: "Subscription") -> "Subscription":
        """Return both as one; raises `ValueError` where two handlers are for the same record."""
        if any(one.overlaps(two) for one in self.handlers for two in other.handlers):
            raise ValueError(
                f"{self.group} has a handler for that already; name a group with `group=`"
            )
        return replace(
            self,
            handlers=self.handlers + other.handlers,
            max_handling_s=max(self.max_handling_s, other.max_handling_s),
            workers=max(self.workers, other.workers),
        )


@dataclass(slots=True)
class EventRouter:
    """The subscriptions of one feature, or of all, of a service.

    Handlers of one group share a consumer; types that none of them is for are passed over.
    A group's default name is the service's and the topic's subject: `upload-processing`.
    Each handler may get an event twice, and late.
    """

    service: str
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    replica_handlers: list[Handler] = field(default_factory=list)

    def on(
        self,
        topic: Topic,
        event_type: type[Event],
        *more_types: type[Event],
        group: str | None = None,
        max_handling_s: float = 60,
        workers: int = 1,
    ) -> Callable[[H], H]:
        """Handle events one at a time per partition: `handler(event, ...)`.

        `workers` are consumers side by side; with more than one, the group may read only one
        topic. Where handlers of one group differ, its greatest figures hold.
        """
        types = frozenset({event_type, *more_types})
        limits = {"max_handling_s": max_handling_s, "workers": workers}
        return lambda call: self._add(call, Handler(call, (topic,), types), group, **limits)

    def on_tombstone(
        self, topic: Topic, *, group: str | None = None, every_replica: bool = False
    ) -> Callable[[H], H]:
        """Handle the removal of a key from a compacted topic: `handler(key, ...)`."""

        def register(call: H) -> H:
            handler = Handler(call, (topic,), tombstones=True)
            if not every_replica:
                return self._add(call, handler, group)
            self.replica_handlers.append(handler)
            return call

        return register

    def on_batch(
        self,
        topic: Topic,
        *more_topics: Topic,
        types: Collection[type[Event]],
        group: str | None = None,
        max_records: int = 200,
        max_wait_ms: int = 200,
        max_handling_s: float = 120,
    ) -> Callable[[H], H]:
        """Handle what comes within `max_wait_ms` together: `handler(deliveries, ...)`.

        A family of topics (`Topic.pattern`) is read with those that are created later, each from
        its beginning.

        The list is in order within each partition and has tombstones too. Unreadable records
        are dead-lettered apart; when the handler raises, each delivery is tried by itself.
        """

        def register(call: H) -> H:
            return self._add(
                call,
                Handler(call, (topic, *more_topics), frozenset(types), True, batch=True),
                group,
                max_handling_s=max_handling_s,
                max_records=max_records,
                max_wait_ms=max_wait_ms,
            )

        return register

    def on_every_replica(self, topic: Topic, *types: type[Event]) -> Callable[[H], H]:
        """Handle what is published from the start on, in every process: `handler(event, ...)`.

        Nothing is committed or retried; an error is logged.
        """

        def register(call: H) -> H:
            self.replica_handlers.append(Handler(call, (topic,), frozenset(types)))
            return call

        return register

    def _add(self, call: H, handler: Handler, group: str | None, **limits: Any) -> H:
        name = group or f"{self.service}-{handler.topics[0].name.split('.')[1]}"
        merge(self.subscriptions, Subscription(group=name, handlers=(handler,), **limits))
        return call


def merge(subscriptions: dict[str, Subscription], added: Subscription) -> None:
    """Add a subscription to those by group, as one with that of the same group."""
    same_group = subscriptions.get(added.group)
    subscriptions[added.group] = same_group | added if same_group else added
