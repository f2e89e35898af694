import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pymongo.errors import DuplicateKeyError

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_identity.signing_keys.model import SigningKey

_NONCE_BYTES: Final = 12


class KeysUnreadable(RuntimeError):
    """The stored signing keys are encrypted with another key than the one that was given."""


class MongoSigningKeys:
    """Signing keys; private parts are encrypted (AES-256-GCM) when an encryption key is given.

    Keys from before one was given stay readable and leave by rotation.
    """

    def __init__(self, database: MongoDatabase, encryption_key: bytes | None) -> None:
        self._keys = database["signing_keys"]
        self._cipher = None if encryption_key is None else AESGCM(encryption_key)

    async def ensure_indexes(self) -> None:
        await self._keys.create_index("expires_at", expireAfterSeconds=0, name="expiry")

    async def all(self) -> Sequence[SigningKey]:
        return [self._key(document) async for document in self._keys.find({})]

    async def add(self, key: SigningKey) -> None:
        try:
            await self._keys.insert_one(
                {
                    # The sequence is the identity: of two replicas that rotate at once, one wins,
                    # whether or not the setup has run.
                    "_id": key.sequence,
                    "kid": key.kid,
                    "created_at": key.created_at,
                    "signs_from": key.signs_from,
                    **self._private(key),
                }
            )
        except DuplicateKeyError:
            return

    async def forget_after(self, kid: str, when: datetime) -> None:
        await self._keys.update_one(
            {"kid": kid, "expires_at": {"$exists": False}}, {"$set": {"expires_at": when}}
        )

    def _private(self, key: SigningKey) -> Document:
        raw = key.private.private_bytes_raw()
        if self._cipher is None:
            return {"private": raw}
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return {"sealed": nonce + self._cipher.encrypt(nonce, raw, key.kid.encode())}

    def _key(self, document: Document) -> SigningKey:
        return SigningKey(
            kid=document["kid"],
            sequence=document["_id"],
            private=Ed25519PrivateKey.from_private_bytes(self._opened(document)),
            created_at=document["created_at"],
            signs_from=document["signs_from"],
        )

    def _opened(self, document: Document) -> bytes:
        if "sealed" not in document:
            return bytes(document["private"])
        sealed, kid = bytes(document["sealed"]), str(document["kid"]).encode()
        if self._cipher is None:
            raise KeysUnreadable("signing keys are encrypted: set the key encryption key")
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], kid)
        except InvalidTag:
            raise KeysUnreadable("signing keys are encrypted with another key") from None
