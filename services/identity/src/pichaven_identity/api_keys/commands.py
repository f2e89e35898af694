"""Create, delete and exchange API keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pichaven_chassis.auth import Scope
from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_chassis.problems import FieldError, InvalidRequest, NotFound, Unauthorized
from pichaven_identity.access_tokens import AccessToken, IssueAccessToken
from pichaven_identity.accounts.model import normalise_name
from pichaven_identity.api_keys.model import PREFIX, ApiKey, hint_of, new_secret
from pichaven_identity.api_keys.repository import ApiKeyRepository
from pichaven_identity.audit import AuditKind, AuditLog
from pichaven_identity.client import Client
from pichaven_identity.errors import TooManyApiKeys
from pichaven_identity.sessions.model import digest
from pichaven_identity.sessions.repository import SessionRepository


@dataclass(frozen=True, slots=True)
class CreatedApiKey:
    key: ApiKey
    secret: str


class CreateApiKey:
    """Create an API key. Its session must still be live, because the key outlives it."""

    def __init__(
        self,
        api_keys: ApiKeyRepository,
        sessions: SessionRepository,
        audit: AuditLog,
        *,
        limit: int,
        clock: Clock,
    ) -> None:
        self._api_keys = api_keys
        self._sessions = sessions
        self._audit = audit
        self._limit = limit
        self._clock = clock

    async def __call__(
        self,
        user_id: str,
        session_id: str,
        *,
        name: str,
        scopes: Iterable[Scope],
        expires_at: datetime | None,
        client: Client,
    ) -> CreatedApiKey:
        """Raises `Unauthorized` for an ended session, `InvalidRequest`, `TooManyApiKeys`."""
        now = self._clock()
        name = normalise_name(name)
        if expires_at is not None and expires_at <= now:
            message = "A key expires in the future, or never."
            raise InvalidRequest(
                message, errors=[FieldError(path="body.expires_at", message=message)]
            )
        session = await self._sessions.get(session_id)
        if session is None or not session.is_live(now):
            raise Unauthorized("The session has ended. Log in again.")
        secret = new_secret()
        key = ApiKey(
            id=new_id(),
            user_id=user_id,
            name=name,
            hint=hint_of(secret),
            scopes=frozenset(scopes),
            created_at=now,
            expires_at=expires_at,
        )
        if not await self._api_keys.add(key, digest(secret), limit=self._limit):
            raise TooManyApiKeys(f"There are {self._limit} keys already. Delete one first.")
        await self._audit.record(
            AuditKind.API_KEY_CREATED,
            client=client,
            now=now,
            user_id=user_id,
            details={
                "key_id": key.id,
                "name": key.name,
                "scopes": " ".join(sorted(key.scopes)),
            },
        )
        return CreatedApiKey(key, secret)


class DeleteApiKey:
    """Delete an API key. Its streams end and its requests are refused within seconds."""

    def __init__(self, api_keys: ApiKeyRepository, audit: AuditLog, *, clock: Clock) -> None:
        self._api_keys = api_keys
        self._audit = audit
        self._clock = clock

    async def __call__(self, key_id: str, user_id: str, client: Client) -> None:
        """Raises `NotFound`."""
        now = self._clock()
        if not await self._api_keys.remove(key_id, user_id, now):
            raise NotFound("There is no such API key.")
        await self._audit.record(
            AuditKind.API_KEY_DELETED,
            client=client,
            now=now,
            user_id=user_id,
            details={"key_id": key_id},
        )


class ExchangeApiKey:
    """Exchange an API key for a short access token with the key's scopes."""

    def __init__(
        self,
        api_keys: ApiKeyRepository,
        issue_access_token: IssueAccessToken,
        *,
        ttl: timedelta,
        clock: Clock,
    ) -> None:
        self._api_keys = api_keys
        self._issue_access_token = issue_access_token
        self._ttl = ttl
        self._clock = clock

    async def __call__(self, secret: str) -> AccessToken:
        """Raises `Unauthorized`."""
        now = self._clock()
        key = None
        if secret.startswith(PREFIX):
            key = await self._api_keys.get_by_digest(digest(secret))
        if key is None or not key.is_valid(now):
            raise Unauthorized("The API key is unknown or has expired.")
        await self._api_keys.record_use(key.id, now)
        ttl = self._ttl if key.expires_at is None else min(self._ttl, key.expires_at - now)
        return await self._issue_access_token(
            key.user_id,
            session_id=None,
            scopes=key.scopes,
            ttl=ttl,
            api_key_id=key.id,
            key_expires_at=key.expires_at,
        )
