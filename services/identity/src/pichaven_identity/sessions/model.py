"""Sessions and their refresh tokens.

A session is one device's family of refresh tokens: each is used once and replaced by its
successor. Whoever sends a token that has been replaced shows that two parties hold the
family, so it ends. An operator may allow one exception: the token just before the present one,
for a few seconds, gets the very successor that it got before, since an answer may be lost on the
way. Even then there is never a second branch: a thief who gets in by it shares a successor with
the owner, and the family ends at the next use by the second of them.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN_PREFIX: Final = "phr_"  # noqa: S105 - tells what a token is
_TOKEN_BYTES: Final = 32
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Client:
    """Who sent a request, as far as the network tells."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """How long sessions live."""

    unused: timedelta
    longest: timedelta
    grace: timedelta

    def expiry(self, created_at: datetime, now: datetime) -> datetime:
        return min(now + self.unused, created_at + self.longest)


@dataclass(frozen=True, slots=True)
class Session:
    """One device's session; tokens appear in it as digests only."""

    id: str
    user_id: str
    client: Client
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bytes
    previous: bytes | None = None
    handover: bytes | None = None
    """The present token, readable only by who holds the previous one."""
    ended_at: datetime | None = None

    def live(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at

    def within_grace(self, token_digest: bytes, now: datetime, grace: timedelta) -> bool:
        # Another replica's clock may be ahead of this one's.
        since = max(now - self.last_used_at, timedelta(0))
        return self.previous == token_digest and since < grace


def new_refresh_token() -> str:
    """256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)


def digest(secret: str) -> bytes:
    """What is stored of a random secret; being random, it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def seal_handover(old: str, new: str) -> bytes:
    """The new token, encrypted so that only the old one opens it."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(_handover_key(old)).encrypt(nonce, new.encode(), None)


def open_handover(old: str, sealed: bytes) -> str | None:
    try:
        opened = AESGCM(_handover_key(old)).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None
        )
    except (InvalidTag, ValueError):
        return None
    return opened.decode()


def _handover_key(old: str) -> bytes:
    return hashlib.sha256(b"pichaven refresh handover\0" + old.encode()).digest()
