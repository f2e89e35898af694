"""Write docs/events/asyncapi.json: channels and messages of the contracts, operations of the
services' event routers.

    python docs/events/generate.py

FastStream's own generator makes a channel of every subscriber instead of every topic, and one
message of all its handlers, without headers (ag2ai/faststream#1566): it cannot say which
`ce_type` has which payload, and to it a batch is a list of deliveries.
"""

import importlib
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pichaven_chassis.events import EventRouter
from pichaven_chassis.events.router import Handler
from pichaven_contracts.asyncapi import asyncapi
from pichaven_contracts.event import Event
from pichaven_contracts.registry import EVENTS
from pichaven_contracts.topics import RETRY_TIERS, Topic, dead_letter_topic, retry_topic

PROJECT: Final = Path(__file__).resolve().parents[2]
TARGET: Final = Path(__file__).with_name("asyncapi.json")


def event_routers() -> list[EventRouter]:
    """Return the router of every `subscribers` module of the services."""
    routers: list[EventRouter] = []
    for path in sorted(PROJECT.glob("services/*/src/*/**/subscribers.py")):
        package = path.relative_to(next(it for it in path.parents if it.name == "src"))
        module = importlib.import_module(".".join(package.with_suffix("").parts))
        routers.append(module.router)
    return routers


def document() -> dict[str, Any]:
    """Return the AsyncAPI document of all services."""
    published = {
        service: [event for event in EVENTS.values() if service in event.topics[0].producers]
        for service in sorted({name for it in EVENTS.values() for name in it.topics[0].producers})
    }
    return asyncapi_document(event_routers(), published)


def asyncapi_document(
    routers: Iterable[EventRouter], published: Mapping[str, Collection[type[Event]]]
) -> dict[str, Any]:
    """Return channels and messages of the contracts with the operations of `routers`.

    `published` has the events that each service sends.
    """
    operations: dict[str, Any] = {}
    for service, types in published.items():
        for topic in dict.fromkeys(topic for event_type in types for topic in event_type.topics):
            sent = [each for each in types if topic in each.topics]
            operations[f"{service}.send.{topic.name}"] = _operation("send", topic, sent)
    for router in routers:
        failures = {
            "x-retry": [retry_topic(router.service, tier + 1) for tier in range(RETRY_TIERS)],
            "x-dead-letters": dead_letter_topic(router.service),
        }
        for group, subscription in router.subscriptions.items():
            for topic in subscription.topics:
                received = _receive(topic, subscription.handlers)
                operations[f"{group}.receive.{topic.name}"] = received | failures
        for topic in dict.fromkeys(each.topics[0] for each in router.replica_handlers):
            name = f"{router.service}.every-replica.receive.{topic.name}"
            operations[name] = _receive(topic, router.replica_handlers)
    return asyncapi() | {"operations": operations}


def _receive(topic: Topic, handlers: Iterable[Handler]) -> dict[str, Any]:
    concerned = [handler for handler in handlers if topic in handler.topics]
    types = {cls for handler in concerned for cls in handler.types if topic in cls.topics}
    tombstones = topic.is_compacted and any(handler.tombstones for handler in concerned)
    return _operation("receive", topic, types) | {"x-tombstones": tombstones}


def _operation(action: str, topic: Topic, types: Collection[type[Event]]) -> dict[str, Any]:
    channel = f"#/channels/{topic.name}"
    names = sorted(event_type.event_type for event_type in types)
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in names],
    }


def as_text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(as_text())
