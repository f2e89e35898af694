"""The settings of identity."""

import base64
import binascii
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from pichaven_chassis.settings import Settings

_KEY_BYTES: Final = 32


class IdentitySettings(Settings):
    """Environment prefix `PICHAVEN_IDENTITY_`. The suffix of a name is its unit."""

    model_config = SettingsConfigDict(env_prefix="PICHAVEN_IDENTITY_", frozen=True)

    registration_open: bool = True

    access_ttl_s: int = Field(default=900, ge=60, le=3600)
    """Also how long the last access token of an ended session stays valid."""
    api_key_token_ttl_s: int = Field(default=120, ge=30, le=900)
    refresh_ttl_days: int = Field(default=30, ge=1, le=365)
    """Idle timeout of a session."""
    session_max_days: int = Field(default=180, ge=1)
    """Absolute timeout of a session."""
    refresh_grace_s: int = Field(default=0, ge=0, le=60)
    """How long the previous refresh token gets its successor again, for lost answers. 0: never."""
    cookie_secure: bool | None = None
    """Whether the refresh cookie is for https only; None follows the scheme of each request."""

    argon2_time_cost: int = Field(default=3, ge=1)
    argon2_memory_kib: int = Field(default=32_768, ge=8)
    argon2_parallelism: int = Field(default=1, ge=1)
    hashing_threads: int = Field(default=2, ge=1)
    hashing_queue: int = Field(default=64, ge=1)
    """Passwords that may wait for a thread; further requests are answered 503."""

    key_max_age_days: int = Field(default=30, ge=1)
    """Age at which a new signing key replaces the current one."""
    key_publish_ahead_s: int = Field(default=3600, ge=600)
    """How long a new key is published before it signs; longer than verifiers cache the key set."""
    key_encryption_key: SecretStr | None = None
    """32 bytes in base64; encrypts private signing keys in the database."""

    api_keys_per_user: int = Field(default=20, ge=1, le=200)
    audit_days: int = Field(default=180, ge=1)
    trusted_proxies: str = "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
    """Networks whose `X-Forwarded-For` header is believed, comma-separated."""

    @field_validator("key_encryption_key")
    @classmethod
    def _check_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(_decode(value)) != _KEY_BYTES:
            raise ValueError("key_encryption_key must be 32 bytes in base64")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, value: str) -> str:
        _parse_networks(value)
        return value

    @property
    def encryption_key(self) -> bytes | None:
        return None if self.key_encryption_key is None else _decode(self.key_encryption_key)

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return _parse_networks(self.trusted_proxies)

    @property
    def access_ttl(self) -> timedelta:
        return timedelta(seconds=self.access_ttl_s)


def _decode(value: SecretStr) -> bytes:
    try:
        return base64.b64decode(value.get_secret_value(), validate=True)
    except binascii.Error:
        return b""


def _parse_networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
