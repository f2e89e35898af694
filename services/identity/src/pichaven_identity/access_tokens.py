"""Access tokens: JWTs that every service verifies with the published signing keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from pichaven_chassis.auth import ALGORITHM, Scope
from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_identity.signing_keys.key_ring import KeyRing


@dataclass(frozen=True, slots=True)
class AccessToken:
    text: str
    expires_in: int
    """Seconds."""


class IssueAccessToken:
    """Sign an access token with the current signing key."""

    def __init__(self, key_ring: KeyRing, *, issuer: str, audience: str, clock: Clock) -> None:
        self._key_ring = key_ring
        self._issuer = issuer
        self._audience = audience
        self._clock = clock

    async def __call__(
        self,
        user_id: str,
        *,
        session_id: str | None,
        scopes: Iterable[Scope],
        ttl: timedelta,
        api_key_id: str | None = None,
        key_expires_at: datetime | None = None,
    ) -> AccessToken:
        """Return a token of a session or of an API key.

        With `key_expires_at` it is refused from then on without any leeway.
        """
        now = int(self._clock().timestamp())
        lifetime = int(ttl.total_seconds())
        key = await self._key_ring.signing_key()
        claims: dict[str, str | int | float] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": user_id,
            "scope": " ".join(sorted(scopes)),
            "jti": new_id(),
            "iat": now,
            "exp": now + lifetime,
        }
        if session_id is not None:
            claims["sid"] = session_id
        if api_key_id is not None:
            claims["key"] = api_key_id
        if key_expires_at is not None:
            claims["key_exp"] = key_expires_at.timestamp()
        text = jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})
        return AccessToken(text, lifetime)
