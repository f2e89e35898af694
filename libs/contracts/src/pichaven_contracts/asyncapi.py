"""The AsyncAPI 3.0 document of all topics and events, made from the tables."""

from typing import Any

from pichaven_contracts.registry import EVENTS
from pichaven_contracts.schemas import schemas
from pichaven_contracts.topics import (
    EMBEDDINGS,
    RETRY_TIERS,
    TOPICS,
    Topic,
    dead_letter_topic,
    retry_topic,
)

_ALL = (*TOPICS, EMBEDDINGS)


def asyncapi() -> dict[str, Any]:
    """The whole document as JSON values."""
    components: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for name, schema in schemas().items():
        definitions = schema.pop("$defs", {})
        for definition, body in definitions.items():
            components[definition] = _moved(body)
        schema.pop("$schema")
        schema.pop("$id")
        components[name] = _moved(schema)
        messages[name] = {
            "name": name,
            "contentType": "application/json",
            "summary": (EVENTS[name].__doc__ or "").split("\n\n")[0].replace("\n", " "),
            "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
            "payload": {"$ref": f"#/components/schemas/{name}"},
        }
    components["CloudEventHeaders"] = _headers()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "PicHaven events",
            "version": "1",
            "description": "CloudEvents 1.0 in Kafka's binary mode. Delivery is at least once; "
            "records of one key stay in order, except those that were tried again.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in _ALL},
        "operations": _operations(),
        "components": {"messages": messages, "schemas": components},
    }


def _moved(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/")
            if key == "$ref"
            else _moved(value)
            for key, value in node.items()
        }
    return [_moved(item) for item in node] if isinstance(node, list) else node


def _channel(topic: Topic) -> dict[str, Any]:
    policy: dict[str, Any] = (
        {"cleanup.policy": ["compact"]}
        if topic.retention_ms is None
        else {"cleanup.policy": ["delete"], "retention.ms": topic.retention_ms}
    )
    names = [name for name, event in EVENTS.items() if topic in event.topics]
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {"partitions": topic.partitions, "topicConfiguration": policy},
        },
        "x-key": topic.key,
    } | (
        {"parameters": {"model": {"description": "A short name of the embedding model."}}}
        if topic is EMBEDDINGS
        else {}
    )


def _operations() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for topic in _ALL:
        channel = {"$ref": f"#/channels/{topic.name.replace('/', '~1')}"}
        for service in topic.producers:
            found[f"{service}.send.{topic.name}"] = {"action": "send", "channel": channel}
        for service in topic.consumers:
            found[f"{service}.receive.{topic.name}"] = {
                "action": "receive",
                "channel": channel,
                "x-retry": [retry_topic(service, tier + 1) for tier in range(RETRY_TIERS)],
                "x-dead-letters": dead_letter_topic(service),
            }
    return found


def _headers() -> dict[str, Any]:
    names = ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_subject"]
    return {
        "type": "object",
        "required": names,
        "properties": {
            **{name: {"type": "string"} for name in names},
            "ce_partitionkey": {"type": "string"},
            "content-type": {"type": "string", "const": "application/json"},
            "traceparent": {"type": "string"},
        },
    }
