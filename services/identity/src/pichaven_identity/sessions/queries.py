"""A user's sessions; which sessions have ended, and which API keys were deleted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_identity.sessions.model import Session
from pichaven_identity.sessions.repository import SessionRepository

_PAGE: Final = 10_000
_OVERLAP: Final = timedelta(seconds=30)
"""Longer than a write takes and than clocks of replicas differ: it may show after a later one."""

ListEnded = Callable[[datetime, int], Awaitable[Sequence[tuple[str, datetime]]]]
"""Returns so many ids of what ended after a time, earliest first, and when it did."""


class ListSessions:
    def __init__(self, sessions: SessionRepository, *, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def __call__(self, user_id: str) -> Sequence[Session]:
        """Return the user's live sessions, the one used last first."""
        sessions = await self._sessions.list_live(user_id, self._clock())
        return sorted(sessions, key=lambda each: (each.last_used_at, each.id), reverse=True)


@dataclass(frozen=True, slots=True)
class EndedSessionsPage:
    session_ids: Sequence[str]
    """And ids of API keys, which their access tokens name likewise."""
    next_after: datetime
    """Where the next page starts; some of its sessions may have been in this one."""


class ListEndedSessions:
    """List what ended while an access token of it may still be valid."""

    def __init__(
        self, sources: Sequence[ListEnded], *, access_ttl: timedelta, clock: Clock
    ) -> None:
        self._sources = sources
        self._access_ttl = access_ttl
        self._clock = clock

    async def __call__(self, after: datetime | None) -> EndedSessionsPage:
        """Return what ended after a time; by default all that matters."""
        now = self._clock()
        earliest = now - self._access_ttl - _OVERLAP
        start = earliest if after is None else max(after, earliest)
        pages = [await list_ended(start, _PAGE) for list_ended in self._sources]
        ends_of_full = [page[-1][1] for page in pages if len(page) == _PAGE]
        return EndedSessionsPage(
            [ended_id for page in pages for ended_id, _ in page],
            min(ends_of_full, default=now - _OVERLAP),
        )
