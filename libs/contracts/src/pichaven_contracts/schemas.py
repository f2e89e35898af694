"""JSON Schemas of the events."""

from typing import Any

from pichaven_contracts.event import Event
from pichaven_contracts.registry import EVENTS


def schema(event: type[Event]) -> dict[str, Any]:
    """Return the schema of an event's value for consumers (JSON Schema 2020-12)."""
    generated = event.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:pichaven:event:{event.event_type}",
        **generated,
    }


def schemas() -> dict[str, dict[str, Any]]:
    """Return the events' schemas by type."""
    return {name: schema(event) for name, event in EVENTS.items()}
