from datetime import datetime, timedelta

from pichaven_chassis.clock import Clock
from pichaven_chassis.problems import Unavailable
from pichaven_identity.access_tokens import (
    SESSION_SCOPE,
    IssueAccessToken,
    TokenPair,
)
from pichaven_identity.audit_kind import AuditKind
from pichaven_identity.errors import InvalidRefreshToken, RefreshTokenReused
from pichaven_identity.ports import AuditLog, Sessions
from pichaven_identity.sessions.model import (
    Client,
    Session,
    SessionTimes,
    digest,
    new_refresh_token,
    open_handover,
    seal_handover,
)


class RefreshSession:
    """Replaces a refresh token by its successor; a second use ends the family.

    One atomic write decides which of several simultaneous uses is the first. See
    `sessions.model` for the grace of the token just replaced.
    """

    def __init__(
        self,
        sessions: Sessions,
        issue: IssueAccessToken,
        audit: AuditLog,
        *,
        times: SessionTimes,
        access_ttl: timedelta,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._issue = issue
        self._audit = audit
        self._times = times
        self._access_ttl = access_ttl
        self._clock = clock

    async def __call__(self, token: str, client: Client) -> TokenPair:
        """Raises `InvalidRefreshToken`, `RefreshTokenReused`."""
        spent = digest(token)
        session_id = await self._sessions.family_of(spent)
        if session_id is None:
            raise InvalidRefreshToken
        # A second round only when another use of the token came first in between.
        for _ in range(2):
            session = await self._sessions.get(session_id)
            now = self._clock()
            if session is None or not session.live(now):
                raise InvalidRefreshToken("The session has ended. Log in again.")
            if session.current != spent:
                return await self._again(session, token, spent, client)
            successor = await self._replace(session, token, spent)
            if successor is not None:
                expires_at = self._times.expiry(session.created_at, now)
                return await self._pair(session, successor, expires_at)
        raise Unavailable

    async def _replace(self, session: Session, token: str, spent: bytes) -> str | None:
        now = self._clock()
        successor = new_refresh_token()
        fresh = digest(successor)
        expires_at = self._times.expiry(session.created_at, now)
        await self._sessions.issue(session.id, fresh, expires_at)
        replaced = await self._sessions.replace(
            session.id,
            old=spent,
            new=fresh,
            handover=seal_handover(token, successor),
            now=now,
            expires_at=expires_at,
        )
        if replaced:
            return successor
        await self._sessions.withdraw(fresh)
        return None

    async def _again(self, session: Session, token: str, spent: bytes, client: Client) -> TokenPair:
        now = self._clock()
        if session.handover and session.within_grace(spent, now, self._times.grace):
            successor = open_handover(token, session.handover)
            if successor is not None:
                return await self._pair(session, successor, session.expires_at)
        await self._sessions.end(session.id, reason=AuditKind.REFRESH_REUSED, now=now)
        await self._audit.record(
            AuditKind.REFRESH_REUSED,
            client=client,
            now=now,
            user_id=session.user_id,
            details={"session_id": session.id},
        )
        raise RefreshTokenReused(
            "This refresh token has been used before, so its session has been ended. Log in again."
        )

    async def _pair(self, session: Session, token: str, expires_at: datetime) -> TokenPair:
        access = await self._issue(
            session.user_id,
            session_id=session.id,
            scope=SESSION_SCOPE,
            ttl=self._access_ttl,
        )
        return TokenPair(access, token, expires_at, session.id)
