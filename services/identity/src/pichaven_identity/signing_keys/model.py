"""Signing keys over time: published, then signing, then kept until no valid token needs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One Ed25519 key. `sequence` counts from 1 without gaps and is unique."""

    kid: str
    sequence: int
    private: Ed25519PrivateKey
    created_at: datetime
    signs_from: datetime


@dataclass(frozen=True, slots=True)
class Rotation:
    max_age: timedelta
    publish_ahead: timedelta
    token_ttl: timedelta

    def next_start(self, keys: Sequence[SigningKey], now: datetime) -> datetime | None:
        """Return from when a key that is created now signs; None when none is due.

        The very first key signs at once: no verifier can have cached a key set without it. Later
        keys are published ahead, even when the predecessor is long overdue.
        """
        if not keys:
            return now
        newest = max(keys, key=lambda key: key.sequence)
        due = newest.signs_from + self.max_age
        if now < due - self.publish_ahead:
            return None
        return max(due, now + self.publish_ahead)

    def expiry_before(self, successor: SigningKey) -> datetime:
        """Return when the predecessor's last token has expired.

        A process without its database signs with the old key for up to `publish_ahead` longer.
        """
        return successor.signs_from + self.publish_ahead + self.token_ttl


def signing_key_at(keys: Sequence[SigningKey], now: datetime) -> SigningKey:
    """Return the newest key that may sign now."""
    started = [key for key in keys if key.signs_from <= now]
    # None has started when the clocks of two processes differ; then the oldest one signs.
    return (
        max(started, key=lambda key: key.sequence)
        if started
        else min(keys, key=lambda key: key.sequence)
    )
