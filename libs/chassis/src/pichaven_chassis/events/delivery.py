"""What a handler gets to see, and who handles what."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from pichaven_contracts.event import Event
from pichaven_contracts.topics import Topic

E = TypeVar("E", bound=Event)


class Permanent(Exception):
    """Trying again cannot help: the record goes to the dead letters at once, with this reason."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A compacted topic's record that removes everything under its key."""

    topic: Topic
    key: str


@dataclass(frozen=True, slots=True)
class EventMeta:
    """Where a delivery comes from. `attempt` counts the tries before this one."""

    id: str
    type: str
    source: str
    time: datetime | None
    topic: str
    key: str
    partition: int
    offset: int
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event as it arrived. It may arrive again, and late."""

    event: Event | Tombstone
    meta: EventMeta


Handler = Callable[[Any, EventMeta], Awaitable[None]]


class Handlers:
    """Which coroutine handles which event. Types without one are skipped."""

    def __init__(self) -> None:
        self._by_type: dict[type[Event], Handler] = {}
        self._by_tombstone: dict[str, Handler] = {}

    def on(
        self, event_type: type[E]
    ) -> Callable[
        [Callable[[E, EventMeta], Awaitable[None]]], Callable[[E, EventMeta], Awaitable[None]]
    ]:
        def register(
            handler: Callable[[E, EventMeta], Awaitable[None]],
        ) -> Callable[[E, EventMeta], Awaitable[None]]:
            if event_type in self._by_type:
                raise ValueError(f"{event_type.__name__} has a handler already")
            self._by_type[event_type] = cast("Handler", handler)
            return handler

        return register

    def on_tombstone(
        self, topic: Topic
    ) -> Callable[
        [Callable[[str, EventMeta], Awaitable[None]]], Callable[[str, EventMeta], Awaitable[None]]
    ]:
        def register(
            handler: Callable[[str, EventMeta], Awaitable[None]],
        ) -> Callable[[str, EventMeta], Awaitable[None]]:
            self._by_tombstone[topic.name] = handler
            return handler

        return register

    @property
    def types(self) -> frozenset[type[Event]]:
        return frozenset(self._by_type)

    async def __call__(self, delivery: Delivery) -> None:
        event = delivery.event
        if isinstance(event, Tombstone):
            handler = self._by_tombstone.get(event.topic.name)
            if handler is not None:
                await handler(event.key, delivery.meta)
            return
        handler = self._by_type.get(type(event))
        if handler is not None:
            await handler(event, delivery.meta)
