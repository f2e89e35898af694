"""The AsyncAPI document of all services, with the operations that their routers really have.

FastStream's own generator makes a channel of every subscriber instead of every topic, and one
message of all its handlers, without headers (ag2ai/faststream#1566): it cannot say which
`ce_type` has which payload, and to it a batch is a list of deliveries.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pichaven_chassis.events.router import EventRouter, Handler
from pichaven_contracts.asyncapi import asyncapi
from pichaven_contracts.event import Event
from pichaven_contracts.topics import RETRY_TIERS, Topic, dead_letter_topic, retry_topic


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
    tombstones = topic.compacted and any(handler.tombstones for handler in concerned)
    return _operation("receive", topic, types) | {"x-tombstones": tombstones}


def _operation(action: str, topic: Topic, types: Collection[type[Event]]) -> dict[str, Any]:
    channel = f"#/channels/{topic.name}"
    names = sorted(event_type.event_type for event_type in types)
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in names],
    }
