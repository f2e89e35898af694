"""The comparison of an event's schema with its released one."""

from typing import Any


def breaking_changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return what in `new` breaks a consumer or a producer of `old`; empty when nothing does.

    Services are deployed independently, so a version stays compatible in both directions: new
    consumers read old events, old consumers read new ones.
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
    compared: set[tuple[str, str]],
) -> list[str]:
    pair = (str(old.get("$ref")), str(new.get("$ref")))
    if "$ref" in old and pair in compared:
        return []
    compared = compared | {pair}
    old, new = _resolve(old, old_definitions), _resolve(new, new_definitions)
    at = path or "event"
    changes = [
        f"{at}: {keyword} {old.get(keyword)!r} became {new.get(keyword)!r}"
        for keyword in ("type", "pattern", "format", "const", "minimum", "maximum", "maxItems")
        if old.get(keyword) != new.get(keyword)
    ]
    if set(old.get("enum", ())) != set(new.get("enum", ())):
        changes.append(f"{at}: its values changed")
    required_before, required_now = set(old.get("required", ())), set(new.get("required", ()))
    changes += [f"{at}.{name}: is now required" for name in required_now - required_before]
    changes += [f"{at}.{name}: is no longer required" for name in required_before - required_now]
    before, now = old.get("properties", {}), new.get("properties", {})
    for name, node in before.items():
        if name not in now:
            changes.append(f"{at}.{name}: is gone")
            continue
        changes += _compare(
            node, now[name], old_definitions, new_definitions, f"{at}.{name}", compared
        )
    for keyword in ("items", "additionalProperties"):
        if isinstance(old.get(keyword), dict) and isinstance(new.get(keyword), dict):
            changes += _compare(
                old[keyword], new[keyword], old_definitions, new_definitions, f"{at}[]", compared
            )
    old_options, new_options = old.get("anyOf", ()), new.get("anyOf", ())
    if len(old_options) != len(new_options):
        changes.append(f"{at}: its alternatives changed")
    else:
        for one, other in zip(old_options, new_options, strict=True):
            changes += _compare(one, other, old_definitions, new_definitions, at, compared)
    return changes
