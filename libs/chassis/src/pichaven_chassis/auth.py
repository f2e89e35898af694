"""Authentication: access tokens verified by identity's public keys, API keys exchanged for them.

No service but identity sees a password or stores a key.
"""

import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple

import httpx
import jwt
from cachetools import LRUCache
from fastapi import Depends, FastAPI, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer, SecurityScopes
from starlette.datastructures import Headers

from pichaven_chassis.api_key_exchange import ApiKeyExchange
from pichaven_chassis.application import service_of
from pichaven_chassis.ended_sessions import EndedSessions
from pichaven_chassis.ids import is_id
from pichaven_chassis.problems import Problem, Unauthorized, Unavailable
from pichaven_chassis.refreshing_cache import Lifetime, RefreshingCache
from pichaven_chassis.settings import AuthSettings

ALGORITHM: Final = "EdDSA"
_LEEWAY_S: Final = 10
_UNKNOWN_KEY_PAUSE_S: Final = 5
_MAX_VERIFIED: Final = 10_000
"""Tokens in the cache, less than a kilobyte each."""
_UNSCOPED: Final = "library"
"""The scope of all tokens from before scopes. An access token lives for an hour at most, so this
may go once every identity has issued scopes for that long."""


class Scope(StrEnum):
    """What a token allows; an access token of a session has all, an API key those it was given."""

    PHOTOS_READ = "photos:read"
    PHOTOS_WRITE = "photos:write"


class InsufficientScope(Problem):
    status: ClassVar[int] = 403
    code: ClassVar[str] = "insufficient_scope"
    title: ClassVar[str] = "The API key does not allow this"

    def __init__(self, missing: Sequence[str]) -> None:
        names = " ".join(missing)
        super().__init__(
            f"This needs an API key with the scope {names}.",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{names}"'},
        )


@dataclass(frozen=True, slots=True)
class Principal:
    """The user behind a request."""

    user_id: str
    session_id: str | None
    scopes: frozenset[str]
    via: Literal["token", "api_key"]
    expires_at: float
    """Unix seconds."""
    key_id: str | None = None
    """Of the API key."""
    key_expires_at: float | None = None
    """Unix seconds; of the API key, if it expires."""

    @property
    def ends_with(self) -> str | None:
        """The id of the session or of the API key, without which the principal is refused."""
        return self.session_id or self.key_id

    def require(self, scopes: Iterable[str]) -> None:
        """Raise `InsufficientScope` unless the principal has all of these scopes."""
        missing = [scope for scope in scopes if scope not in self.scopes]
        if missing:
            raise InsufficientScope(missing)


class _VerifiedToken(NamedTuple):
    """The claims of a token whose signature was verified, and by which key."""

    key_id: str
    key: jwt.PyJWK
    claims: dict[str, Any]


class Authenticator:
    """Authenticate requests by their headers.

    Signing keys are fetched from identity on first use, again when they age or a token names an
    unknown one, and stay in use while identity is unavailable. The signature of a token is verified
    once for each time that its key is fetched. A token is refused from seconds after the end of its
    session or the deletion of its API key, or from the moment that the key expires.
    """

    def __init__(
        self,
        settings: AuthSettings,
        *,
        client: httpx.AsyncClient | None = None,
        max_api_keys: int = 10_000,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._client = client or httpx.AsyncClient(
            base_url=settings.identity_url, timeout=settings.timeout_s
        )
        self._key_sets: RefreshingCache[None, dict[str, jwt.PyJWK]] = RefreshingCache(
            self._fetch_keys,
            Lifetime(fresh_s=settings.jwks_ttl_s, stale_s=2 * settings.jwks_ttl_s),
            max_entries=1,
            retry_s=_UNKNOWN_KEY_PAUSE_S,
            now=now,
        )
        self._exchange_api_key = ApiKeyExchange(
            self._client, keep_s=settings.api_key_ttl_s, max_keys=max_api_keys, now=now
        )
        self._verified: LRUCache[bytes, _VerifiedToken] = LRUCache(_MAX_VERIFIED)
        self._ended_sessions = EndedSessions(self._client, poll_s=settings.ended_sessions_poll_s)

    async def close(self) -> None:
        """End the connections to identity."""
        await self._ended_sessions.close()
        await self._key_sets.close()
        await self._client.aclose()

    async def principal(self, headers: Headers) -> Principal:
        """Return the principal of a request with these headers. Raises `Unauthorized`."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return await self.verify(token.strip(), via="token")
        api_key = headers.get("x-api-key")
        if api_key:
            return await self.verify(await self._exchange_api_key(api_key), via="api_key")
        raise Unauthorized

    async def verify(self, token: str, *, via: Literal["token", "api_key"]) -> Principal:
        """Return the principal of a signed, unexpired token. Raises `Unauthorized`."""
        try:
            claims = await self._claims(token)
        except (jwt.PyJWTError, ValueError):
            raise Unauthorized(
                "The access token is not valid or has expired. Log in or refresh it."
            ) from None
        subject = str(claims["sub"])
        if not is_id(subject):
            raise Unauthorized
        session, key = claims.get("sid"), claims.get("key")
        scopes = frozenset(str(claims.get("scope", "")).split())
        key_expires_at = claims.get("key_exp")
        principal = Principal(
            user_id=subject,
            session_id=str(session) if session else None,
            scopes=scopes | frozenset(Scope) if _UNSCOPED in scopes else scopes,
            via=via,
            expires_at=min(float(claims["exp"]), float(key_expires_at or "inf")),
            key_id=str(key) if key else None,
            key_expires_at=None if key_expires_at is None else float(key_expires_at),
        )
        await self._ended_sessions.start()
        self.check_live(principal)
        return principal

    def check_live(self, principal: Principal) -> None:
        """Raise `Unauthorized` if the session has ended, or the API key, since."""
        if principal.ends_with in self._ended_sessions:
            raise Unauthorized(
                "The session has ended. Log in again."
                if principal.session_id
                else "The API key was deleted."
            )
        if principal.key_expires_at is not None and principal.key_expires_at <= time.time():
            raise Unauthorized("The API key has expired.")

    async def while_live(
        self, principal: Principal, chunks: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        """Yield the chunks of a request's body for as long as `check_live` raises nothing."""
        async for chunk in chunks:
            self.check_live(principal)
            yield chunk

    def on_end(
        self, principal: Principal, callback: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """Return a context in which the callback is called when the principal's session ends.

        So it is when its API key is deleted.
        """
        if principal.ends_with is None:
            return nullcontext()
        return self._ended_sessions.on_end(principal.ends_with, callback)

    async def _claims(self, token: str) -> dict[str, Any]:
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        verified = self._verified.get(digest)
        key_id = (
            verified.key_id if verified else str(jwt.get_unverified_header(token).get("kid", ""))
        )
        key = await self._key(key_id)
        if verified is None or verified.key is not key:
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
            self._verified[digest] = verified = _VerifiedToken(key_id, key, claims)
        elif int(verified.claims["exp"]) <= time.time() - _LEEWAY_S:
            raise jwt.ExpiredSignatureError
        return verified.claims

    async def _key(self, kid: str) -> jwt.PyJWK:
        try:
            keys = await self._key_sets.get(None)
            # An unknown key may be a newly rotated one, or a forgery: ask, but not every time.
            if kid not in keys and (
                self._key_sets.is_loading(None)
                or self._key_sets.since_load_s(None) > _UNKNOWN_KEY_PAUSE_S
            ):
                keys = await self._key_sets.reload(None)
        except (httpx.HTTPError, jwt.PyJWTError, ValueError):
            # Known keys stay valid while identity is unavailable.
            keys = self._key_sets.peek(None) or {}
            if not keys:
                raise Unavailable(
                    "Tokens cannot be checked just now. Try again in a moment."
                ) from None
        if kid not in keys:
            raise Unauthorized("The access token is signed with a key that is not ours.")
        return keys[kid]

    async def _fetch_keys(self, _key: None) -> dict[str, jwt.PyJWK]:
        response = await self._client.get("/.well-known/jwks.json")
        response.raise_for_status()
        key_set = jwt.PyJWKSet.from_dict(response.json())
        return {key.key_id: key for key in key_set.keys if key.key_id}


bearer = HTTPBearer(auto_error=False, description="An access token of /auth/login.")
_api_key = APIKeyHeader(name="X-Api-Key", auto_error=False, description="A key of /me/api-keys.")


def authenticator_of(app: FastAPI) -> Authenticator:
    """Return the authenticator of the application's service, which must have one."""
    authenticator = service_of(app).authenticator
    assert authenticator is not None
    return authenticator


async def current_user(
    request: Request,
    required: SecurityScopes,
    _token: Annotated[object, Depends(bearer)],
    _key: Annotated[object, Depends(_api_key)],
) -> Principal:
    """FastAPI dependency: the request's principal.

    Raises `Unauthorized` without one, `InsufficientScope` where it lacks a required scope.
    """
    principal = await authenticator_of(request.app).principal(request.headers)
    principal.require(required.scopes)
    required_scopes(request.scope).update(required.scopes)
    return principal


def required_scopes(scope: MutableMapping[str, Any]) -> set[str]:
    """Return the scopes that the route of a request has required so far."""
    scopes: set[str] = scope.setdefault("state", {}).setdefault("required_scopes", set())
    return scopes


async def token_user(request: Request, _token: Annotated[object, Depends(bearer)]) -> Principal:
    """FastAPI dependency of routes that document no API key: the request's principal.

    Raises `Unauthorized` without one. The route refuses principals of API keys itself.
    """
    return await authenticator_of(request.app).principal(request.headers)


CurrentUser = Annotated[Principal, Depends(current_user)]
"""Anyone who is signed in, whatever the scopes."""
Reader = Annotated[Principal, Security(current_user, scopes=[Scope.PHOTOS_READ])]
"""A caller that may see the user's photos."""
Writer = Annotated[Principal, Security(current_user, scopes=[Scope.PHOTOS_WRITE])]
"""A caller that may add, change and remove the user's photos."""
