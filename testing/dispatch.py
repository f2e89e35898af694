"""Call a router's handlers without Kafka, as its consumers would."""

import typing

from pichaven_chassis.events import EventMeta, EventRouter, Meta, Tombstone
from pichaven_chassis.events.router import Handler
from pichaven_chassis.ids import new_id
from pichaven_contracts.event import Event


def meta_of(event: Event | Tombstone, source: str = "/pichaven/test") -> EventMeta:
    """Return the metadata of an event's first delivery."""
    return EventMeta(
        id=new_id(),
        type="" if isinstance(event, Tombstone) else event.event_type,
        source=source,
        time=None if isinstance(event, Tombstone) else event.occurred_at,
        topic=event.topic.name,
        key=event.key,
        partition=0,
        offset=0,
    )


async def dispatch(
    router: EventRouter,
    container: object,
    event: Event | Tombstone,
    *,
    meta: EventMeta | None = None,
) -> None:
    """Call every handler of single records that the router has for the event.

    Raises LookupError where it has none; a handler of batches is called by itself.
    """
    handlers = [
        handler
        for subscription in router.subscriptions.values()
        for handler in subscription.handlers
        if not handler.batch
    ]
    accepting = [each for each in (*handlers, *router.replica_handlers) if _accepts(each, event)]
    if not accepting:
        raise LookupError(f"{type(event).__name__} has no handler in this router")
    for handler in accepting:
        await handler.call(**_arguments(handler, container, event, meta or meta_of(event)))


def _accepts(handler: Handler, event: Event | Tombstone) -> bool:
    if event.topic.name not in {topic.name for topic in handler.topics}:
        return False
    return handler.tombstones if isinstance(event, Tombstone) else type(event) in handler.types


def _arguments(
    handler: Handler, container: object, event: Event | Tombstone, meta: EventMeta
) -> dict[str, object]:
    hints = typing.get_type_hints(handler.call, include_extras=True)
    hints.pop("return", None)
    arguments: dict[str, object] = {}
    for name, hint in hints.items():
        if hint == Meta:
            arguments[name] = meta
        elif typing.get_origin(hint) is typing.Annotated:
            arguments[name] = container
        else:
            arguments[name] = event.key if isinstance(event, Tombstone) else event
    return arguments
