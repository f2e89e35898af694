"""What routes use, each by its type; `bootstrap` constructs it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from pichaven_chassis.auth import Authenticator
from pichaven_chassis.http import container_of
from pichaven_identity.accounts.commands import ChangeProfile
from pichaven_identity.accounts.queries import ReadProfile
from pichaven_identity.api_keys.commands import CreateApiKey, DeleteApiKey, ExchangeApiKey
from pichaven_identity.api_keys.queries import ListApiKeys
from pichaven_identity.authentication.commands import ChangePassword, LogIn, RegisterAccount
from pichaven_identity.authentication.device_cookie import DeviceCookie
from pichaven_identity.client import TrustedProxies
from pichaven_identity.sessions.commands import EndSession, LogOut, LogOutEverywhere, RefreshSession
from pichaven_identity.sessions.queries import ListEndedSessions, ListSessions
from pichaven_identity.sessions.refresh_cookie import RefreshCookie
from pichaven_identity.signing_keys.key_ring import KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """The dependencies of identity's routes."""

    register_account: RegisterAccount
    log_in: LogIn
    change_password: ChangePassword
    read_profile: ReadProfile
    change_profile: ChangeProfile
    refresh_session: RefreshSession
    log_out: LogOut
    log_out_everywhere: LogOutEverywhere
    list_sessions: ListSessions
    end_session: EndSession
    list_ended_sessions: ListEndedSessions
    list_api_keys: ListApiKeys
    create_api_key: CreateApiKey
    delete_api_key: DeleteApiKey
    exchange_api_key: ExchangeApiKey
    key_ring: KeyRing
    authenticator: Authenticator
    trusted_proxies: TrustedProxies
    refresh_cookie: RefreshCookie
    device_cookie: DeviceCookie


Injected = Annotated[Container, Depends(container_of(Container))]
