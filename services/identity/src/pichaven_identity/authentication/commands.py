from pichaven_chassis.clock import Clock
from pichaven_identity.access_tokens import OpenSession, TokenPair
from pichaven_identity.accounts.model import Account, email_key
from pichaven_identity.audit_kind import AuditKind
from pichaven_identity.authentication.passwords import prepared
from pichaven_identity.authentication.throttle import ThrottleAttempts
from pichaven_identity.errors import InvalidCredentials, TooManyAttempts
from pichaven_identity.ports import Accounts, AuditLog, Passwords, Sessions
from pichaven_identity.sessions.model import Client


class LogIn:
    """Opens a session for who knows an account's password.

    Whether the account exists shows neither in the answer nor in the time that it takes.
    """

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        passwords: Passwords,
        throttle: ThrottleAttempts,
        open_session: OpenSession,
        audit: AuditLog,
        *,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._open_session = open_session
        self._audit = audit
        self._clock = clock

    async def __call__(
        self, *, email: str, password: str, client: Client
    ) -> tuple[Account, TokenPair]:
        """Raises `InvalidCredentials` or `TooManyAttempts`."""
        key = email_key(email)
        account = await self._accounts.by_email_key(key)
        user_id = account.id if account else None
        try:
            admission = await self._throttle.admit(key, client)
        except TooManyAttempts:
            await self._record(AuditKind.LOGIN_THROTTLED, user_id, client)
            raise
        password = prepared(password)
        stored = account.password_hash if account else None
        checked = await self._passwords.verify(stored, password)
        if account is None or not checked.matches:
            await self._record(AuditKind.LOGIN_FAILED, user_id, client)
            raise InvalidCredentials
        await self._throttle.succeeded(admission)
        if checked.outdated:
            await self._accounts.replace_password(
                account.id,
                old_hash=account.password_hash,
                new_hash=await self._passwords.hash(password),
                changed_at=None,
            )
        pair = await self._open_session(account.id, client)
        # A change of the password ends the sessions that it sees; this one may have come after.
        present = await self._accounts.get(account.id)
        if present is None or present.password_changed_at != account.password_changed_at:
            await self._sessions.end(
                pair.session_id, reason=AuditKind.PASSWORD_CHANGED, now=self._clock()
            )
            raise InvalidCredentials
        await self._record(AuditKind.LOGGED_IN, account.id, client)
        return account, pair

    async def _record(self, kind: AuditKind, user_id: str | None, client: Client) -> None:
        await self._audit.record(kind, client=client, now=self._clock(), user_id=user_id)
