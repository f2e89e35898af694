"""The use cases that check or set a password."""

from dataclasses import dataclass

from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_chassis.problems import Conflict, Unauthorized
from pichaven_identity.accounts.model import Account, email_key, normalise_email, normalise_name
from pichaven_identity.accounts.repository import AccountRepository
from pichaven_identity.audit import AuditKind, AuditLog
from pichaven_identity.authentication.devices import DeviceRepository
from pichaven_identity.authentication.password_hasher import PasswordHasher
from pichaven_identity.authentication.passwords import PasswordRules, normalise_password
from pichaven_identity.authentication.throttle import Attempt, LoginThrottle
from pichaven_identity.client import Client
from pichaven_identity.errors import InvalidCredentials, RegistrationClosed, TooManyAttempts
from pichaven_identity.sessions.commands import OpenSession, TokenPair
from pichaven_identity.sessions.repository import SessionRepository


@dataclass(frozen=True, slots=True)
class Login:
    """A new session and the token of the device that it was opened on."""

    account: Account
    tokens: TokenPair
    device_token: str


class RegisterAccount:
    """Create an account and log its owner in."""

    def __init__(
        self,
        accounts: AccountRepository,
        hasher: PasswordHasher,
        rules: PasswordRules,
        devices: DeviceRepository,
        open_session: OpenSession,
        audit: AuditLog,
        *,
        registration_open: bool,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._hasher = hasher
        self._rules = rules
        self._devices = devices
        self._open_session = open_session
        self._audit = audit
        self._registration_open = registration_open
        self._clock = clock

    async def __call__(self, *, email: str, password: str, name: str, client: Client) -> Login:
        """Raises `RegistrationClosed`, `InvalidEmail`, `PasswordRefused`, `EmailTaken`."""
        if not self._registration_open:
            raise RegistrationClosed("Ask the operator of this PicHaven for an account.")
        email, name = normalise_email(email), normalise_name(name)
        await self._rules.check(password, email=email, name=name, field="password")
        now = self._clock()
        account = Account(
            id=new_id(),
            email=email,
            name=name,
            password_hash=await self._hasher.hash(normalise_password(password)),
            created_at=now,
            updated_at=now,
        )
        await self._accounts.add(account)
        await self._audit.record(AuditKind.REGISTERED, client=client, now=now, user_id=account.id)
        device_token = await self._devices.remember(account.id, None, now)
        return Login(account, await self._open_session(account.id, client), device_token)


class LogIn:
    """Open a session for a caller that knows the account's password.

    Neither the answer nor the time it takes reveals whether the account exists.
    """

    def __init__(
        self,
        accounts: AccountRepository,
        sessions: SessionRepository,
        hasher: PasswordHasher,
        throttle: LoginThrottle,
        devices: DeviceRepository,
        open_session: OpenSession,
        audit: AuditLog,
        *,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._hasher = hasher
        self._throttle = throttle
        self._devices = devices
        self._open_session = open_session
        self._audit = audit
        self._clock = clock

    async def __call__(
        self,
        *,
        email: str,
        password: str,
        client: Client,
        device_token: str | None,
        proof: str | None,
    ) -> Login:
        """Raises `InvalidCredentials`, `TooManyAttempts`, `ProofRequired`."""
        key = email_key(email)
        account = await self._accounts.get_by_email_key(key)
        user_id = account.id if account else None
        try:
            admission = await self._throttle.admit(
                Attempt(
                    email=email,
                    email_key=key,
                    user_id=user_id,
                    client=client,
                    device_token=device_token,
                    proof=proof,
                )
            )
        except TooManyAttempts:
            await self._record(AuditKind.LOGIN_THROTTLED, user_id, client)
            raise
        password = normalise_password(password)
        stored_hash = account.password_hash if account else None
        verification = await self._hasher.verify(stored_hash, password)
        if account is None or not verification.matches:
            await self._record(AuditKind.LOGIN_FAILED, user_id, client)
            raise InvalidCredentials
        await self._throttle.record_success(admission)
        if verification.needs_rehash:
            await self._accounts.replace_password(
                account.id,
                old_hash=account.password_hash,
                new_hash=await self._hasher.hash(password),
                changed_at=None,
            )
        tokens = await self._open_session(account.id, client)
        # A simultaneous change of the password may have missed this session when it ended others.
        latest = await self._accounts.get(account.id)
        if latest is None or latest.password_changed_at != account.password_changed_at:
            await self._sessions.end(
                tokens.session_id, reason=AuditKind.PASSWORD_CHANGED, now=self._clock()
            )
            raise InvalidCredentials
        device_token = await self._devices.remember(account.id, device_token, self._clock())
        await self._record(AuditKind.LOGGED_IN, account.id, client)
        return Login(account, tokens, device_token)

    async def _record(self, kind: AuditKind, user_id: str | None, client: Client) -> None:
        await self._audit.record(kind, client=client, now=self._clock(), user_id=user_id)


class ChangePassword:
    """Replace the password of a caller that knows the current one; end all other sessions.

    Other devices are known no longer.
    """

    def __init__(
        self,
        accounts: AccountRepository,
        sessions: SessionRepository,
        hasher: PasswordHasher,
        rules: PasswordRules,
        throttle: LoginThrottle,
        devices: DeviceRepository,
        audit: AuditLog,
        *,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._hasher = hasher
        self._rules = rules
        self._throttle = throttle
        self._devices = devices
        self._audit = audit
        self._clock = clock

    async def __call__(
        self,
        user_id: str,
        session_id: str,
        *,
        current: str,
        new: str,
        client: Client,
        device_token: str | None,
    ) -> None:
        """Raises `InvalidCredentials`, `TooManyAttempts`, `PasswordRefused`."""
        account = await self._accounts.get(user_id)
        if account is None:
            raise Unauthorized
        await self._rules.check(new, email=account.email, name=account.name, field="new_password")
        admission = await self._throttle.admit_session(session_id)
        verification = await self._hasher.verify(account.password_hash, normalise_password(current))
        if not verification.matches:
            await self._audit.record(
                AuditKind.PASSWORD_CHANGE_FAILED,
                client=client,
                now=self._clock(),
                user_id=user_id,
            )
            raise InvalidCredentials("The present password is wrong.")
        await self._throttle.record_success(admission)
        new_hash = await self._hasher.hash(normalise_password(new))
        now = self._clock()
        if not await self._accounts.replace_password(
            user_id, old_hash=account.password_hash, new_hash=new_hash, changed_at=now
        ):
            raise Conflict("The password has just been changed elsewhere.")
        await self._devices.forget(user_id, keep=device_token)
        kind = AuditKind.PASSWORD_CHANGED
        ended = await self._sessions.end_all(user_id, keep=session_id, reason=kind, now=now)
        await self._audit.record(
            kind, client=client, now=now, user_id=user_id, details={"sessions": str(ended)}
        )
