"""Identity's internal routes without a network, for its own `Authenticator`."""

import json

import httpx

from pichaven_chassis.problems import Problem
from pichaven_identity.api_keys.commands import ExchangeApiKey
from pichaven_identity.signing_keys.key_ring import KeyRing


class InProcessIdentity(httpx.AsyncBaseTransport):
    """A transport for the two requests of an `Authenticator`: key set and key exchange."""

    def __init__(self, key_ring: KeyRing, exchange_api_key: ExchangeApiKey) -> None:
        self._key_ring = key_ring
        self._exchange_api_key = exchange_api_key

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/.well-known/jwks.json":
            return httpx.Response(200, json=await self._key_ring.key_set())
        try:
            token = await self._exchange_api_key(str(json.loads(request.content)["api_key"]))
        except Problem as problem:
            return httpx.Response(problem.status, json={"code": problem.code})
        return httpx.Response(
            200, json={"access_token": token.text, "expires_in": token.expires_in}
        )
