"""Which operations take an `Idempotency-Key`, in their OpenAPI document."""

from typing import Any, Final

from pichaven_chassis.idempotency import KEY_PATTERN, UNSAFE_METHODS
from pichaven_chassis.idempotency_store import KeyReused, RequestInProgress, ResponseNotKept
from pichaven_chassis.media_types import is_json
from pichaven_chassis.problems import add_problem

_PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 255 ASCII letters, digits and signs. A repetition with the same key within"
    " a day has no effect and gets the first response.",
    "schema": {
        "type": "string",
        "pattern": KEY_PATTERN,
        "examples": ["019ec52c-41b7-7d20-a6c3-90f1e2d8b574"],
    },
}


_IGNORED: Final = "The call ignores an `Idempotency-Key`."


def describe_idempotency_key(method: str, operation: dict[str, Any], *, ignored: bool) -> None:
    """Add the header and its problems to a user's unsafe operation without a body but JSON.

    Others, and those with `ignored`, say that they ignore it.
    """
    if method.upper() not in UNSAFE_METHODS:
        return
    bodies = operation.get("requestBody", {}).get("content", {})
    if ignored or not operation.get("security") or not all(map(is_json, bodies)):
        operation["description"] = f"{operation['description']}\n\n{_IGNORED}"
        return
    operation.setdefault("parameters", []).append(_PARAMETER)
    add_problem(operation["responses"], "409", RequestInProgress)
    add_problem(operation["responses"], "409", ResponseNotKept)
    add_problem(operation["responses"], "422", KeyReused)
