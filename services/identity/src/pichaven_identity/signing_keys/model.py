"""Signing keys over time: published, then signing, then kept until nothing signed is valid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One Ed25519 key. `sequence` counts from 1 without gaps and belongs to one key."""

    kid: str
    sequence: int
    private: Ed25519PrivateKey
    created_at: datetime
    signs_from: datetime


@dataclass(frozen=True, slots=True)
class Rotation:
    """When keys follow each other."""

    max_age: timedelta
    publish_ahead: timedelta
    token_ttl: timedelta

    def next_start(self, keys: Sequence[SigningKey], now: datetime) -> datetime | None:
        """From when a key that is made now shall sign; None when none is due.

        The very first signs at once: nobody can have cached a set without it. Any later one
        is published ahead, also when its predecessor is long overdue.
        """
        if not keys:
            return now
        newest = max(keys, key=lambda key: key.sequence)
        due = newest.signs_from + self.max_age
        if now < due - self.publish_ahead:
            return None
        return max(due, now + self.publish_ahead)

    def gone_after(self, successor: SigningKey) -> datetime:
        """When a key may be forgotten: the last token that it can have signed has expired.

        A process that has lost its database may sign with the old key for as long as it trusts
        what it knows; `publish_ahead` bounds that.
        """
        return successor.signs_from + self.publish_ahead + self.token_ttl


def signing_at(keys: Sequence[SigningKey], now: datetime) -> SigningKey:
    """The newest key that may sign now."""
    started = [key for key in keys if key.signs_from <= now]
    # Clocks of two processes may differ: then the oldest is better than none.
    return (
        max(started, key=lambda key: key.sequence)
        if started
        else min(keys, key=lambda key: key.sequence)
    )
