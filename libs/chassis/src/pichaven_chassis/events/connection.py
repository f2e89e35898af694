"""How every Kafka client of a process reaches the brokers."""

import ssl
from typing import Any, Protocol

from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from pichaven_chassis.settings import KafkaSettings

_MECHANISMS = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


class Client(Protocol):
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


async def connect(client: Client) -> None:
    """Start a client; one that cannot start leaves nothing open."""
    try:
        await client.start()
    except BaseException:
        await client.stop()
        raise


def connection_options(settings: KafkaSettings) -> dict[str, Any]:
    """Return the options of an aiokafka client that all have in common."""
    return {
        "bootstrap_servers": settings.bootstrap_servers,
        "request_timeout_ms": settings.request_timeout_ms,
        **parse_security(broker_security(settings)),
    }


def broker_security(settings: KafkaSettings) -> BaseSecurity | None:
    """Return encryption and credentials for FastStream's broker, None where there are none."""
    protocol = settings.security_protocol
    if protocol == "PLAINTEXT":
        return None
    context = ssl.create_default_context(cafile=settings.ca_file) if "SSL" in protocol else None
    if not protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=context)
    assert settings.sasl_username is not None and settings.sasl_password is not None
    return _MECHANISMS[settings.sasl_mechanism](
        settings.sasl_username,
        settings.sasl_password.get_secret_value(),
        ssl_context=context,
        use_ssl=context is not None,
    )
