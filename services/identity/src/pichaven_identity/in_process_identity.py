"""Identity verifies tokens as every service does, but asks itself without a network."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from pichaven_chassis.problems import Problem
from pichaven_identity.access_tokens import AccessToken


class OwnIdentity(httpx.AsyncBaseTransport):
    """Answers the two calls that an `Authenticator` makes, from this very process."""

    def __init__(
        self,
        key_set: Callable[[], Awaitable[dict[str, Any]]],
        exchange: Callable[[str], Awaitable[AccessToken]],
    ) -> None:
        self._key_set = key_set
        self._exchange = exchange

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/.well-known/jwks.json":
            return httpx.Response(200, json=await self._key_set())
        try:
            token = await self._exchange(str(json.loads(request.content)["api_key"]))
        except Problem as problem:
            return httpx.Response(problem.status, json={"code": problem.code})
        return httpx.Response(
            200, json={"access_token": token.text, "expires_in": token.expires_in}
        )
