"""Channels and messages of the AsyncAPI 3.0 document, from the topics and events."""

from typing import Any

from pichaven_contracts.registry import EVENTS
from pichaven_contracts.schemas import schemas
from pichaven_contracts.topics import (
    EMBEDDINGS,
    TOPICS,
    Topic,
)

_ALL = (*TOPICS, EMBEDDINGS)


def asyncapi() -> dict[str, Any]:
    """Return the document without operations, which the services' event routers add."""
    components: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for name, schema in schemas().items():
        definitions = schema.pop("$defs", {})
        for definition, body in definitions.items():
            components[definition] = _rebase(body)
        schema.pop("$schema")
        schema.pop("$id")
        components[name] = _rebase(schema)
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
        "components": {"messages": messages, "schemas": components},
    }


def _rebase(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/")
            if key == "$ref"
            else _rebase(value)
            for key, value in node.items()
        }
    return [_rebase(item) for item in node] if isinstance(node, list) else node


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
