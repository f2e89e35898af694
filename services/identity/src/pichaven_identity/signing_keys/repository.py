"""Signing keys in MongoDB, with their private parts encrypted where a key is set."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pichaven_chassis.mongo import Document, MongoDatabase, insert_unless_exists
from pichaven_identity.signing_keys.model import SigningKey

_NONCE_BYTES: Final = 12


class KeysUnreadable(RuntimeError):
    """Raised when stored signing keys are encrypted with another key than the configured one."""


class SigningKeyRepository:
    """Signing keys; an encryption key encrypts the private parts of new ones (AES-256-GCM)."""

    def __init__(self, database: MongoDatabase, encryption_key: bytes | None) -> None:
        self._keys = database["signing_keys"]
        self._cipher = None if encryption_key is None else AESGCM(encryption_key)

    async def ensure_indexes(self) -> None:
        await self._keys.create_index("expires_at", expireAfterSeconds=0, name="expiry")

    async def list_all(self) -> Sequence[SigningKey]:
        """Return the keys by sequence. Raises `KeysUnreadable`."""
        documents = self._keys.find({}).sort("_id", 1)
        return [self._to_key(document) async for document in documents]

    async def add(self, key: SigningKey) -> None:
        """Insert the key unless its sequence exists."""
        document = {
            # As the id, the sequence is unique even before the setup has run.
            "_id": key.sequence,
            "kid": key.kid,
            "created_at": key.created_at,
            "signs_from": key.signs_from,
            **self._private_fields(key),
        }
        await insert_unless_exists(self._keys, document)

    async def set_expiry(self, sequence: int, expires_at: datetime) -> None:
        """Set the key's expiry if it has none."""
        await self._keys.update_one(
            {"_id": sequence, "expires_at": {"$exists": False}},
            {"$set": {"expires_at": expires_at}},
        )

    def _private_fields(self, key: SigningKey) -> Document:
        raw = key.private.private_bytes_raw()
        if self._cipher is None:
            return {"private": raw}
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return {"sealed": nonce + self._cipher.encrypt(nonce, raw, key.kid.encode())}

    def _to_key(self, document: Document) -> SigningKey:
        return SigningKey(
            kid=document["kid"],
            sequence=document["_id"],
            private=Ed25519PrivateKey.from_private_bytes(self._private_bytes(document)),
            created_at=document["created_at"],
            signs_from=document["signs_from"],
        )

    def _private_bytes(self, document: Document) -> bytes:
        if "sealed" not in document:
            return bytes(document["private"])
        sealed, kid = bytes(document["sealed"]), str(document["kid"]).encode()
        if self._cipher is None:
            raise KeysUnreadable("signing keys are encrypted: set the key encryption key")
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], kid)
        except InvalidTag:
            raise KeysUnreadable("signing keys are encrypted with another key") from None
