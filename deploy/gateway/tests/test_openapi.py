"""The merged document has the services' operations, and the gateway routes to them."""

import json
import re
import subprocess
import sys
from datetime import datetime
from typing import Any

import httpx
import pytest
from deploy.gateway.merge_openapi import merge
from deploy.gateway.tests.conftest import GATEWAY
from jsonschema import Draft202012Validator, FormatChecker

from pichaven_contracts.openapi import merged_openapi

DOCUMENT: dict[str, Any] = json.loads(merged_openapi().content)
OPERATIONS = [(path, method) for path, item in DOCUMENT["paths"].items() for method in item]
FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(_references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(value) for value in node))
    return set()


def test_the_document_is_up_to_date() -> None:
    process = subprocess.run(
        [sys.executable, str(GATEWAY / "merge_openapi.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert process.returncode == 0, process.stderr[-2000:]


def test_every_reference_resolves_and_operation_ids_are_unique() -> None:
    schemas = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert _references(DOCUMENT) <= schemas

    operations = [operation for item in DOCUMENT["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert all(operation.get("description") for operation in operations), "each has a description"


def test_every_documented_operation_reaches_its_service(client: httpx.Client) -> None:
    for template, item in DOCUMENT["paths"].items():
        path = re.sub(r"\{[^}]+\}", "0190a000-0000-7000-8000-000000000000", template)
        if template == "/api/v1/events":
            continue  # a stream, see test_policies.py
        for method, operation in item.items():
            response = client.request(method.upper(), path)
            assert response.json()["service"] == operation["x-service"], (method, template)


def _validate(example: Any, schema: dict[str, Any]) -> None:
    """Raises jsonschema's ValidationError."""
    root = schema | {"components": DOCUMENT["components"]}
    Draft202012Validator(root, format_checker=FORMATS).validate(example)
    assert '"string"' not in json.dumps(example)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_has_examples_that_are_valid(path: str, method: str) -> None:
    operation = DOCUMENT["paths"][path][method]
    successes = {code: body for code, body in operation["responses"].items() if code[0] == "2"}
    assert successes
    assert all(body.get("content") for code, body in successes.items() if code != "204")
    problems = [body for code, body in operation["responses"].items() if code[0] in "45"]
    assert all(media["examples"] for body in problems for media in body["content"].values())

    for body in (operation.get("requestBody", {}), *successes.values()):
        for media in body.get("content", {}).values():
            _validate(media["example"], media["schema"])
    for body in problems:
        for media in body["content"].values():
            for example in media["examples"].values():
                _validate(example["value"], media["schema"])


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_examples_of_parameters_are_valid_and_of_required_ones_are_sent(
    path: str, method: str
) -> None:
    for parameter in DOCUMENT["paths"][path][method].get("parameters", []):
        assert ("example" in parameter) == parameter["required"], parameter["name"]
        for example in parameter["schema"].get("examples", []):
            _validate(example, parameter["schema"])


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_declares_its_refusals_and_their_headers(path: str, method: str) -> None:
    operation = DOCUMENT["paths"][path][method]
    responses = operation["responses"]
    if operation.get("security"):
        assert "401" in responses
    assert all("X-Request-Id" in response["headers"] for response in responses.values())
    for status in {"429", "503"} & responses.keys():
        assert "Retry-After" in responses[status]["headers"]


def _has_example(schema: dict[str, Any]) -> bool:
    """Return whether the schema has an example of its own, or one made of its parts'."""
    match schema:
        case {"examples": _} | {"const": _}:
            return True
        case {"$ref": reference}:
            referenced = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
            return "enum" not in referenced or _has_example(referenced)
        case {"enum": _}:
            return False
        case {"anyOf": parts}:
            return any(map(_has_example, parts))
        case {"items": items}:
            return _has_example(items)
        case {"default": default}:
            return default is not None
    return False


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_a_field_has_a_description_and_an_example(name: str) -> None:
    for field, schema in DOCUMENT["components"]["schemas"][name].get("properties", {}).items():
        assert schema.get("description"), field
        assert _has_example(schema), field


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_a_parameter_has_a_description_and_an_example(path: str, method: str) -> None:
    for parameter in DOCUMENT["paths"][path][method].get("parameters", []):
        assert parameter.get("description"), parameter["name"]
        assert _has_example(parameter["schema"]), parameter["name"]


def _service(path: str, schema: dict[str, Any]) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Thing"}
    responses = {"200": {"content": {"application/json": {"schema": reference}}}}
    return {
        "paths": {path: {"get": {"responses": responses}}, "/internal/x": {"get": {}}},
        "components": {
            "schemas": {"Thing": schema, "Things": {"type": "array", "items": reference}}
        },
    }


def test_of_different_schemas_with_one_name_the_later_is_renamed() -> None:
    document = merge(
        {
            "upload": _service("/api/v1/a", {"const": "beach"}),
            "gallery": _service("/api/v1/b", {"const": 7}),
        }
    )

    schemas = document["components"]["schemas"]
    assert schemas["Thing"] == {"const": "beach"}
    assert schemas["GalleryThing"] == {"const": 7}
    assert _references(schemas["Things"]) == {"#/components/schemas/Thing"}
    assert _references(schemas["GalleryThings"]) == {"#/components/schemas/GalleryThing"}
    assert _references(document["paths"]["/api/v1/b"]) == {"#/components/schemas/GalleryThing"}
    assert _references(document["paths"]["/api/v1/a"]) == {"#/components/schemas/Thing"}
    assert "/internal/x" not in document["paths"]


def test_an_operation_of_two_services_is_an_error() -> None:
    one = _service("/api/v1/a", {"const": "beach"})

    with pytest.raises(ValueError, match="GET /api/v1/a belongs to two services"):
        merge({"upload": one, "gallery": one})


def _example(schema: dict[str, Any]) -> Any:
    document = merge({"upload": _service("/api/v1/a", schema)})
    return document["paths"]["/api/v1/a"]["get"]["responses"]["200"]["content"]["application/json"][
        "example"
    ]


def test_an_example_is_the_schemas_own_or_made_of_its_parts() -> None:
    tag = {"type": "string", "examples": ["beach"]}
    photo = {
        "type": "object",
        "properties": {
            "tags": {"type": "array", "items": tag},
            "caption": {"anyOf": [{"type": "string", "examples": ["Lisbon"]}, {"type": "null"}]},
            "on_duplicate": {"enum": ["keep", "skip"], "default": "skip"},
            "failure": {"anyOf": [tag, {"type": "null"}], "default": None, "examples": [None]},
        },
    }

    assert _example(photo) == {
        "tags": ["beach"],
        "caption": "Lisbon",
        "on_duplicate": "skip",
        "failure": None,
    }
    assert _example(photo | {"examples": [{"tags": []}]}) == {"tags": []}


def test_a_schema_without_an_example_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no example of .*'title': 'Caption'"):
        _example({"properties": {"caption": {"type": "string", "title": "Caption"}}})
