"""API keys: what is stored of one, and how a secret is drawn."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pichaven_chassis.auth import Scope

PREFIX: Final = "ph_"
_HINT_CHARACTERS: Final = 8
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored API key; `hint` is the beginning of its secret."""

    id: str
    user_id: str
    name: str
    hint: str
    scopes: frozenset[Scope]
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


def new_secret() -> str:
    """Return 256 random bits with the prefix of API keys."""
    return PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def hint_of(secret: str) -> str:
    return secret[: len(PREFIX) + _HINT_CHARACTERS]
