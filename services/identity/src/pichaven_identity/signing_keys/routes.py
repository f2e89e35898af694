"""`/.well-known/jwks.json`: the public keys."""

from typing import Any, Final

from fastapi import APIRouter, Response

from pichaven_identity.container import Injected

_EXAMPLE: Final = {
    "keys": [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "kid": "019ec4f0-1e2d-7b3c-9a4f-5d6e7c8b9a01",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }
    ]
}

router = APIRouter(tags=["keys"])
internal_router = APIRouter(include_in_schema=False)


@internal_router.get("/.well-known/jwks.json")
@router.get(
    "/.well-known/jwks.json",
    responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}},
)
async def key_set(response: Response, container: Injected) -> dict[str, Any]:
    """The public keys that access tokens are signed with (RFC 7517)."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return await container.key_ring.key_set()
