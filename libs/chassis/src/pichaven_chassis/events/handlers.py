"""The former way to declare handlers, for services that do not use event routers yet."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, TypeVar, cast

from pichaven_chassis.events.delivery import Delivery, EventMeta, Tombstone
from pichaven_chassis.events.dependencies import Meta
from pichaven_chassis.events.router import EventRouter
from pichaven_contracts.event import Event
from pichaven_contracts.topics import Topic

E = TypeVar("E", bound=Event)

Handler = Callable[[Any, EventMeta], Awaitable[None]]


class Handlers:
    """Which coroutine handles which event. Types without one are skipped."""

    def __init__(self) -> None:
        self.by_type: dict[type[Event], Handler] = {}
        self.by_tombstone: dict[str, Handler] = {}

    def on(
        self, event_type: type[E]
    ) -> Callable[
        [Callable[[E, EventMeta], Awaitable[None]]], Callable[[E, EventMeta], Awaitable[None]]
    ]:
        def register(
            handler: Callable[[E, EventMeta], Awaitable[None]],
        ) -> Callable[[E, EventMeta], Awaitable[None]]:
            if event_type in self.by_type:
                raise ValueError(f"{event_type.__name__} has a handler already")
            self.by_type[event_type] = cast("Handler", handler)
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
            self.by_tombstone[topic.name] = handler
            return handler

        return register

    @property
    def types(self) -> frozenset[type[Event]]:
        return frozenset(self.by_type)

    async def __call__(self, delivery: Delivery) -> None:
        event = delivery.event
        if isinstance(event, Tombstone):
            handler = self.by_tombstone.get(event.topic.name)
            if handler is not None:
                await handler(event.key, delivery.meta)
            return
        handler = self.by_type.get(type(event))
        if handler is not None:
            await handler(event, delivery.meta)


class Subscribing:
    """The former `subscribe*` methods of `EventBroker`."""

    _service: str

    def _include(self, router: EventRouter) -> None:
        raise NotImplementedError

    def subscribe(
        self,
        *topics: Topic,
        group: str,
        handlers: Handlers,
        workers: int = 1,
        max_handling_s: float = 60,
    ) -> None:
        router = EventRouter(self._service)
        for topic in topics:
            for event_type, call in handlers.by_type.items():
                register = router.on(
                    topic, event_type, group=group, workers=workers, max_handling_s=max_handling_s
                )
                register(_with_meta(call))
            on_key = handlers.by_tombstone.get(topic.name)
            if on_key is not None:
                router.on_tombstone(topic, group=group)(_with_meta(on_key))
        self._include(router)

    def subscribe_batch(
        self,
        *topics: Topic,
        group: str,
        handle: Callable[[Sequence[Delivery]], Awaitable[None]],
        types: Collection[type[Event]],
        **limits: Any,
    ) -> None:
        router = EventRouter(self._service)

        @router.on_batch(*topics, types=types, group=group, **limits)
        async def consume(deliveries: list[Delivery]) -> None:
            await handle(deliveries)

        self._include(router)

    def subscribe_fanout(
        self,
        *topics: Topic,
        handle: Callable[[Delivery], Awaitable[None]],
        types: Collection[type[Event]],
    ) -> None:
        router = EventRouter(self._service)

        async def on_event(event: Any, meta: Meta) -> None:
            await handle(Delivery(event, meta))

        for topic in topics:
            router.on_every_replica(topic, *types)(on_event)
            router.on_tombstone(topic, every_replica=True)(_of_tombstone(topic, handle))
        self._include(router)


def _with_meta(call: Handler) -> Callable[[Any, EventMeta], Awaitable[None]]:
    async def handle(event: Any, meta: Meta) -> None:
        await call(event, meta)

    return handle


def _of_tombstone(
    topic: Topic, handle: Callable[[Delivery], Awaitable[None]]
) -> Callable[[str, EventMeta], Awaitable[None]]:
    async def on_key(key: str, meta: Meta) -> None:
        await handle(Delivery(Tombstone(topic, key), meta))

    return on_key
