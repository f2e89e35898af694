"""What the use cases need from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pichaven_contracts.event import Event
from pichaven_identity.accounts.model import Account
from pichaven_identity.api_keys.model import ApiKey
from pichaven_identity.audit_kind import AuditKind
from pichaven_identity.authentication.throttle_policy import ThrottlePolicy
from pichaven_identity.sessions.model import Client, Session
from pichaven_identity.signing_keys.model import SigningKey


class Accounts(Protocol):
    async def add(self, account: Account, *events: Event) -> None:
        """Keep a new account with its events; `EmailTaken` when its address has one."""
        ...

    async def get(self, user_id: str) -> Account | None: ...

    async def by_email_key(self, key: str) -> Account | None: ...

    async def rename(
        self, user_id: str, name: str, *, version: int | None, now: datetime
    ) -> Account | None:
        """The changed account; None when there is none at this version (any, if None)."""
        ...

    async def replace_password(
        self, user_id: str, *, old_hash: str, new_hash: str, changed_at: datetime | None
    ) -> bool:
        """False when `old_hash` is no longer there. `changed_at` is None for the same password."""
        ...


class Sessions(Protocol):
    async def add(self, session: Session) -> None:
        """Keep a new session with its first token."""
        ...

    async def get(self, session_id: str) -> Session | None: ...

    async def family_of(self, token: bytes) -> str | None:
        """The session that a token was ever issued for, until the token would have expired."""
        ...

    async def issue(self, session_id: str, token: bytes, expires_at: datetime) -> None:
        """Remember a token as one of the session's, before it is its current one."""
        ...

    async def withdraw(self, token: bytes) -> None:
        """Forget a token that nobody has been given."""
        ...

    async def replace(
        self,
        session_id: str,
        *,
        old: bytes,
        new: bytes,
        handover: bytes,
        now: datetime,
        expires_at: datetime,
    ) -> bool:
        """Make `new` the current token if `old` is and the session is live, atomically."""
        ...

    async def end(self, session_id: str, *, reason: AuditKind, now: datetime) -> bool:
        """End a live session; False when it was over already."""
        ...

    async def end_all(
        self, user_id: str, *, but: str | None, reason: AuditKind, now: datetime
    ) -> int: ...


class ApiKeys(Protocol):
    async def add(self, key: ApiKey, digest: bytes, *, most: int) -> bool:
        """False when the user has `most` keys; simultaneous calls never pass it."""
        ...

    async def of_user(self, user_id: str) -> Sequence[ApiKey]:
        """Newest first."""
        ...

    async def by_digest(self, digest: bytes) -> ApiKey | None: ...

    async def remove(self, key_id: str, user_id: str) -> bool: ...

    async def used(self, key_id: str, now: datetime) -> None:
        """Note the use; to the minute is enough."""
        ...


class SigningKeys(Protocol):
    async def all(self) -> Sequence[SigningKey]: ...

    async def add(self, key: SigningKey) -> None:
        """Keep the key; when its sequence is taken, nothing happens."""
        ...

    async def forget_after(self, kid: str, when: datetime) -> None: ...


class Attempts(Protocol):
    """Counters of failed attempts, which forget by themselves."""

    async def charge(self, key: str, policy: ThrottlePolicy, now: datetime) -> float | None:
        """Count an attempt as failed, before it is known to be. Atomic among simultaneous ones.

        Gives the seconds to wait, and counts nothing, when the key has to wait.
        """
        ...

    async def refund(self, key: str) -> None:
        """Take back one charge: the attempt did not fail."""
        ...

    async def clear(self, key: str) -> None: ...

    async def know(self, key: str, until: datetime) -> None: ...

    async def knows(self, key: str, now: datetime) -> bool: ...


class AuditLog(Protocol):
    async def record(
        self,
        kind: AuditKind,
        *,
        client: Client,
        now: datetime,
        user_id: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Verification:
    matches: bool
    outdated: bool = False
    """The hash was made with other parameters than today's."""


class Passwords(Protocol):
    """Slow hashing off the event loop; raises `Unavailable` when too much is waiting."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, stored: str | None, password: str) -> Verification:
        """Whether it matches; takes as long for None, which matches nothing."""
        ...
