"""Access tokens, and sessions with their first refresh token."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import jwt

from pichaven_chassis.auth import ALGORITHM
from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_identity.ports import Sessions
from pichaven_identity.sessions.model import (
    Client,
    Session,
    SessionTimes,
    digest,
    new_refresh_token,
)
from pichaven_identity.signing_keys.key_ring import KeyRing

SESSION_SCOPE: Final = "library account"
"""Everything."""
API_KEY_SCOPE: Final = "library"
"""Photos, not the account: a leaked key makes no further keys."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    text: str
    expires_in: int
    """Seconds."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: AccessToken
    refresh: str
    refresh_expires_at: datetime
    session_id: str


class IssueAccessToken:
    """Signs what the other services verify with the published keys."""

    def __init__(self, ring: KeyRing, *, issuer: str, audience: str, clock: Clock) -> None:
        self._ring = ring
        self._issuer = issuer
        self._audience = audience
        self._clock = clock

    async def __call__(
        self, user_id: str, *, session_id: str | None, scope: str, ttl: timedelta
    ) -> AccessToken:
        now = int(self._clock().timestamp())
        lifetime = int(ttl.total_seconds())
        key = await self._ring.signing()
        claims: dict[str, str | int] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": user_id,
            "scope": scope,
            "jti": new_id(),
            "iat": now,
            "exp": now + lifetime,
        }
        if session_id is not None:
            claims["sid"] = session_id
        text = jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})
        return AccessToken(text, lifetime)


class OpenSession:
    """Begins a session on a device that has just proved who uses it."""

    def __init__(
        self,
        sessions: Sessions,
        issue: IssueAccessToken,
        *,
        times: SessionTimes,
        access_ttl: timedelta,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._issue = issue
        self._times = times
        self._access_ttl = access_ttl
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
            expires_at=self._times.expiry(now, now),
            current=digest(token),
        )
        await self._sessions.add(session)
        access = await self._issue(
            user_id, session_id=session.id, scope=SESSION_SCOPE, ttl=self._access_ttl
        )
        return TokenPair(access, token, session.expires_at, session.id)
