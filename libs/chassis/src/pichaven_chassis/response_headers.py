"""Response headers in OpenAPI documents."""

from typing import Any


def describe_header(description: str, example: str | int) -> dict[str, Any]:
    """Return the OpenAPI object of a header."""
    kind = "integer" if isinstance(example, int) else "string"
    return {"description": description, "schema": {"type": kind, "examples": [example]}}


def header_response(status: int, name: str, header: dict[str, Any]) -> dict[int | str, Any]:
    """Return the `responses` of a route whose response with this status has the header."""
    return {status: {"headers": {name: header}}}
