"""Signing keys: published before they sign, kept until nothing they signed is valid."""

import asyncio
import base64
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from services.identity.tests.conftest import Identity, StartIdentity

from pichaven_chassis.mongo import MongoDatabase
from pichaven_identity.signing_keys.key_ring import KeyRing
from pichaven_identity.signing_keys.model import Rotation
from pichaven_identity.signing_keys.repository import KeysUnreadable, SigningKeyRepository
from testing.fake_clock import FakeClock

ROTATION = Rotation(
    max_age=timedelta(days=30), publish_ahead=timedelta(hours=1), token_ttl=timedelta(minutes=15)
)


def _ring(database: MongoDatabase, clock: FakeClock, key: bytes | None = None) -> KeyRing:
    return KeyRing(SigningKeyRepository(database, key), ROTATION, clock)


async def _published_kids(ring: KeyRing) -> list[str]:
    return [key["kid"] for key in (await ring.key_set())["keys"]]


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", "/api/v1/.well-known/jwks.json"])
async def test_the_published_key_verifies_an_access_token_and_keeps_its_private_part(
    identity: Identity, path: str
) -> None:
    session = await identity.register()

    response = await identity.http.get(path)

    [published] = response.json()["keys"]
    assert published.keys() == {"kty", "crv", "x", "kid", "use", "alg"}
    assert response.headers["cache-control"] == "public, max-age=300"
    token = session["access_token"]
    assert jwt.get_unverified_header(token) == {
        "alg": "EdDSA",
        "typ": "JWT",
        "kid": published["kid"],
    }
    claims = jwt.decode(
        token, jwt.PyJWK(published), ["EdDSA"], audience="pichaven", issuer="pichaven"
    )
    assert claims.keys() == {"iss", "aud", "sub", "sid", "scope", "jti", "iat", "exp"}
    assert claims["exp"] - claims["iat"] == 900


async def test_a_new_key_is_published_an_hour_before_it_signs(
    mongo_database: MongoDatabase,
) -> None:
    clock = FakeClock()
    ring = _ring(mongo_database, clock)
    first = (await ring.signing_key()).kid
    clock.advance(days=30, hours=-1, seconds=-1)
    assert await _published_kids(ring) == [first]

    clock.advance(seconds=1)
    await ring.refresh()
    [_, second] = await _published_kids(ring)
    assert (await ring.signing_key()).kid == first
    clock.advance(minutes=59)
    assert (await ring.signing_key()).kid == first

    clock.advance(minutes=1)
    assert (await ring.signing_key()).kid == second
    assert await _published_kids(ring) == [first, second], "its tokens are still about"
    stored = await mongo_database["signing_keys"].find_one({"kid": first})
    assert stored["expires_at"] == clock.now + timedelta(hours=1, minutes=15)


async def test_after_a_long_downtime_the_next_key_is_still_published_ahead(
    mongo_database: MongoDatabase,
) -> None:
    clock = FakeClock()
    first = (await _ring(mongo_database, clock).signing_key()).kid
    clock.advance(days=90)

    ring = _ring(mongo_database, clock)

    assert (await ring.signing_key()).kid == first
    assert len(await _published_kids(ring)) == 2
    clock.advance(hours=1)
    assert (await ring.signing_key()).kid != first


async def test_replicas_that_rotate_simultaneously_agree_on_one_key(
    mongo_database: MongoDatabase,
) -> None:
    clock = FakeClock()
    await SigningKeyRepository(mongo_database, None).ensure_indexes()
    rings = [_ring(mongo_database, clock) for _ in range(5)]

    for _ in range(3):
        await asyncio.gather(*(ring.refresh() for ring in rings))
        clock.advance(hours=2)
        published = [await _published_kids(ring) for ring in rings]
        signing = {(await ring.signing_key()).kid for ring in rings}
        assert all(kids == published[0] for kids in published)
        assert len(signing) == 1
        clock.advance(days=30)
    sequences = [key["_id"] async for key in mongo_database["signing_keys"].find({})]
    assert sorted(sequences) == [1, 2, 3, 4][: len(sequences)]


async def test_tokens_signed_by_one_replica_are_valid_at_another(
    start_identity: StartIdentity,
) -> None:
    one, two = [await start_identity() for _ in range(2)]
    session = await one.register()

    response = await two.http.get(
        "/api/v1/me", headers={"Authorization": f"Bearer {session['access_token']}"}
    )

    assert response.status_code == 200


async def test_a_token_signed_by_another_key_under_our_kid_is_refused(identity: Identity) -> None:
    session = await identity.register()
    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    header = jwt.get_unverified_header(session["access_token"])
    forged = jwt.encode(
        claims, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": header["kid"]}
    )

    response = await identity.http.get("/api/v1/me", headers={"Authorization": f"Bearer {forged}"})

    assert response.status_code == 401


async def test_private_keys_are_unreadable_in_the_database_when_a_key_is_set(
    start_identity: StartIdentity, mongo_database: MongoDatabase
) -> None:
    sealing = b"k" * 32
    identity = await start_identity(key_encryption_key=base64.b64encode(sealing).decode())
    await identity.register()

    stored = await mongo_database["signing_keys"].find_one({})
    assert "private" not in stored
    [key] = await SigningKeyRepository(mongo_database, sealing).list_all()
    assert key.private.private_bytes_raw() not in bytes(stored["sealed"])
    for wrong in (None, b"x" * 32):
        with pytest.raises(KeysUnreadable):
            await SigningKeyRepository(mongo_database, wrong).list_all()


async def test_an_encryption_key_of_a_wrong_size_is_refused_at_the_start(
    start_identity: StartIdentity,
) -> None:
    for wrong in ("c2hvcnQ=", "not base64!"):
        with pytest.raises(ValueError, match="32 bytes in base64"):
            await start_identity(key_encryption_key=wrong)
