# ruff: noqa: INP001 - a script, started by its path
"""Merge the OpenAPI documents of the public services.

    python deploy/gateway/merge_openapi.py            write the merged document
    python deploy/gateway/merge_openapi.py --check    exit 1 when it would change

Each service is built by its bootstrap but not started, so nothing connects.
"""

import asyncio
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from pichaven_chassis.http import create_app
from pichaven_chassis.runtime import Role, Service

PUBLIC_SERVICES = ("identity", "upload", "gallery", "search")
PUBLIC_PREFIX = "/api/v1/"
TARGET = Path(__file__).resolve().parents[2] / "libs/contracts/src/pichaven_contracts/openapi.json"

Json = dict[str, Any]

ABOUT = """\
Upload photos, follow their processing, keep them in order and find them by what is in them.

Send an access token (`Authorization: Bearer`, from `/auth/login`) or an API key (`X-Api-Key`).
Errors are RFC 9457 problems with a stable `code`. Lists are `{items, next_cursor}`. Every answer
has an `X-Request-Id`; calls that list an `Idempotency-Key` are done once for each; single resources
have an `ETag`, and `If-Match` on their changes. Unknown query parameters and fields are refused.
Too many requests are answered 429 with `Retry-After`.
"""


async def _document(name: str) -> Json:
    """Return the document of one service."""
    bootstrap = importlib.import_module(f"pichaven_{name}.bootstrap")
    service: Service = await bootstrap.build(Role.API)
    try:
        document: Json = create_app(service).openapi()
    finally:
        for close in service.close:
            await close()
    return document


def _rename(node: Any, names: dict[str, str]) -> Any:
    """Return the node with its references to schemas under their new names."""
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            prefix, _, name = reference.rpartition("/")
            return {**node, "$ref": f"{prefix}/{names.get(name, name)}"}
        return {key: _rename(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_rename(value, names) for value in node]
    return node


def _new_names(service: str, schemas: Json, merged: Json) -> dict[str, str]:
    """Return new names for the service's schemas that differ from merged ones of the same name.

    A schema that refers to a renamed one differs too.
    """
    names: dict[str, str] = {}
    while clashing := [
        name
        for name, schema in schemas.items()
        if name in merged and name not in names and merged[name] != _rename(schema, names)
    ]:
        names |= {name: f"{service.title()}{name}" for name in clashing}
    return names


def _add_enum_examples(node: Any) -> None:
    """Give enumerations an example: their default, else their first value."""
    if isinstance(node, list):
        for each in node:
            _add_enum_examples(each)
    elif isinstance(node, dict):
        match node:
            case {"enum": [first, *_]} if "examples" not in node:
                node["examples"] = [node.get("default", first)]
        for each in node.values():
            _add_enum_examples(each)


def _example(schema: Json, schemas: Json) -> Any:
    """Return the schema's own example or default, else one made of its parts'.

    Raises ValueError for a part that has neither.
    """
    match schema:
        case {"examples": [example, *_]} | {"const": example}:
            return example
        case {"default": default} if default is not None:
            return default
        case {"$ref": reference}:
            return _example(schemas[reference.rpartition("/")[2]], schemas)
        case {"anyOf": [part, *_]}:
            return _example(part, schemas)
        case {"properties": properties}:
            return {name: _example(part, schemas) for name, part in properties.items()}
        case {"items": items}:
            return [_example(items, schemas)]
    raise ValueError(f"there is no example of {schema}")


def _add_examples(operation: Json, schemas: Json) -> None:
    """Give required parameters, the body and successful responses an example.

    Pages that try an operation send the examples of its parameters: those of the optional ones
    stay in their schemas, since together they would find nothing.
    """
    for parameter in operation.get("parameters", []):
        if parameter["required"]:
            parameter["example"] = _example(parameter["schema"], schemas)
    successes = [body for status, body in operation["responses"].items() if status.startswith("2")]
    for body in (operation.get("requestBody", {}), *successes):
        for media in body.get("content", {}).values():
            if "example" not in media:
                media["example"] = _example(media["schema"], schemas)


def merge(documents: dict[str, Json]) -> Json:
    """Return one document of all public paths; each operation has its service in `x-service`.

    Of schemas with one name and different content, the later gets its service's name as a prefix.
    Raises ValueError when two services have the same operation.
    """
    paths: Json = {}
    components: dict[str, Json] = {"schemas": {}, "securitySchemes": {}}
    for service, document in documents.items():
        own = document.get("components", {})
        schemas = own.get("schemas", {})
        names = _new_names(service, schemas, components["schemas"])
        components["schemas"] |= {
            names.get(name, name): _rename(schema, names) for name, schema in schemas.items()
        }
        components["securitySchemes"] |= own.get("securitySchemes", {})
        for path, operations in document["paths"].items():
            if not path.startswith(PUBLIC_PREFIX):
                continue
            target = paths.setdefault(path, {})
            for method, operation in operations.items():
                if method in target:
                    raise ValueError(f"{method.upper()} {path} belongs to two services")
                target[method] = _rename(operation, names) | {"x-service": service}
    _add_enum_examples([paths, components["schemas"]])
    for operations in paths.values():
        for operation in operations.values():
            _add_examples(operation, components["schemas"])
    return {
        "openapi": "3.1.0",
        "info": {"title": "PicHaven", "version": "1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {name: dict(sorted(part.items())) for name, part in components.items()},
    }


async def _documents() -> dict[str, Json]:
    return {name: await _document(name) for name in PUBLIC_SERVICES}


def main() -> None:
    document = merge(asyncio.run(_documents()))
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if "--check" in sys.argv[1:]:
        if not TARGET.is_file() or TARGET.read_text() != text:
            raise SystemExit(f"{TARGET.name} is out of date: run {Path(__file__).name}")
        return
    TARGET.write_text(text)
    print(f"{TARGET.name}: {len(document['paths'])} paths of {', '.join(PUBLIC_SERVICES)}")


if __name__ == "__main__":
    main()
