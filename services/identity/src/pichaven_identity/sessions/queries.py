"""Which sessions have ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_identity.sessions.repository import SessionRepository

_PAGE: Final = 10_000
_OVERLAP: Final = timedelta(seconds=30)
"""Longer than a write takes and than clocks of replicas differ: it may show after a later one."""


@dataclass(frozen=True, slots=True)
class EndedSessionsPage:
    session_ids: Sequence[str]
    next_after: datetime
    """Where the next page starts; some of its sessions may have been in this one."""


class ListEndedSessions:
    """List the sessions that ended while an access token of theirs may still be valid."""

    def __init__(self, sessions: SessionRepository, *, access_ttl: timedelta, clock: Clock) -> None:
        self._sessions = sessions
        self._access_ttl = access_ttl
        self._clock = clock

    async def __call__(self, after: datetime | None) -> EndedSessionsPage:
        """Return the sessions that ended after a time; by default all that matter."""
        now = self._clock()
        earliest = now - self._access_ttl - _OVERLAP
        start = earliest if after is None else max(after, earliest)
        ended = await self._sessions.list_ended(start, _PAGE)
        is_full = len(ended) == _PAGE
        next_after = ended[-1][1] if is_full else now - _OVERLAP
        return EndedSessionsPage([session_id for session_id, _ in ended], next_after)
