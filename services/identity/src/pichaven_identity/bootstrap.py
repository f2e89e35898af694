"""The composition root; nothing else constructs clients."""

from datetime import timedelta

import httpx

from pichaven_chassis.auth import Authenticator
from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.http import PUBLIC_PREFIX
from pichaven_chassis.idempotency_store import MongoIdempotencyStore
from pichaven_chassis.mongo import MongoDatabase, close, connect, ping_check
from pichaven_chassis.runtime import Background, Role, Service
from pichaven_chassis.settings import AuthSettings, HttpSettings, MongoSettings
from pichaven_identity.access_tokens import IssueAccessToken
from pichaven_identity.accounts import routes as account_routes
from pichaven_identity.accounts.commands import ChangeProfile
from pichaven_identity.accounts.queries import ReadProfile
from pichaven_identity.accounts.repository import AccountRepository
from pichaven_identity.api_keys import routes as api_key_routes
from pichaven_identity.api_keys.commands import CreateApiKey, DeleteApiKey, ExchangeApiKey
from pichaven_identity.api_keys.queries import ListApiKeys
from pichaven_identity.api_keys.repository import ApiKeyRepository
from pichaven_identity.audit import AuditLog
from pichaven_identity.authentication import routes as authentication_routes
from pichaven_identity.authentication.commands import ChangePassword, LogIn, RegisterAccount
from pichaven_identity.authentication.device_cookie import DeviceCookie
from pichaven_identity.authentication.devices import DeviceRepository
from pichaven_identity.authentication.password_hasher import PasswordHasher
from pichaven_identity.authentication.passwords import PasswordRules
from pichaven_identity.authentication.repository import AttemptRepository
from pichaven_identity.authentication.throttle import LoginThrottle
from pichaven_identity.client import TrustedProxies
from pichaven_identity.container import Container
from pichaven_identity.in_process_identity import InProcessIdentity
from pichaven_identity.reference import routes as reference_routes
from pichaven_identity.sessions import routes as session_routes
from pichaven_identity.sessions.commands import (
    EndSession,
    IssueTokenPair,
    LogOut,
    LogOutEverywhere,
    OpenSession,
    RefreshSession,
)
from pichaven_identity.sessions.model import SessionLifetime
from pichaven_identity.sessions.queries import ListEndedSessions, ListSessions
from pichaven_identity.sessions.refresh_cookie import RefreshCookie
from pichaven_identity.sessions.repository import SessionRepository
from pichaven_identity.settings import IdentitySettings
from pichaven_identity.signing_keys import routes as signing_key_routes
from pichaven_identity.signing_keys.key_ring import KeyRing
from pichaven_identity.signing_keys.model import Rotation
from pichaven_identity.signing_keys.repository import SigningKeyRepository

SERVICE = "identity"


async def build(
    role: Role,
    *,
    settings: IdentitySettings | None = None,
    auth: AuthSettings | None = None,
    database: MongoDatabase | None = None,
    clock: Clock = utc_now,
) -> Service:
    """Return the service in a role. It does not close a `database` that it is given."""
    settings = settings or IdentitySettings()
    auth = auth or AuthSettings()
    own_database = database is None
    if database is None:
        database = connect(MongoSettings(), SERVICE)

    accounts = AccountRepository(database)
    sessions = SessionRepository(database)
    api_keys = ApiKeyRepository(database)
    signing_keys = SigningKeyRepository(database, settings.encryption_key)
    attempts = AttemptRepository(database)
    devices = DeviceRepository(database)
    audit = AuditLog(database, timedelta(days=settings.audit_days))
    idempotency = MongoIdempotencyStore(database)

    key_ring = KeyRing(
        signing_keys,
        Rotation(
            max_age=timedelta(days=settings.key_max_age_days),
            publish_ahead=timedelta(seconds=settings.key_publish_ahead_s),
            token_ttl=settings.access_ttl,
        ),
        clock,
    )
    hasher = PasswordHasher(
        time_cost=settings.argon2_time_cost,
        memory_kib=settings.argon2_memory_kib,
        parallelism=settings.argon2_parallelism,
        threads=settings.hashing_threads,
        queue_size=settings.hashing_queue,
    )
    rules = PasswordRules(queue_size=settings.hashing_queue)
    throttle = LoginThrottle(attempts, devices, clock)
    lifetime = SessionLifetime(
        idle_timeout=timedelta(days=settings.refresh_ttl_days),
        absolute_timeout=timedelta(days=settings.session_max_days),
        grace=timedelta(seconds=settings.refresh_grace_s),
    )
    issue_access_token = IssueAccessToken(
        key_ring, issuer=auth.issuer, audience=auth.audience, clock=clock
    )
    issue_token_pair = IssueTokenPair(issue_access_token, access_ttl=settings.access_ttl)
    open_session = OpenSession(sessions, issue_token_pair, lifetime=lifetime, clock=clock)
    exchange_api_key = ExchangeApiKey(
        api_keys,
        issue_access_token,
        ttl=timedelta(seconds=settings.api_key_token_ttl_s),
        clock=clock,
    )
    list_ended_sessions = ListEndedSessions(
        [sessions.list_ended, api_keys.list_deleted], access_ttl=settings.access_ttl, clock=clock
    )
    authenticator = Authenticator(
        auth,
        client=httpx.AsyncClient(
            transport=InProcessIdentity(key_ring, exchange_api_key, list_ended_sessions),
            base_url="http://identity",
        ),
    )
    read_profile = ReadProfile(accounts)
    container = Container(
        register_account=RegisterAccount(
            accounts,
            hasher,
            rules,
            devices,
            open_session,
            audit,
            registration_open=settings.registration_open,
            clock=clock,
        ),
        log_in=LogIn(
            accounts, sessions, hasher, throttle, devices, open_session, audit, clock=clock
        ),
        change_password=ChangePassword(
            accounts, sessions, hasher, rules, throttle, devices, audit, clock=clock
        ),
        read_profile=read_profile,
        change_profile=ChangeProfile(accounts, read_profile, clock=clock),
        refresh_session=RefreshSession(
            sessions, issue_token_pair, audit, lifetime=lifetime, clock=clock
        ),
        log_out=LogOut(sessions, audit, clock=clock),
        log_out_everywhere=LogOutEverywhere(sessions, audit, clock=clock),
        list_sessions=ListSessions(sessions, clock=clock),
        end_session=EndSession(sessions, audit, clock=clock),
        list_ended_sessions=list_ended_sessions,
        list_api_keys=ListApiKeys(api_keys),
        create_api_key=CreateApiKey(
            api_keys, sessions, audit, limit=settings.api_keys_per_user, clock=clock
        ),
        delete_api_key=DeleteApiKey(api_keys, audit, clock=clock),
        exchange_api_key=exchange_api_key,
        key_ring=key_ring,
        authenticator=authenticator,
        trusted_proxies=TrustedProxies(settings.proxies),
        refresh_cookie=RefreshCookie(settings.cookie_secure),
        device_cookie=DeviceCookie(settings.cookie_secure),
    )

    async def disconnect() -> None:
        await close(database)

    return Service(
        name=SERVICE,
        http=HttpSettings(),
        routers=[
            authentication_routes.router,
            session_routes.router,
            account_routes.router,
            api_key_routes.router,
            signing_key_routes.router,
            reference_routes.router,
        ],
        internal_routers=[
            signing_key_routes.internal_router,
            session_routes.internal_router,
            api_key_routes.internal_router,
            reference_routes.page_router,
        ],
        background=[Background("signing-keys", key_ring.run)] if role.serves_api else [],
        startup=[key_ring.refresh] if role.serves_api else [],
        setup=[
            store.ensure_indexes
            for store in (
                *(accounts, sessions, api_keys, signing_keys, attempts, devices, audit),
                idempotency,
            )
        ],
        checks=[ping_check(database)],
        close=[
            authenticator.close,
            hasher.close,
            rules.close,
            *([disconnect] if own_database else []),
        ],
        idempotency=idempotency,
        # Their bodies have passwords or tokens, of which no digest is to be stored either.
        ignores_keys=(f"{PUBLIC_PREFIX}/auth/",),
        container=container,
        authenticator=authenticator,
    )
