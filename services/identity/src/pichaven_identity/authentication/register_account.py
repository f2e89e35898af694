from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_contracts.user import UserRegistered
from pichaven_identity.access_tokens import OpenSession, TokenPair
from pichaven_identity.accounts.model import Account, checked_name, email_key, normalised_email
from pichaven_identity.audit_kind import AuditKind
from pichaven_identity.authentication.passwords import check_password, prepared
from pichaven_identity.authentication.throttle import ThrottleAttempts
from pichaven_identity.errors import RegistrationClosed
from pichaven_identity.ports import Accounts, AuditLog, Passwords
from pichaven_identity.sessions.model import Client


class RegisterAccount:
    """Makes an account, announces it, and logs its owner in."""

    def __init__(
        self,
        accounts: Accounts,
        passwords: Passwords,
        throttle: ThrottleAttempts,
        open_session: OpenSession,
        audit: AuditLog,
        *,
        open_to_all: bool,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._throttle = throttle
        self._open_session = open_session
        self._audit = audit
        self._open_to_all = open_to_all
        self._clock = clock

    async def __call__(
        self, *, email: str, password: str, name: str, client: Client
    ) -> tuple[Account, TokenPair]:
        """Raises `RegistrationClosed`, `InvalidEmail`, `PasswordRefused`, `EmailTaken`."""
        if not self._open_to_all:
            raise RegistrationClosed("Ask the operator of this PicHaven for an account.")
        email, name = normalised_email(email), checked_name(name)
        check_password(password, email=email, name=name, field="password")
        now = self._clock()
        account = Account(
            id=new_id(),
            email=email,
            name=name,
            password_hash=await self._passwords.hash(prepared(password)),
            created_at=now,
            updated_at=now,
        )
        await self._accounts.add(account, UserRegistered(user_id=account.id, occurred_at=now))
        await self._audit.record(AuditKind.REGISTERED, client=client, now=now, user_id=account.id)
        await self._throttle.welcome(email_key(email), client)
        return account, await self._open_session(account.id, client)
