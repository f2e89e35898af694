"""A certificate of an authority of its own, for servers on 127.0.0.1."""

from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from pichaven_chassis.ids import new_id
from pichaven_local.engines.security import EngineSecurity


def engine_security(folder: Path) -> EngineSecurity:
    """Write a certificate, its key and its authority into a folder that every user can read."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    security = EngineSecurity(
        ca_file=folder / "ca.pem",
        certificate=folder / "server.crt",
        key=folder / "server.key",
        username="pichaven",
        password=new_id(),
    )
    authority.cert_pem.write_to_path(security.ca_file)
    security.certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    # Kafka reads keys in PKCS #8 alone.
    key = load_pem_private_key(issued.private_key_pem.bytes(), password=None)
    security.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return security
