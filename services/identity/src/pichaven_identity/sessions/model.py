"""Sessions and their refresh tokens.

A session is one device's family of refresh tokens: each is used once and replaced by its
successor. A second use shows that two parties have the family's tokens, so it ends the session.
An operator may allow a grace period, because an answer can be lost on the way: for a few seconds
the previous token gets the successor that it got before. There is never a second branch: a thief
who uses the grace period shares the successor with the owner, and the next use by the second of
them ends the session.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pichaven_identity.client import Client

TOKEN_PREFIX: Final = "phr_"  # noqa: S105 - marks refresh tokens
_TOKEN_BYTES: Final = 32
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class SessionLifetime:
    idle_timeout: timedelta
    absolute_timeout: timedelta
    grace: timedelta

    def expiry(self, created_at: datetime, now: datetime) -> datetime:
        return min(now + self.idle_timeout, created_at + self.absolute_timeout)


@dataclass(frozen=True, slots=True)
class Session:
    """One device's session. Its tokens are digests."""

    id: str
    user_id: str
    client: Client
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bytes
    previous: bytes | None = None
    handover: bytes | None = None
    """The current token, encrypted under the previous one."""
    ended_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at

    def is_in_grace(self, token_digest: bytes, now: datetime, grace: timedelta) -> bool:
        # Another replica's clock may be ahead of this one's.
        age = max(now - self.last_used_at, timedelta(0))
        return self.previous == token_digest and age < grace


def new_refresh_token() -> str:
    """Return 256 random bits with the prefix of refresh tokens."""
    return TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)


def digest(secret: str) -> bytes:
    """Return the stored form of a random secret; being random, it needs no salt or slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def seal_handover(old: str, new: str) -> bytes:
    """Encrypt the new token under the old one."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(_handover_key(old)).encrypt(nonce, new.encode(), None)


def open_handover(old: str, sealed: bytes) -> str | None:
    """Decrypt the new token; None when it was not encrypted under the old one."""
    try:
        new = AESGCM(_handover_key(old)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
    except (InvalidTag, ValueError):
        return None
    return new.decode()


def _handover_key(old: str) -> bytes:
    return hashlib.sha256(b"pichaven refresh handover\0" + old.encode()).digest()
