"""API keys: long-lived secrets for the command line and for scripts."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

PREFIX: Final = "ph_"
_SHOWN: Final = 8
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key; `hint` is its beginning, for telling keys apart."""

    id: str
    user_id: str
    name: str
    hint: str
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


def new_api_key() -> str:
    """256 random bits."""
    return PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def hint(secret: str) -> str:
    return secret[: len(PREFIX) + _SHOWN]
