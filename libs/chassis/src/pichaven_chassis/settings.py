"""Settings by concern, each read from the environment under its own prefix.

A service's `bootstrap` reads those that it needs; no other module reads the environment.
"""

import os
from typing import Final, Literal, Self

from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

SECRETS_DIR: Final = "PICHAVEN_SECRETS_DIR"
LONGEST_OUTBOX_LEASE_S: Final = 30.0
"""Streams of gallery resume from longer before their last event, so they rely on it."""


class Settings(BaseSettings):
    """Base of all settings.

    A setting that the environment lacks is read from the file of its name in the folder that
    PICHAVEN_SECRETS_DIR names, so that secrets need not be in the environment.
    """

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        folder = os.environ.get(SECRETS_DIR) or None
        return (init_settings, env_settings, SecretsSettingsSource(settings_cls, folder))


class HttpSettings(Settings):
    """Where a service listens, and how long a stop may take."""

    model_config = SettingsConfigDict(env_prefix="PICHAVEN_HTTP_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    drain_s: float = Field(default=0, ge=0)
    """How long after SIGTERM new connections are taken, for callers that do not know of it yet."""
    shutdown_grace_s: float = Field(default=10, gt=0)


class LogSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_LOG_", frozen=True)

    level: str = "INFO"
    format: Literal["json", "console"] = "json"


class KafkaSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_KAFKA_", frozen=True)

    bootstrap_servers: str = "127.0.0.1:19092"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ca_file: FilePath | None = None
    """Authorities that may have signed a broker's certificate; None: those of the system."""
    partitions: int | None = Field(default=None, ge=1)
    """Upper bound on the partitions of a topic, for small clusters."""
    session_timeout_ms: int = Field(default=10_000, ge=6_000)
    """After how long without a heartbeat a consumer's partitions are reassigned."""
    retry_delays: str = "10,60,600"
    """Delay of each retry tier in seconds, comma-separated."""
    request_timeout_ms: int = Field(default=20_000, ge=1_000)
    outbox_lease_s: float = Field(default=LONGEST_OUTBOX_LEASE_S, ge=1, le=LONGEST_OUTBOX_LEASE_S)
    """After how long another relay sends the events that one had claimed and died with."""

    @model_validator(mode="after")
    def _check_credentials(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (
            self.sasl_username and self.sasl_password
        ):
            raise ValueError(f"{self.security_protocol} needs sasl_username and sasl_password")
        return self

    @property
    def retry_delays_s(self) -> tuple[float, ...]:
        return tuple(float(part) for part in self.retry_delays.split(","))


class MongoSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_MONGO_", frozen=True)

    url: SecretStr = SecretStr("mongodb://127.0.0.1:27217/?directConnection=true")
    username: str | None = None
    """With a password in place of those in the URL."""
    password: SecretStr | None = None
    ca_file: FilePath | None = None
    """Authorities that may have signed the server's certificate; with it TLS is used."""
    timeout_ms: int = Field(default=10_000, ge=100)
    """Bound on every operation, server selection included."""


class StorageSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_STORAGE_", frozen=True)

    endpoint_url: str = "http://127.0.0.1:19000"
    region: str = "us-east-1"
    access_key_id: str = "pichaven"
    secret_access_key: SecretStr = SecretStr("pichaven-secret")
    bucket: str = "pichaven-media"
    ca_file: FilePath | None = None
    """Authorities that may have signed the server's certificate; None: those of botocore."""
    public_url: str | None = None
    """Base of presigned URLs; None: the host of the client's request."""
    url_ttl_s: int = Field(default=6 * 3600, ge=60, le=7 * 24 * 3600 // 2)
    """Shortest validity of a presigned GET; the longest is twice that, at most a week."""
    threads: int = Field(default=16, ge=1)
    timeout_s: float = Field(default=30, gt=0)


class ElasticsearchSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_ELASTICSEARCH_", frozen=True)

    url: str = "http://127.0.0.1:19200"
    timeout_s: float = Field(default=10, gt=0)
    username: str | None = None
    password: SecretStr | None = None
    ca_file: FilePath | None = None
    """Authorities that may have signed the server's certificate; None: those of certifi."""


class AuthSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_AUTH_", frozen=True)

    issuer: str = "pichaven"
    audience: str = "pichaven"
    identity_url: str = "http://127.0.0.1:8101"
    """Internal base URL of identity: signing keys and the exchange of API keys."""
    jwks_ttl_s: float = Field(default=300, gt=0)
    api_key_ttl_s: float = Field(default=30, gt=0)
    """How long an exchanged API key is cached, and so valid after its deletion."""
    ended_sessions_poll_s: float = Field(default=2, gt=0)
    """How often a process asks identity for ended sessions, whose tokens are refused from then."""
    timeout_s: float = Field(default=5, gt=0)


class TelemetrySettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_TELEMETRY_", frozen=True)

    otlp_endpoint: str | None = None
    """Base URL of an OTLP/HTTP collector; None: traces appear in logs and headers only."""
