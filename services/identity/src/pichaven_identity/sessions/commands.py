"""Open, refresh and end sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pichaven_chassis.auth import Principal, Scope
from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_chassis.optimistic import WriteConflict, write_optimistically
from pichaven_chassis.problems import NotFound, Unauthorized
from pichaven_identity.access_tokens import AccessToken, IssueAccessToken
from pichaven_identity.audit import AuditKind, AuditLog
from pichaven_identity.client import Client
from pichaven_identity.errors import InvalidRefreshToken, RefreshTokenReused
from pichaven_identity.sessions.model import (
    Session,
    SessionLifetime,
    digest,
    new_refresh_token,
    open_handover,
    seal_handover,
)
from pichaven_identity.sessions.repository import SessionRepository


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: AccessToken
    refresh: str
    refresh_expires_at: datetime
    session_id: str


class IssueTokenPair:
    """Issue an access token with all scopes to go with a session's refresh token."""

    def __init__(self, issue_access_token: IssueAccessToken, *, access_ttl: timedelta) -> None:
        self._issue_access_token = issue_access_token
        self._access_ttl = access_ttl

    async def __call__(self, session: Session, refresh: str, expires_at: datetime) -> TokenPair:
        access = await self._issue_access_token(
            session.user_id, session_id=session.id, scopes=Scope, ttl=self._access_ttl
        )
        return TokenPair(access, refresh, expires_at, session.id)


class OpenSession:
    """Open a session for a user who has just authenticated."""

    def __init__(
        self,
        sessions: SessionRepository,
        issue_token_pair: IssueTokenPair,
        *,
        lifetime: SessionLifetime,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._issue_token_pair = issue_token_pair
        self._lifetime = lifetime
        self._clock = clock

    async def __call__(self, user_id: str, client: Client) -> TokenPair:
        now = self._clock()
        token = new_refresh_token()
        session = Session(
            id=new_id(),
            user_id=user_id,
            client=client,
            created_at=now,
            last_used_at=now,
            expires_at=self._lifetime.expiry(now, now),
            current=digest(token),
        )
        await self._sessions.add(session)
        return await self._issue_token_pair(session, token, session.expires_at)


class RefreshSession:
    """Replace a refresh token by its successor; a second use of one ends the session.

    One atomic write decides which of several simultaneous uses is the first.
    """

    def __init__(
        self,
        sessions: SessionRepository,
        issue_token_pair: IssueTokenPair,
        audit: AuditLog,
        *,
        lifetime: SessionLifetime,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._issue_token_pair = issue_token_pair
        self._audit = audit
        self._lifetime = lifetime
        self._clock = clock

    async def __call__(self, token: str, client: Client) -> TokenPair:
        """Raises `InvalidRefreshToken`, `RefreshTokenReused`."""
        token_digest = digest(token)
        session_id = await self._sessions.session_id_of(token_digest)
        if session_id is None:
            raise InvalidRefreshToken

        async def attempt() -> TokenPair:
            session = await self._sessions.get(session_id)
            now = self._clock()
            if session is None or not session.is_live(now):
                raise InvalidRefreshToken("The session has ended. Log in again.")
            if session.current != token_digest:
                return await self._handle_reuse(session, token, client)
            successor = await self._replace(session, token)
            expires_at = self._lifetime.expiry(session.created_at, now)
            return await self._issue_token_pair(session, successor, expires_at)

        return await write_optimistically(attempt)

    async def _replace(self, session: Session, token: str) -> str:
        """Return the successor. Raises `WriteConflict` after a simultaneous use of the token."""
        now = self._clock()
        successor = new_refresh_token()
        successor_digest = digest(successor)
        expires_at = self._lifetime.expiry(session.created_at, now)
        await self._sessions.add_token(session.id, successor_digest, expires_at)
        replaced = await self._sessions.replace_token(
            session.id,
            old=session.current,
            new=successor_digest,
            handover=seal_handover(token, successor),
            now=now,
            expires_at=expires_at,
        )
        if not replaced:
            await self._sessions.remove_token(successor_digest)
            raise WriteConflict
        return successor

    async def _handle_reuse(self, session: Session, token: str, client: Client) -> TokenPair:
        now = self._clock()
        if session.handover and session.is_in_grace(digest(token), now, self._lifetime.grace):
            successor = open_handover(token, session.handover)
            if successor is not None:
                return await self._issue_token_pair(session, successor, session.expires_at)
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


class LogOut:
    """End the session of a refresh token and that of an access token; idempotent."""

    def __init__(self, sessions: SessionRepository, audit: AuditLog, *, clock: Clock) -> None:
        self._sessions = sessions
        self._audit = audit
        self._clock = clock

    async def __call__(
        self, *, refresh_token: str | None, principal: Principal | None, client: Client
    ) -> None:
        """Raises `Unauthorized` when neither names a session."""
        session = await self._session_of(refresh_token) if refresh_token else None
        if session is not None:
            await self._end(session.id, session.user_id, client)
        if principal is not None and principal.session_id is not None:
            await self._end(principal.session_id, principal.user_id, client)
        elif session is None:
            raise Unauthorized("Send the session's access token or refresh token.")

    async def _session_of(self, refresh_token: str) -> Session | None:
        session_id = await self._sessions.session_id_of(digest(refresh_token))
        return await self._sessions.get(session_id) if session_id else None

    async def _end(self, session_id: str, user_id: str, client: Client) -> None:
        now = self._clock()
        if await self._sessions.end(session_id, reason=AuditKind.LOGGED_OUT, now=now):
            await self._audit.record(
                AuditKind.LOGGED_OUT,
                client=client,
                now=now,
                user_id=user_id,
                details={"session_id": session_id},
            )


class EndSession:
    """End one of a user's sessions by its id, such as that of a lost device."""

    def __init__(self, sessions: SessionRepository, audit: AuditLog, *, clock: Clock) -> None:
        self._sessions = sessions
        self._audit = audit
        self._clock = clock

    async def __call__(self, session_id: str, user_id: str, client: Client) -> None:
        """Raises `NotFound` where the user has no live session of this id."""
        now = self._clock()
        session = await self._sessions.get(session_id)
        owned = session is not None and session.user_id == user_id and session.is_live(now)
        kind = AuditKind.SESSION_ENDED
        if not owned or not await self._sessions.end(session_id, reason=kind, now=now):
            raise NotFound("There is no such session.")
        await self._audit.record(
            kind, client=client, now=now, user_id=user_id, details={"session_id": session_id}
        )


class LogOutEverywhere:
    """End all sessions of a user. Services refuse their access tokens within seconds."""

    def __init__(self, sessions: SessionRepository, audit: AuditLog, *, clock: Clock) -> None:
        self._sessions = sessions
        self._audit = audit
        self._clock = clock

    async def __call__(self, user_id: str, client: Client) -> None:
        now = self._clock()
        kind = AuditKind.LOGGED_OUT_EVERYWHERE
        ended = await self._sessions.end_all(user_id, keep=None, reason=kind, now=now)
        await self._audit.record(
            kind, client=client, now=now, user_id=user_id, details={"sessions": str(ended)}
        )
