"""API keys exchanged for access tokens, which identity does."""

import asyncio
import hashlib
from collections.abc import Callable

import httpx
from cachetools import TTLCache

from pichaven_chassis.problems import Unauthorized, Unavailable


class ApiKeyExchange:
    """Exchanges each key once for as long as its token is kept, also for simultaneous requests."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        keep_s: float,
        max_keys: int,
        now: Callable[[], float],
    ) -> None:
        self._client = client
        # By digest: a RefreshingCache would keep the keys themselves in memory.
        self._tokens: TTLCache[bytes, asyncio.Task[str]] = TTLCache(max_keys, keep_s, timer=now)

    async def __call__(self, api_key: str) -> str:
        """Return the access token. Raises `Unauthorized`, `Unavailable`."""
        digest = hashlib.sha256(api_key.encode("utf-8", "surrogateescape")).digest()
        exchange = self._tokens.get(digest)
        if exchange is None:
            exchange = asyncio.create_task(self._exchange(api_key))
            exchange.add_done_callback(lambda task: self._drop_failed(digest, task))
            self._tokens[digest] = exchange
        return await asyncio.shield(exchange)

    def _drop_failed(self, digest: bytes, exchange: "asyncio.Task[str]") -> None:
        if exchange.cancelled() or exchange.exception() is not None:
            self._tokens.pop(digest, None)

    async def _exchange(self, api_key: str) -> str:
        try:
            response = await self._client.post(
                "/internal/api-keys/exchange", json={"api_key": api_key}
            )
            if response.status_code in {400, 401, 404, 422}:
                raise Unauthorized("The API key is not valid.")
            response.raise_for_status()
        except httpx.HTTPError:
            raise Unavailable("API keys cannot be checked just now.") from None
        return str(response.json()["access_token"])
