# ruff: noqa: INP001 - a script, started by its path
"""Write the OpenAPI document of the whole public interface from the services' own routes.

    python deploy/gateway/merge_openapi.py            write it
    python deploy/gateway/merge_openapi.py --check    exit 1 when it would change

Each service is put together by its own bootstrap, but not started: nothing connects.
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
has an `X-Request-Id`; unsafe calls accept an `Idempotency-Key`; single resources have an `ETag`.
Too many requests are answered 429 with `Retry-After`.
"""


async def _document(name: str) -> Json:
    """The service's own document, without a connection to anything."""
    bootstrap = importlib.import_module(f"pichaven_{name}.bootstrap")
    service: Service = await bootstrap.build(Role.API)
    try:
        document: Json = create_app(service).openapi()
    finally:
        for close in service.close:
            await close()
    return document


def _renamed(node: Any, names: dict[str, str]) -> Any:
    """The node with its references to schemas under their new names."""
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            prefix, _, name = reference.rpartition("/")
            return {**node, "$ref": f"{prefix}/{names.get(name, name)}"}
        return {key: _renamed(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(value, names) for value in node]
    return node


def _new_names(service: str, own: Json, known: Json) -> dict[str, str]:
    """New names for those of the service's schemas that differ from known ones of their name.

    One that only leads to such a schema differs too.
    """
    names: dict[str, str] = {}
    while clashing := [
        name
        for name, schema in own.items()
        if name in known and name not in names and known[name] != _renamed(schema, names)
    ]:
        names |= {name: f"{service.title()}{name}" for name in clashing}
    return names


def merged(documents: dict[str, Json]) -> Json:
    """One document of all public paths; each operation tells its service in `x-service`.

    Schemas of one name and different content are told apart by the service's name. Raises
    ValueError when two services offer the same operation.
    """
    paths: Json = {}
    components: dict[str, Json] = {"schemas": {}, "securitySchemes": {}}
    for service, document in documents.items():
        parts = document.get("components", {})
        own = parts.get("schemas", {})
        names = _new_names(service, own, components["schemas"])
        components["schemas"] |= {
            names.get(name, name): _renamed(schema, names) for name, schema in own.items()
        }
        components["securitySchemes"] |= parts.get("securitySchemes", {})
        for path, operations in document["paths"].items():
            if not path.startswith(PUBLIC_PREFIX):
                continue
            target = paths.setdefault(path, {})
            for method, operation in operations.items():
                if method in target:
                    raise ValueError(f"{method.upper()} {path} belongs to two services")
                target[method] = _renamed(operation, names) | {"x-service": service}
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
    document = merged(asyncio.run(_documents()))
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if "--check" in sys.argv[1:]:
        if not TARGET.is_file() or TARGET.read_text() != text:
            raise SystemExit(f"{TARGET.name} is out of date: run {Path(__file__).name}")
        return
    TARGET.write_text(text)
    print(f"{TARGET.name}: {len(document['paths'])} paths of {', '.join(PUBLIC_SERVICES)}")


if __name__ == "__main__":
    main()
