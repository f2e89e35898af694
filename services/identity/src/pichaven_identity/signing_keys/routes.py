"""`/.well-known/jwks.json`: the public keys."""

from typing import Any

from fastapi import APIRouter, Response

from pichaven_identity.container import Injected

router = APIRouter(tags=["keys"])
internal_router = APIRouter(include_in_schema=False)


@internal_router.get("/.well-known/jwks.json")
@router.get("/.well-known/jwks.json")
async def key_set(response: Response, container: Injected) -> dict[str, Any]:
    """The public keys that access tokens are signed with (RFC 7517)."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return await container.key_ring.key_set()
