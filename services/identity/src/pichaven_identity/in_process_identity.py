"""Identity's internal routes without a network, for its own `Authenticator`."""

import json
from datetime import datetime

import httpx

from pichaven_chassis import ended_sessions
from pichaven_chassis.problems import Problem
from pichaven_identity.api_keys.commands import ExchangeApiKey
from pichaven_identity.sessions.queries import ListEndedSessions
from pichaven_identity.signing_keys.key_ring import KeyRing


class InProcessIdentity(httpx.AsyncBaseTransport):
    """A transport for an `Authenticator`: key set, key exchange and ended sessions."""

    def __init__(
        self,
        key_ring: KeyRing,
        exchange_api_key: ExchangeApiKey,
        list_ended_sessions: ListEndedSessions,
    ) -> None:
        self._key_ring = key_ring
        self._exchange_api_key = exchange_api_key
        self._list_ended_sessions = list_ended_sessions

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/.well-known/jwks.json":
            return httpx.Response(200, json=await self._key_ring.key_set())
        if request.url.path == ended_sessions.PATH:
            after = request.url.params.get("after")
            page = await self._list_ended_sessions(datetime.fromisoformat(after) if after else None)
            body = {
                "session_ids": list(page.session_ids),
                "next_after": page.next_after.isoformat(),
            }
            return httpx.Response(200, json=body)
        try:
            token = await self._exchange_api_key(str(json.loads(request.content)["api_key"]))
        except Problem as problem:
            return httpx.Response(problem.status, json={"code": problem.code})
        return httpx.Response(
            200, json={"access_token": token.text, "expires_in": token.expires_in}
        )
