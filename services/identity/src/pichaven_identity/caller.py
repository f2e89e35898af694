"""What routes are given: use cases, who is calling from where, and the refresh cookie."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response

from pichaven_chassis.auth import CurrentUser, Principal
from pichaven_chassis.http import from_state
from pichaven_identity.access_tokens import TokenPair
from pichaven_identity.accounts.commands import ChangeProfile, ShowProfile
from pichaven_identity.api_keys.commands import CreateApiKey, DeleteApiKey, ExchangeApiKey
from pichaven_identity.authentication.change_password import ChangePassword
from pichaven_identity.authentication.commands import LogIn
from pichaven_identity.authentication.register_account import RegisterAccount
from pichaven_identity.errors import SessionRequired
from pichaven_identity.ports import ApiKeys
from pichaven_identity.sessions.commands import RefreshSession
from pichaven_identity.sessions.log_out import LogOut, LogOutEverywhere
from pichaven_identity.sessions.model import Client

COOKIE: Final = "pichaven_refresh"
_COOKIE_PATH: Final = "/api/v1/auth"
_LONGEST_USER_AGENT: Final = 256


@dataclass(frozen=True, slots=True)
class UseCases:
    """All that identity does, ready to be called."""

    register: RegisterAccount
    log_in: LogIn
    refresh: RefreshSession
    log_out: LogOut
    log_out_everywhere: LogOutEverywhere
    change_password: ChangePassword
    show_profile: ShowProfile
    change_profile: ChangeProfile
    api_keys: ApiKeys
    create_api_key: CreateApiKey
    delete_api_key: DeleteApiKey
    exchange_api_key: ExchangeApiKey
    key_set: Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Entrance:
    """How requests reach this service."""

    proxies: tuple[IPv4Network | IPv6Network, ...]
    cookie_secure: bool | None

    def client_address(self, request: Request) -> str:
        """The nearest address that is not a proxy of ours; what it claims beyond is hearsay."""
        peer = request.client.host if request.client else ""
        hops = [peer]
        for header in reversed(request.headers.getlist("x-forwarded-for")):
            hops += [part.strip() for part in reversed(header.split(","))]
        for hop in hops:
            if not self._is_proxy(hop):
                return hop if _is_address(hop) else peer
        return hops[-1]

    def secure(self, request: Request) -> bool:
        if self.cookie_secure is not None:
            return self.cookie_secure
        return request.headers.get("x-forwarded-proto", request.url.scheme) == "https"

    def _is_proxy(self, hop: str) -> bool:
        if not _is_address(hop):
            return False
        address = ip_address(hop)
        return any(address in network for network in self.proxies)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


async def client(request: Request) -> Client:
    entrance: Entrance = request.app.state.entrance
    agent = request.headers.get("user-agent", "")[:_LONGEST_USER_AGENT]
    return Client(entrance.client_address(request), agent)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A person in a session, not a script with a key."""

    user_id: str
    session_id: str


async def logged_in(principal: CurrentUser) -> LoggedIn:
    if principal.via != "token" or principal.session_id is None:
        raise SessionRequired("Log in for this; an API key is not enough.")
    return LoggedIn(principal.user_id, principal.session_id)


async def maybe_current_user(request: Request) -> Principal | None:
    """The principal where credentials are sent, valid or not; None without any."""
    if "authorization" not in request.headers and "x-api-key" not in request.headers:
        return None
    principal: Principal = await request.app.state.authenticator.principal(request.headers)
    return principal


def set_refresh_cookie(request: Request, response: Response, pair: TokenPair) -> None:
    entrance: Entrance = request.app.state.entrance
    response.set_cookie(
        COOKIE,
        pair.refresh,
        expires=pair.refresh_expires_at.astimezone(UTC),
        path=_COOKIE_PATH,
        secure=entrance.secure(request),
        httponly=True,
        samesite="strict",
    )


def clear_refresh_cookie(request: Request, response: Response) -> None:
    entrance: Entrance = request.app.state.entrance
    response.delete_cookie(
        COOKIE,
        path=_COOKIE_PATH,
        secure=entrance.secure(request),
        httponly=True,
        samesite="strict",
    )


Cases = Annotated[UseCases, from_state("use_cases")]
From = Annotated[Client, Depends(client)]
Person = Annotated[LoggedIn, Depends(logged_in)]
MaybeUser = Annotated[Principal | None, Depends(maybe_current_user)]
