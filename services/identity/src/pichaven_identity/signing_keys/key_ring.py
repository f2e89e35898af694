"""The keys that access tokens are signed with, rotated and published."""

import asyncio
import base64
import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pichaven_chassis.auth import ALGORITHM
from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_chassis.refreshing_cache import Lifetime, RefreshingCache
from pichaven_identity.signing_keys.model import Rotation, SigningKey, signing_key_at
from pichaven_identity.signing_keys.repository import SigningKeyRepository

_REFRESH_EVERY_S: Final = 60


class KeyRing:
    """The signing keys of this process, in step with those of all others.

    Any number of processes may rotate at once: a key's sequence is unique in the database, so
    one of several new keys is stored, and each process reads which.
    """

    def __init__(
        self, signing_keys: SigningKeyRepository, rotation: Rotation, clock: Clock
    ) -> None:
        self._signing_keys = signing_keys
        self._rotation = rotation
        self._clock = clock
        max_age_s = min(rotation.publish_ahead / 2, timedelta(minutes=5)).total_seconds()
        self._keys: RefreshingCache[None, Sequence[SigningKey]] = RefreshingCache(
            self._load,
            Lifetime(fresh_s=max_age_s, stale_s=max_age_s),
            max_entries=1,
            now=lambda: clock().timestamp(),
        )

    async def refresh(self) -> None:
        """Read the keys, create the next one when it is due, set the expiry of replaced ones."""
        await self._keys.reload(None)

    async def run(self) -> None:
        """Refresh until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(_REFRESH_EVERY_S)

    async def signing_key(self) -> SigningKey:
        """Return the key to sign with now."""
        return signing_key_at(await self._keys.get(None), self._clock())

    async def key_set(self) -> dict[str, Any]:
        """Return the JSON Web Key Set (RFC 7517) of the next, the current and replaced keys."""
        return {"keys": [_to_jwk(key) for key in await self._keys.get(None)]}

    async def _load(self, _key: None) -> Sequence[SigningKey]:
        now = self._clock()
        keys = await self._signing_keys.list_all()
        start = self._rotation.next_start(keys, now)
        if start is not None:
            await self._signing_keys.add(
                SigningKey(
                    kid=new_id(),
                    sequence=keys[-1].sequence + 1 if keys else 1,
                    private=Ed25519PrivateKey.generate(),
                    created_at=now,
                    signs_from=start,
                )
            )
            keys = await self._signing_keys.list_all()
        for key, successor in itertools.pairwise(keys):
            expires_at = self._rotation.expiry_before(successor)
            await self._signing_keys.set_expiry(key.sequence, expires_at)
        return keys


def _to_jwk(key: SigningKey) -> dict[str, Any]:
    raw = key.private.public_key().public_bytes_raw()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "kid": key.kid,
        "use": "sig",
        "alg": ALGORITHM,
    }
