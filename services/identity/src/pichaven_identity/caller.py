"""FastAPI dependencies: the caller of a route and the client that the call comes from."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from pichaven_chassis.auth import Principal, bearer, token_user
from pichaven_identity.client import Client
from pichaven_identity.container import Injected
from pichaven_identity.errors import SessionRequired

_LONGEST_USER_AGENT: Final = 256


@dataclass(frozen=True, slots=True)
class SessionPrincipal:
    """A user with a session, as opposed to a script with an API key."""

    user_id: str
    session_id: str


async def get_client(request: Request, container: Injected) -> Client:
    address = container.trusted_proxies.client_address(
        request.client.host if request.client else "",
        request.headers.getlist("x-forwarded-for"),
    )
    return Client(address, request.headers.get("user-agent", "")[:_LONGEST_USER_AGENT])


async def require_session(
    principal: Annotated[Principal, Depends(token_user)],
) -> SessionPrincipal:
    """Return the caller; raise `SessionRequired` when it authenticates by an API key."""
    if principal.via != "token" or principal.session_id is None:
        raise SessionRequired("Log in for this; an API key is not enough.")
    return SessionPrincipal(principal.user_id, principal.session_id)


async def get_optional_user(
    request: Request, container: Injected, _token: Annotated[object, Depends(bearer)]
) -> Principal | None:
    """Return None without credentials; raise `Unauthorized` for invalid ones."""
    if "authorization" not in request.headers and "x-api-key" not in request.headers:
        return None
    return await container.authenticator.principal(request.headers)


RequestClient = Annotated[Client, Depends(get_client)]
SessionUser = Annotated[SessionPrincipal, Depends(require_session)]
OptionalUser = Annotated[Principal | None, Depends(get_optional_user)]
