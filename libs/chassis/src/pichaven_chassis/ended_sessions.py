"""The sessions that have ended and the API keys that were deleted, known within seconds.

Access tokens are verified without a request to identity. So that a token does not outlive its
session or its API key, each process asks identity regularly which have ended.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import httpx
from cachetools import TTLCache

from pichaven_chassis.logging import get_logger

PATH: Final = "/internal/sessions/ended"

_MOST: Final = 200_000
"""Ids in memory, some 200 bytes each."""
_KEEP_S: Final = 3_700
"""Longer than any access token is valid."""
_LONGEST_FIRST_WAIT_S: Final = 1.0

_log = get_logger(__name__)


class EndedSessions:
    """Ids of ended sessions, asked for every `poll_s` seconds from the first use on.

    While identity is unavailable the sessions that are known to have ended stay so, and others
    count as live: their tokens expire by themselves.
    """

    def __init__(self, client: httpx.AsyncClient, *, poll_s: float) -> None:
        self._client = client
        self._poll_s = poll_s
        self._ended: TTLCache[str, None] = TTLCache(_MOST, _KEEP_S)
        self._callbacks: defaultdict[str, set[Callable[[], None]]] = defaultdict(set)
        self._cursor: str | None = None
        self._polling: asyncio.Task[None] | None = None
        self._loaded = asyncio.Event()

    async def start(self) -> None:
        """Begin to ask, and wait for the first answer, a second at most."""
        if self._polling is None:
            self._polling = asyncio.create_task(self._poll())
        if not self._loaded.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._loaded.wait(), _LONGEST_FIRST_WAIT_S)
            # Later callers do not wait for an identity that is away.
            self._loaded.set()

    async def close(self) -> None:
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)

    def __contains__(self, session_id: str | None) -> bool:
        return session_id in self._ended

    @contextmanager
    def on_end(self, session_id: str, callback: Callable[[], None]) -> Iterator[None]:
        """Call back, once at most, when the session ends or has ended already."""
        if session_id in self._ended:
            callback()
            yield
            return
        self._callbacks[session_id].add(callback)
        try:
            yield
        finally:
            callbacks = self._callbacks.get(session_id)
            if callbacks is not None:
                callbacks.discard(callback)
                if not callbacks:
                    del self._callbacks[session_id]

    async def _poll(self) -> None:
        answers = True
        while True:
            try:
                await self._ask()
                answers = True
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                if answers:
                    _log.warning("ended_sessions_unknown", error=repr(error)[:200])
                answers = False
            self._loaded.set()
            await asyncio.sleep(self._poll_s)

    async def _ask(self) -> None:
        parameters = {"after": self._cursor} if self._cursor else {}
        response = await self._client.get(PATH, params=parameters)
        response.raise_for_status()
        body = response.json()
        for session_id in body["session_ids"]:
            self._ended[session_id] = None
            for callback in self._callbacks.pop(session_id, ()):
                callback()
        self._cursor = str(body["next_after"])
