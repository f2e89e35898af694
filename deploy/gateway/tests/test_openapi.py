"""The merged document has the services' operations, and the gateway routes to them."""

import json
import re
import subprocess
import sys
from typing import Any

import httpx
import pytest
from deploy.gateway.merge_openapi import merge
from deploy.gateway.tests.conftest import GATEWAY

from pichaven_contracts.openapi import merged_openapi

DOCUMENT: dict[str, Any] = json.loads(merged_openapi().content)


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
            "upload": _service("/api/v1/a", {"type": "string"}),
            "gallery": _service("/api/v1/b", {"type": "integer"}),
        }
    )

    schemas = document["components"]["schemas"]
    assert schemas["Thing"] == {"type": "string"}
    assert schemas["GalleryThing"] == {"type": "integer"}
    assert _references(schemas["Things"]) == {"#/components/schemas/Thing"}
    assert _references(schemas["GalleryThings"]) == {"#/components/schemas/GalleryThing"}
    assert _references(document["paths"]["/api/v1/b"]) == {"#/components/schemas/GalleryThing"}
    assert _references(document["paths"]["/api/v1/a"]) == {"#/components/schemas/Thing"}
    assert "/internal/x" not in document["paths"]


def test_an_operation_of_two_services_is_an_error() -> None:
    one = _service("/api/v1/a", {"type": "string"})

    with pytest.raises(ValueError, match="GET /api/v1/a belongs to two services"):
        merge({"upload": one, "gallery": one})
