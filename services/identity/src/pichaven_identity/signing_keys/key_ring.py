"""The signing keys of this process, kept in step with all others through the store."""

import asyncio
import base64
import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pichaven_chassis.auth import ALGORITHM
from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_identity.ports import SigningKeys
from pichaven_identity.signing_keys.model import Rotation, SigningKey, signing_at

_LOOK_AGAIN_S: Final = 60


class KeyRing:
    """Any number of processes may run one: a key's sequence is unique in the store, so of two
    that are made at the same time one is kept, and each process then reads which.
    """

    def __init__(self, keys: SigningKeys, rotation: Rotation, clock: Clock) -> None:
        self._keys = keys
        self._rotation = rotation
        self._clock = clock
        self._known: Sequence[SigningKey] = ()
        self._known_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def refresh(self) -> None:
        """Read the keys; make the next one when it is due, and date the end of replaced ones."""
        now = self._clock()
        known = sorted(await self._keys.all(), key=lambda key: key.sequence)
        start = self._rotation.next_start(known, now)
        if start is not None:
            await self._keys.add(
                SigningKey(
                    kid=new_id(),
                    sequence=known[-1].sequence + 1 if known else 1,
                    private=Ed25519PrivateKey.generate(),
                    created_at=now,
                    signs_from=start,
                )
            )
            known = sorted(await self._keys.all(), key=lambda key: key.sequence)
        for key, successor in itertools.pairwise(known):
            await self._keys.forget_after(key.kid, self._rotation.gone_after(successor))
        self._known, self._known_at = known, now

    async def run(self) -> None:
        """Refresh until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def signing(self) -> SigningKey:
        """The key to sign with now."""
        return signing_at(await self._fresh(), self._clock())

    async def public(self) -> dict[str, Any]:
        """The JSON Web Key Set: those to come, the present and those whose tokens still live."""
        return {"keys": [_jwk(key) for key in await self._fresh()]}

    async def _fresh(self) -> Sequence[SigningKey]:
        if self._stale():
            async with self._reading:
                if self._stale():
                    await self.refresh()
        return self._known

    def _stale(self) -> bool:
        longest = min(self._rotation.publish_ahead / 2, timedelta(minutes=5))
        return self._known_at is None or self._clock() - self._known_at > longest


def _jwk(key: SigningKey) -> dict[str, Any]:
    raw = key.private.public_key().public_bytes_raw()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "kid": key.kid,
        "use": "sig",
        "alg": ALGORITHM,
    }
