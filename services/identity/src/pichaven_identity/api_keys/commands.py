"""Making, deleting and exchanging API keys."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_chassis.problems import FieldError, InvalidRequest, NotFound, Unauthorized
from pichaven_identity.access_tokens import (
    API_KEY_SCOPE,
    AccessToken,
    IssueAccessToken,
)
from pichaven_identity.accounts.model import checked_name
from pichaven_identity.api_keys.model import PREFIX, ApiKey, hint, new_api_key
from pichaven_identity.audit_kind import AuditKind
from pichaven_identity.errors import TooManyApiKeys
from pichaven_identity.ports import ApiKeys, AuditLog, Sessions
from pichaven_identity.sessions.model import Client, digest


@dataclass(frozen=True, slots=True)
class NewApiKey:
    key: ApiKey
    secret: str
    """Shown this once."""


class CreateApiKey:
    """Makes a key that outlives the session, so the session must still be live itself."""

    def __init__(
        self, keys: ApiKeys, sessions: Sessions, audit: AuditLog, *, most: int, clock: Clock
    ) -> None:
        self._keys = keys
        self._sessions = sessions
        self._audit = audit
        self._most = most
        self._clock = clock

    async def __call__(
        self,
        user_id: str,
        session_id: str,
        *,
        name: str,
        expires_at: datetime | None,
        client: Client,
    ) -> NewApiKey:
        """Raises `Unauthorized` for an ended session, `TooManyApiKeys`."""
        now = self._clock()
        name = checked_name(name)
        if expires_at is not None and expires_at <= now:
            message = "A key expires in the future, or never."
            raise InvalidRequest(
                message, errors=[FieldError(path="body.expires_at", message=message)]
            )
        session = await self._sessions.get(session_id)
        if session is None or not session.live(now):
            raise Unauthorized("The session has ended. Log in again.")
        secret = new_api_key()
        key = ApiKey(
            id=new_id(),
            user_id=user_id,
            name=name,
            hint=hint(secret),
            created_at=now,
            expires_at=expires_at,
        )
        if not await self._keys.add(key, digest(secret), most=self._most):
            raise TooManyApiKeys(f"There are {self._most} keys already. Delete one first.")
        await self._audit.record(
            AuditKind.API_KEY_CREATED,
            client=client,
            now=now,
            user_id=user_id,
            details={"key_id": key.id, "name": key.name},
        )
        return NewApiKey(key, secret)


class DeleteApiKey:
    """The key stops at once here, elsewhere when the last token made from it has run out."""

    def __init__(self, keys: ApiKeys, audit: AuditLog, *, clock: Clock) -> None:
        self._keys = keys
        self._audit = audit
        self._clock = clock

    async def __call__(self, key_id: str, user_id: str, client: Client) -> None:
        if not await self._keys.remove(key_id, user_id):
            raise NotFound("There is no such API key.")
        await self._audit.record(
            AuditKind.API_KEY_DELETED,
            client=client,
            now=self._clock(),
            user_id=user_id,
            details={"key_id": key_id},
        )


class ExchangeApiKey:
    """A short access token for a valid key; for services, not for the public."""

    def __init__(
        self, keys: ApiKeys, issue: IssueAccessToken, *, ttl: timedelta, clock: Clock
    ) -> None:
        self._keys = keys
        self._issue = issue
        self._ttl = ttl
        self._clock = clock

    async def __call__(self, secret: str) -> AccessToken:
        """Raises `Unauthorized`."""
        now = self._clock()
        key = await self._keys.by_digest(digest(secret)) if secret.startswith(PREFIX) else None
        if key is None or not key.valid(now):
            raise Unauthorized("The API key is unknown or has expired.")
        await self._keys.used(key.id, now)
        ttl = self._ttl if key.expires_at is None else min(self._ttl, key.expires_at - now)
        return await self._issue(key.user_id, session_id=None, scope=API_KEY_SCOPE, ttl=ttl)
