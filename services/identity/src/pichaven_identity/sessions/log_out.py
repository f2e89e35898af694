from pichaven_chassis.clock import Clock
from pichaven_identity.audit_kind import AuditKind
from pichaven_identity.ports import AuditLog, Sessions
from pichaven_identity.sessions.model import Client, digest


class LogOut:
    """Ends one session; repeating it is harmless."""

    def __init__(self, sessions: Sessions, audit: AuditLog, *, clock: Clock) -> None:
        self._sessions = sessions
        self._audit = audit
        self._clock = clock

    async def by_session(self, session_id: str, user_id: str, client: Client) -> None:
        now = self._clock()
        if await self._sessions.end(session_id, reason=AuditKind.LOGGED_OUT, now=now):
            await self._audit.record(
                AuditKind.LOGGED_OUT,
                client=client,
                now=now,
                user_id=user_id,
                details={"session_id": session_id},
            )

    async def by_refresh_token(self, token: str, client: Client) -> bool:
        """End the token's session; False when no session of ours ever had it."""
        session_id = await self._sessions.family_of(digest(token))
        session = await self._sessions.get(session_id) if session_id else None
        if session is None:
            return False
        await self.by_session(session.id, session.user_id, client)
        return True


class LogOutEverywhere:
    """Ends all of a user's sessions. Their access tokens run out within their lifetime."""

    def __init__(self, sessions: Sessions, audit: AuditLog, *, clock: Clock) -> None:
        self._sessions = sessions
        self._audit = audit
        self._clock = clock

    async def __call__(self, user_id: str, client: Client) -> None:
        now = self._clock()
        reason = AuditKind.LOGGED_OUT_EVERYWHERE
        ended = await self._sessions.end_all(user_id, but=None, reason=reason, now=now)
        await self._audit.record(
            reason, client=client, now=now, user_id=user_id, details={"sessions": str(ended)}
        )
