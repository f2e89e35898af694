"""What every operation has in the OpenAPI document of a service: problems and headers."""

from typing import Any, Final

from fastapi import FastAPI

from pichaven_chassis.application import service_of
from pichaven_chassis.auth import InsufficientScope
from pichaven_chassis.idempotency_openapi import describe_idempotency_key
from pichaven_chassis.problems import (
    InvalidRequest,
    Problem,
    ProblemDetails,
    Unauthorized,
    Unavailable,
    UnsupportedBodyType,
    add_problem,
)
from pichaven_chassis.request_checks import EmptyParameter, RepeatedParameter, UnknownParameter
from pichaven_chassis.response_headers import describe_header

Json = dict[str, Any]


_REQUEST_ID: Final = describe_header(
    "Names the request in the logs: the client's own id, or a new one.",
    "019ec52c-41b7-7d20-a6c3-90f1e2d8b574",
)
_CACHE_CONTROL: Final = describe_header("Who may keep the response, and for how long.", "no-store")
_RETRY_AFTER: Final = describe_header("Seconds to wait before the request is sent again.", 2)
_ETAG: Final = describe_header("Names this state of the resource, for `If-Match`.", '"3"')
_AUTHENTICATE: Final = describe_header(
    "The scheme of the credentials, and what they lack.", "Bearer"
)
_REPLAYED: Final = describe_header("`true` on the kept response of an earlier request.", "true")
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of what the client has; 304 where it is still that.",
    "schema": {"type": "string", "examples": ['"3"']},
}


def describe_operations(app: FastAPI) -> None:
    """Have the application's document describe the problems and headers that all routes share."""
    generate = app.openapi

    def openapi() -> Json:
        if app.openapi_schema:
            return app.openapi_schema
        document = generate()
        _describe_problem_schemas(document.setdefault("components", {}).setdefault("schemas", {}))
        service = service_of(app)
        for path, operations in document.get("paths", {}).items():
            ignored = service.idempotency is None or path.startswith(service.ignores_keys)
            for method, operation in operations.items():
                _describe_parameters(operation)
                _describe_problems(operation)
                describe_idempotency_key(method, operation, ignored=ignored)
                _describe_headers(operation)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _describe_problem_schemas(schemas: Json) -> None:
    problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["ProblemDetails"] = problem
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)


def _describe_parameters(operation: Json) -> None:
    """Leave null out of the types: FastAPI adds it for a parameter that may be missing.

    Say of texts in a query that they are not empty, unless these may be.
    """
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        types = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
        if len(types) == 1:
            del schema["anyOf"]
            schema.update(types[0])
        text = schema.get("items", schema)
        if parameter["in"] == "query" and text.get("type") == "string" and "enum" not in text:
            text.setdefault("minLength", 1)


def _describe_problems(operation: Json) -> None:
    responses = operation.setdefault("responses", {})
    # FastAPI describes its own error format; responses are problems.
    if "HTTPValidationError" in str(responses.get("422", {})):
        del responses["422"]
    security = operation.get("security", ())
    if security:
        _add_missing(responses, Unauthorized)
    if any(any(scheme.values()) for scheme in security):
        _add_missing(responses, InsufficientScope)
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        _add_missing(responses, InvalidRequest)
        _add_missing(responses, UnsupportedBodyType)
    _add_missing(responses, UnknownParameter)
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
        _add_missing(responses, RepeatedParameter)
        _add_missing(responses, EmptyParameter)
    _add_missing(responses, Unavailable)


def _add_missing(responses: Json, problem: type[Problem]) -> None:
    status = str(problem.status)
    if f"`{problem.code}`" not in responses.get(status, {}).get("description", ""):
        add_problem(responses, status, problem)


def _describe_headers(operation: Json) -> None:
    """Add the headers that every response of the status has."""
    responses = operation["responses"]
    parameters = operation.get("parameters", [])
    names = {parameter["name"] for parameter in parameters}
    conditional = "304" in responses
    if conditional:
        operation["parameters"] = [*parameters, _IF_NONE_MATCH]
    for status, response in responses.items():
        headers = response.setdefault("headers", {})
        headers["X-Request-Id"] = _REQUEST_ID
        headers["Cache-Control"] = _CACHE_CONTROL
        if status in {"429", "503"}:
            headers["Retry-After"] = _RETRY_AFTER
        if status == "401" or f"`{InsufficientScope.code}`" in response["description"]:
            headers["WWW-Authenticate"] = _AUTHENTICATE
        if (conditional and status in {"200", "304"}) or (
            "If-Match" in names and status in {"200", "202"}
        ):
            headers["ETag"] = _ETAG
        if "Idempotency-Key" in names and status.startswith("2"):
            headers["Idempotent-Replayed"] = _REPLAYED
