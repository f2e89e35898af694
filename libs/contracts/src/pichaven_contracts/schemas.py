"""JSON Schemas of the events, as consumers validate and as producers write."""

from typing import Any

from pichaven_contracts.event import Event
from pichaven_contracts.registry import EVENTS


def schema(event: type[Event]) -> dict[str, Any]:
    """The schema of an event's value, for readers (JSON Schema 2020-12)."""
    made = event.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:pichaven:event:{event.event_type}",
        **made,
    }


def schemas() -> dict[str, dict[str, Any]]:
    """Every event's schema by its type name."""
    return {name: schema(event) for name, event in EVENTS.items()}


def breaking_changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Why a reader or a writer of `old` could not live with `new`; empty when both can.

    Services are deployed one by one, so within a version both directions must hold: a new
    reader understands old events, an old reader understands new ones.
    """
    return _compare(old, new, old.get("$defs", {}), new.get("$defs", {}), "", set())


def _resolve(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    if reference is None:
        return node
    return dict(definitions[reference.rsplit("/", 1)[1]])


def _compare(
    old: dict[str, Any],
    new: dict[str, Any],
    old_definitions: dict[str, Any],
    new_definitions: dict[str, Any],
    path: str,
    seen: set[tuple[str, str]],
) -> list[str]:
    pair = (str(old.get("$ref")), str(new.get("$ref")))
    if "$ref" in old and pair in seen:
        return []
    seen = seen | {pair}
    old, new = _resolve(old, old_definitions), _resolve(new, new_definitions)
    at = path or "event"
    found = [
        f"{at}: {keyword} {old.get(keyword)!r} became {new.get(keyword)!r}"
        for keyword in ("type", "pattern", "format", "const", "minimum", "maximum", "maxItems")
        if old.get(keyword) != new.get(keyword)
    ]
    if set(old.get("enum", ())) != set(new.get("enum", ())):
        found.append(f"{at}: its values changed")
    required_before, required_now = set(old.get("required", ())), set(new.get("required", ()))
    found += [f"{at}.{name}: is now required" for name in required_now - required_before]
    found += [f"{at}.{name}: is no longer required" for name in required_before - required_now]
    before, now = old.get("properties", {}), new.get("properties", {})
    for name, node in before.items():
        if name not in now:
            found.append(f"{at}.{name}: is gone")
            continue
        found += _compare(node, now[name], old_definitions, new_definitions, f"{at}.{name}", seen)
    for keyword in ("items", "additionalProperties"):
        if isinstance(old.get(keyword), dict) and isinstance(new.get(keyword), dict):
            found += _compare(
                old[keyword], new[keyword], old_definitions, new_definitions, f"{at}[]", seen
            )
    old_options, new_options = old.get("anyOf", ()), new.get("anyOf", ())
    if len(old_options) != len(new_options):
        found.append(f"{at}: its alternatives changed")
    else:
        for one, other in zip(old_options, new_options, strict=True):
            found += _compare(one, other, old_definitions, new_definitions, at, seen)
    return found
