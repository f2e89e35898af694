"""Where identity is put together; the only place that makes clients."""

from dataclasses import dataclass
from datetime import timedelta

import httpx

from pichaven_chassis.auth import Authenticator
from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.events import EventBroker
from pichaven_chassis.mongo import MongoDatabase, close, connect, ping_check
from pichaven_chassis.outbox import OutboxRelay, RecordSender
from pichaven_chassis.runtime import Background, Role, Service
from pichaven_chassis.settings import AuthSettings, HttpSettings, KafkaSettings, MongoSettings
from pichaven_identity.access_tokens import IssueAccessToken, OpenSession
from pichaven_identity.accounts.commands import ChangeProfile, ShowProfile
from pichaven_identity.accounts.repository import MongoAccounts
from pichaven_identity.api_keys.commands import CreateApiKey, DeleteApiKey, ExchangeApiKey
from pichaven_identity.api_keys.repository import MongoApiKeys
from pichaven_identity.audit import MongoAudit
from pichaven_identity.authentication.change_password import ChangePassword
from pichaven_identity.authentication.commands import LogIn
from pichaven_identity.authentication.password_hasher import Argon2Passwords
from pichaven_identity.authentication.register_account import RegisterAccount
from pichaven_identity.authentication.repository import MongoAttempts
from pichaven_identity.authentication.throttle import ThrottleAttempts
from pichaven_identity.caller import Entrance, UseCases
from pichaven_identity.in_process_identity import OwnIdentity
from pichaven_identity.routes import internal_routers, routers
from pichaven_identity.sessions.commands import RefreshSession
from pichaven_identity.sessions.log_out import LogOut, LogOutEverywhere
from pichaven_identity.sessions.model import SessionTimes
from pichaven_identity.sessions.repository import MongoSessions
from pichaven_identity.settings import IdentitySettings
from pichaven_identity.signing_keys.key_ring import KeyRing
from pichaven_identity.signing_keys.model import Rotation
from pichaven_identity.signing_keys.repository import MongoSigningKeys

SERVICE = "identity"


@dataclass(frozen=True, slots=True)
class Stores:
    """All of identity's collections."""

    accounts: MongoAccounts
    sessions: MongoSessions
    api_keys: MongoApiKeys
    signing_keys: MongoSigningKeys
    attempts: MongoAttempts
    audit: MongoAudit


def _stores(database: MongoDatabase, settings: IdentitySettings) -> Stores:
    return Stores(
        MongoAccounts(database),
        MongoSessions(database),
        MongoApiKeys(database),
        MongoSigningKeys(database, settings.encryption_key),
        MongoAttempts(database),
        MongoAudit(database, timedelta(days=settings.audit_days)),
    )


async def build(
    role: Role,
    *,
    settings: IdentitySettings | None = None,
    auth: AuthSettings | None = None,
    database: MongoDatabase | None = None,
    sender: RecordSender | None = None,
    clock: Clock = utc_now,
) -> Service:
    """The service in a role. A `sender` given takes Kafka's place, a `database` stays open."""
    settings = settings or IdentitySettings()
    auth = auth or AuthSettings()
    own_database = database is None
    if database is None:
        database = connect(MongoSettings(), SERVICE)
    broker = None
    if sender is None:
        sender = broker = EventBroker(KafkaSettings(), SERVICE)
    stores = _stores(database, settings)
    relay = OutboxRelay(stores.accounts.collection, sender, SERVICE)
    ring = KeyRing(
        stores.signing_keys,
        Rotation(
            max_age=timedelta(days=settings.key_max_age_days),
            publish_ahead=timedelta(seconds=settings.key_publish_ahead_s),
            token_ttl=settings.access_ttl,
        ),
        clock,
    )
    passwords = Argon2Passwords(
        time_cost=settings.argon2_time_cost,
        memory_kib=settings.argon2_memory_kib,
        parallelism=settings.argon2_parallelism,
        threads=settings.hashing_threads,
        waiting=settings.hashing_queue,
    )
    cases = _use_cases(stores, ring, passwords, settings, auth, clock)
    authenticator = Authenticator(
        auth,
        client=httpx.AsyncClient(
            transport=OwnIdentity(ring.public, cases.exchange_api_key), base_url="http://identity"
        ),
    )

    async def disconnect() -> None:
        await close(database)

    return Service(
        name=SERVICE,
        http=HttpSettings(),
        routers=routers(),
        internal_routers=internal_routers(),
        # Only the worker needs Kafka: nobody is kept from logging in while it is away.
        broker=broker if role.works else None,
        background=[
            *([Background("outbox", relay.run)] if role.works else []),
            *([Background("signing-keys", ring.run)] if role.serves_api else []),
        ],
        startup=[ring.refresh] if role.serves_api else [],
        setup=[
            stores.accounts.ensure_indexes,
            stores.sessions.ensure_indexes,
            stores.api_keys.ensure_indexes,
            stores.signing_keys.ensure_indexes,
            stores.attempts.ensure_indexes,
            stores.audit.ensure_indexes,
            relay.ensure_indexes,
        ],
        checks=[ping_check(database)],
        close=[
            authenticator.close,
            passwords.close,
            *([disconnect] if own_database else []),
        ],
        state={
            "authenticator": authenticator,
            "use_cases": cases,
            "entrance": Entrance(settings.proxies, settings.cookie_secure),
            "relay": relay,
        },
    )


def _use_cases(
    stores: Stores,
    ring: KeyRing,
    passwords: Argon2Passwords,
    settings: IdentitySettings,
    auth: AuthSettings,
    clock: Clock,
) -> UseCases:
    accounts, sessions, audit = stores.accounts, stores.sessions, stores.audit
    times = SessionTimes(
        unused=timedelta(days=settings.refresh_ttl_days),
        longest=timedelta(days=settings.session_max_days),
        grace=timedelta(seconds=settings.refresh_grace_s),
    )
    issue = IssueAccessToken(ring, issuer=auth.issuer, audience=auth.audience, clock=clock)
    throttle = ThrottleAttempts(stores.attempts, clock)
    open_session = OpenSession(
        sessions, issue, times=times, access_ttl=settings.access_ttl, clock=clock
    )
    return UseCases(
        register=RegisterAccount(
            accounts,
            passwords,
            throttle,
            open_session,
            audit,
            open_to_all=settings.registration_open,
            clock=clock,
        ),
        log_in=LogIn(accounts, sessions, passwords, throttle, open_session, audit, clock=clock),
        refresh=RefreshSession(
            sessions, issue, audit, times=times, access_ttl=settings.access_ttl, clock=clock
        ),
        log_out=LogOut(sessions, audit, clock=clock),
        log_out_everywhere=LogOutEverywhere(sessions, audit, clock=clock),
        change_password=ChangePassword(accounts, sessions, passwords, throttle, audit, clock=clock),
        show_profile=ShowProfile(accounts),
        change_profile=ChangeProfile(accounts, clock=clock),
        api_keys=stores.api_keys,
        create_api_key=CreateApiKey(
            stores.api_keys, sessions, audit, most=settings.api_keys_per_user, clock=clock
        ),
        delete_api_key=DeleteApiKey(stores.api_keys, audit, clock=clock),
        exchange_api_key=ExchangeApiKey(
            stores.api_keys,
            issue,
            ttl=timedelta(seconds=settings.api_key_token_ttl_s),
            clock=clock,
        ),
        key_set=ring.public,
    )
