from pichaven_chassis.clock import Clock
from pichaven_chassis.problems import Conflict, Unauthorized
from pichaven_identity.accounts.model import email_key
from pichaven_identity.audit_kind import AuditKind
from pichaven_identity.authentication.passwords import check_password, prepared
from pichaven_identity.authentication.throttle import ThrottleAttempts
from pichaven_identity.errors import InvalidCredentials
from pichaven_identity.ports import Accounts, AuditLog, Passwords, Sessions
from pichaven_identity.sessions.model import Client


class ChangePassword:
    """Sets a new password for who knows the present one, and ends all other sessions."""

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        passwords: Passwords,
        throttle: ThrottleAttempts,
        audit: AuditLog,
        *,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._audit = audit
        self._clock = clock

    async def __call__(
        self, user_id: str, session_id: str, *, present: str, new: str, client: Client
    ) -> None:
        """Raises `InvalidCredentials`, `TooManyAttempts`, `PasswordRefused`."""
        account = await self._accounts.get(user_id)
        if account is None:
            raise Unauthorized
        check_password(new, email=account.email, name=account.name, field="new_password")
        admission = await self._throttle.admit(email_key(account.email), client)
        if not (await self._passwords.verify(account.password_hash, prepared(present))).matches:
            await self._audit.record(
                AuditKind.PASSWORD_CHANGE_FAILED,
                client=client,
                now=self._clock(),
                user_id=user_id,
            )
            raise InvalidCredentials("The present password is wrong.")
        await self._throttle.succeeded(admission)
        new_hash = await self._passwords.hash(prepared(new))
        now = self._clock()
        if not await self._accounts.replace_password(
            user_id, old_hash=account.password_hash, new_hash=new_hash, changed_at=now
        ):
            raise Conflict("The password has just been changed elsewhere.")
        kind = AuditKind.PASSWORD_CHANGED
        ended = await self._sessions.end_all(user_id, but=session_id, reason=kind, now=now)
        await self._audit.record(
            kind, client=client, now=now, user_id=user_id, details={"sessions": str(ended)}
        )
