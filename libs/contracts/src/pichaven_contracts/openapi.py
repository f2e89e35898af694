"""The HTTP interface of all services as one OpenAPI 3.1 document.

`deploy/gateway/merge_openapi.py` generates `openapi.json`; a test keeps it current.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class MergedOpenApi:
    content: bytes
    digest: str
    """Changes with the content; an entity tag."""


@cache
def merged_openapi() -> MergedOpenApi:
    """Return the document as it is served, JSON in UTF-8."""
    content = (resources.files("pichaven_contracts") / "openapi.json").read_bytes()
    return MergedOpenApi(content, hashlib.sha256(content).hexdigest()[:16])
