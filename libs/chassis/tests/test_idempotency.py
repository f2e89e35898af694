"""Whose response is kept when a claim has lapsed, and how much is kept of an owner."""

import os
from datetime import timedelta

import pytest

from pichaven_chassis.clock import utc_now
from pichaven_chassis.idempotency_store import (
    KeyReused,
    MongoIdempotencyStore,
    RequestInProgress,
    ResponseBounds,
    StoredResponse,
)
from pichaven_chassis.mongo import MongoDatabase

OWNER = "owner"
HEADERS = (("content-type", "application/json"),)


def _response(status: int = 200, body: bytes = b"{}") -> StoredResponse:
    return StoredResponse(status, HEADERS, body, ("photos:write",))


async def _answer(
    store: MongoIdempotencyStore, key: str, body: bytes = b"{}", owner: str = OWNER
) -> None:
    assert await store.begin(owner, key, "same", "claim") is None
    await store.finish(owner, key, "claim", _response(body=body))


async def _stored_bytes(database: MongoDatabase) -> int:
    documents = [document async for document in database["idempotency"].find()]
    return sum(len(document.get("answer", {}).get("body", b"")) for document in documents)


async def test_who_was_too_slow_takes_nothing_from_who_took_over(
    mongo_database: MongoDatabase,
) -> None:
    store = MongoIdempotencyStore(mongo_database)
    assert await store.begin(OWNER, "key", "same", "slow") is None
    with pytest.raises(RequestInProgress):
        await store.begin(OWNER, "key", "same", "quick")
    long_ago = utc_now() - timedelta(minutes=2)
    await mongo_database["idempotency"].update_one({}, {"$set": {"created_at": long_ago}})
    assert await store.begin(OWNER, "key", "same", "quick") is None

    await store.finish(OWNER, "key", "slow", _response(201))
    await store.release(OWNER, "key", "slow")
    with pytest.raises(RequestInProgress):
        await store.begin(OWNER, "key", "same", "third")
    await store.finish(OWNER, "key", "quick", _response(200))
    assert await store.begin(OWNER, "key", "same", "third") == _response(200)


async def test_keys_expire_by_an_index(mongo_database: MongoDatabase) -> None:
    await MongoIdempotencyStore(mongo_database).ensure_indexes()
    indexes = await mongo_database["idempotency"].index_information()
    expiry = [index.get("expireAfterSeconds") for index in indexes.values()]
    assert 24 * 3600 in expiry


async def test_a_response_comes_back_as_it_was(mongo_database: MongoDatabase) -> None:
    store = MongoIdempotencyStore(mongo_database)
    body = b'{"id": "\xc3\xa9"}' * 50_000
    await _answer(store, "k" * 255, body)

    assert await store.begin(OWNER, "k" * 255, "same", "again") == _response(body=body)
    assert await _stored_bytes(mongo_database) < 10_000
    with pytest.raises(KeyReused):
        await store.begin(OWNER, "k" * 255, "other", "again")


async def test_a_large_response_leaves_its_key_alone(mongo_database: MongoDatabase) -> None:
    store = MongoIdempotencyStore(mongo_database)
    await _answer(store, "large", os.urandom(100_000))

    stored = await store.begin(OWNER, "large", "same", "again")
    assert stored is not None
    assert (stored.status, stored.body, stored.scopes) == (200, None, ("photos:write",))
    assert await _stored_bytes(mongo_database) == 0


async def test_an_owners_oldest_bodies_make_room_for_new_ones(
    mongo_database: MongoDatabase,
) -> None:
    store = MongoIdempotencyStore(mongo_database, ResponseBounds(bytes_per_owner=400_000))
    await _answer(store, "neighbour", os.urandom(50_000), owner="other")
    for number in range(40):
        await _answer(store, f"key {number}", os.urandom(50_000))

    assert await _stored_bytes(mongo_database) < 50_000 + 400_000 * 5 / 4 + 50_000
    oldest = await store.begin(OWNER, "key 0", "same", "again")
    newest = await store.begin(OWNER, "key 39", "same", "again")
    other = await store.begin("other", "neighbour", "same", "again")
    assert oldest is not None and oldest.body is None
    assert newest is not None and newest.body is not None
    assert other is not None and other.body is not None


async def test_an_owners_oldest_keys_are_forgotten_before_they_are_too_many(
    mongo_database: MongoDatabase,
) -> None:
    bounds = ResponseBounds(keys_per_owner=20, keys_between_checks=5)
    store = MongoIdempotencyStore(mongo_database, bounds)
    assert await store.begin(OWNER, "in progress", "same", "claim") is None
    for number in range(60):
        await _answer(store, f"key {number}")

    assert await mongo_database["idempotency"].count_documents({}) <= 1 + 20 + 5
    assert await store.begin(OWNER, "key 59", "same", "again") == _response()
    assert await store.begin(OWNER, "key 0", "same", "again") is None
    with pytest.raises(RequestInProgress):
        await store.begin(OWNER, "in progress", "same", "again")


async def test_every_process_checks_what_others_have_left(mongo_database: MongoDatabase) -> None:
    bounds = ResponseBounds(keys_per_owner=20, keys_between_checks=50)
    for process in range(6):
        store = MongoIdempotencyStore(mongo_database, bounds)
        for number in range(20):
            await _answer(store, f"key {process} {number}")

    assert await mongo_database["idempotency"].count_documents({}) <= 20 + 20
