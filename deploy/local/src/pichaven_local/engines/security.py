"""Encryption and credentials of a stack's engines."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pichaven_local.platform import PROJECT

ROLES: Final = PROJECT / "deploy" / "elasticsearch" / "roles.yml"
ROLE: Final = "pichaven"
"""Of the services in Elasticsearch."""


@dataclass(frozen=True, slots=True)
class EngineSecurity:
    """A certificate for 127.0.0.1 with its key in PKCS #8, and who signed it, in PEM files.

    With it every engine speaks TLS; Kafka and Elasticsearch ask for the user as well.
    """

    ca_file: Path
    certificate: Path
    key: Path
    username: str
    password: str

    def write_store(self, directory: Path) -> Path:
        """Write key and certificate into one file, which its owner alone can read; return it."""
        store = directory / "server.pem"
        store.touch(mode=0o600)
        store.write_text(self.key.read_text() + self.certificate.read_text())
        return store

    @property
    def settings(self) -> dict[str, str]:
        """The settings with which services reach the engines."""
        ca_file = str(self.ca_file)
        return {
            "PICHAVEN_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "PICHAVEN_KAFKA_SASL_USERNAME": self.username,
            "PICHAVEN_KAFKA_SASL_PASSWORD": self.password,
            "PICHAVEN_KAFKA_CA_FILE": ca_file,
            "PICHAVEN_MONGO_CA_FILE": ca_file,
            "PICHAVEN_STORAGE_CA_FILE": ca_file,
            "PICHAVEN_ELASTICSEARCH_USERNAME": self.username,
            "PICHAVEN_ELASTICSEARCH_PASSWORD": self.password,
            "PICHAVEN_ELASTICSEARCH_CA_FILE": ca_file,
            "PICHAVEN_GATEWAY_STORAGE_CA_FILE": ca_file,
        }
