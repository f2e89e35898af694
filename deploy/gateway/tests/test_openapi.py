"""The merged document is what the services offer, and the gateway leads there."""

import json
import re
import subprocess
import sys
from typing import Any

import httpx
import pytest
from deploy.gateway.merge_openapi import merged
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
    checked = subprocess.run(
        [sys.executable, str(GATEWAY / "merge_openapi.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert checked.returncode == 0, checked.stderr[-2000:]


def test_every_reference_leads_somewhere_and_every_operation_is_named_once() -> None:
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert _references(DOCUMENT) <= known

    operations = [operation for item in DOCUMENT["paths"].values() for operation in item.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation.get("description") for operation in operations), "each says what it does"


def test_every_documented_operation_reaches_its_service(client: httpx.Client) -> None:
    for template, item in DOCUMENT["paths"].items():
        path = re.sub(r"\{[^}]+\}", "0190a000-0000-7000-8000-000000000000", template)
        if template == "/api/v1/events":
            continue  # a stream: the gateway's own tests read it
        for method, operation in item.items():
            answer = client.request(method.upper(), path)
            assert answer.json()["service"] == operation["x-service"], (method, template)


def _service(path: str, schema: dict[str, Any]) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Thing"}
    answer = {"200": {"content": {"application/json": {"schema": reference}}}}
    return {
        "paths": {path: {"get": {"responses": answer}}, "/internal/x": {"get": {}}},
        "components": {
            "schemas": {"Thing": schema, "Things": {"type": "array", "items": reference}}
        },
    }


def test_different_schemas_of_one_name_are_told_apart() -> None:
    document = merged(
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


def test_an_operation_of_two_services_is_a_mistake() -> None:
    one = _service("/api/v1/a", {"type": "string"})

    with pytest.raises(ValueError, match="GET /api/v1/a belongs to two services"):
        merged({"upload": one, "gallery": one})
